"""`bankmart load`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from loaders.cli.interrupts import stop_if_interrupted
from loaders.cli.output import (
    Format,
    FormatOption,
    about,
    command,
    counted,
    emit,
    harmless,
    progress_bar,
    say,
    table,
)
from loaders.cli.session import session

if TYPE_CHECKING:
    from loaders.load import FileResult, LoadReport
    from loaders.settings import Settings

DAY = ["%Y-%m-%d"]
MappingOption = Annotated[str, typer.Option(metavar="NAME|FILE", help="How the files are written.")]
PathArgument = Annotated[
    Path | None, typer.Argument(help="Folder or file; by default the landing folder.", show_default=False)
]
AsOfOption = Annotated[
    datetime | None,
    typer.Option(formats=DAY, metavar="DAY", help="Leave files of later days (default: after tomorrow)."),
]
FileDateOption = Annotated[
    datetime | None,
    typer.Option(
        formats=DAY, metavar="DAY", help="Day of files whose name doesn't tell it; else today (UTC)."
    ),
]


def day(value: datetime | None) -> date | None:
    """Take the day of an option.

    Args:
        value: What typer parsed.

    Returns:
        The day, if one was given.
    """
    return value.date() if value else None


@command
def load(
    path: PathArgument = None,
    *,
    mapping: MappingOption = "bankmart",
    as_of: AsOfOption = None,
    file_date: FileDateOption = None,
    fmt: FormatOption = Format.text,
) -> None:
    """Load files into the raw tables; what is there already is left alone.

    For example:

        bankmart load

        bankmart load ../shared/data/berka --mapping berka

        bankmart load extract.csv --mapping my_bank.yml --file-date 2026-01-31
    """
    with session("bankmart load") as settings:
        report = load_files(settings, path, mapping, day(as_of), day(file_date))
    emit(fmt, load_payload(report), lambda to: render_load(to, report))
    raise typer.Exit(report.exit_code)


def load_files(
    settings: Settings, path: Path | None, mapping: str, as_of: date | None, file_date: date | None
) -> LoadReport:
    """Load with a progress bar.

    Args:
        settings: The settings.
        path: Folder or file; by default the landing folder.
        mapping: Name or file of the mapping.
        as_of: Files of later days are left; by default those of days after tomorrow (UTC), for one file named
            for a far day would make that the day of every build.
        file_date: Day of files that don't tell theirs; by default today.

    Returns:
        The report.
    """
    from loaders.contract import load_contracts  # noqa: PLC0415 - help must not wait for it
    from loaders.load import load_path  # noqa: PLC0415
    from loaders.mapping import load_mapping  # noqa: PLC0415

    today = datetime.now(UTC).date()
    chosen = load_mapping(mapping, load_contracts(settings.project_dir))
    with progress_bar() as progress:
        on_start, on_file = _counter(progress)
        return load_path(
            settings=settings,
            mapping=chosen,
            path=path or settings.landing,
            as_of=as_of or today + timedelta(days=1),
            file_date=file_date or today,
            on_start=on_start,
            on_file=on_file,
        )


def _counter(
    progress: Callable[[str, int, int], None],
) -> tuple[Callable[[int], None], Callable[[FileResult], None]]:
    state = {"done": 0, "total": 0}

    def on_start(total: int) -> None:
        state["total"] = total
        progress("loading", 0, total)

    def on_file(result: FileResult) -> None:
        state["done"] += 1
        progress(f"loading {result.file_name}", state["done"], state["total"])
        if result.error:
            say(about(result.file_name, result.error))
        stop_if_interrupted()

    return on_start, on_file


def load_payload(report: LoadReport) -> dict[str, object]:
    """Give a load's result for programs.

    Args:
        report: The report.

    Returns:
        Counts and each file.
    """
    return {
        "rows_in": report.rows_in,
        "rows_loaded": report.rows_loaded,
        "rows_dead": report.rows_dead,
        "rows_erased": report.rows_erased,
        "files": [asdict(result) for result in report.results],
        "later": [file.name for file in report.later],
        "unmatched": report.unmatched,
        "seconds": round(report.seconds, 3),
        "exit_code": report.exit_code,
    }


def render_load(to: Console, report: LoadReport) -> None:
    """Print a load's result for people: a line a table, then what was left.

    Args:
        to: Where.
        report: The report.
    """
    tables: dict[str, list[int]] = {}
    for result in report.results:
        sums = tables.setdefault(result.table, [0] * 6)
        statuses = [result.status == name for name in ("loaded", "already_loaded", "failed")]
        counts = (*statuses, result.rows_in, result.rows_loaded, result.rows_dead)
        tables[result.table] = [old + new for old, new in zip(sums, counts, strict=True)]
    heads = ["table", "files loaded", "known already", "failed", "rows in", "loaded", "rejected"]
    if tables:
        to.print(table("Loaded", heads, [[name, *sums] for name, sums in sorted(tables.items())], numbers=6))
    if report.unmatched:
        names = ", ".join(path.name for path in report.unmatched[:5])
        more = " and others" if len(report.unmatched) > 5 else ""  # noqa: PLR2004
        listed = escape(harmless(names))
        to.print(f"Left alone, no pattern of the mapping fits: {listed}{more}", soft_wrap=True)
    if report.later:
        days = sorted(file.file_date for file in report.later)
        to.print(f"Left for later: {counted(len(days), 'file')} of {days[0]} to {days[-1]}.")
    known = sum(result.status == "already_loaded" for result in report.results)
    if report.results and known == len(report.results):
        to.print("Nothing new: every file was loaded before.")
    erased = f" + {report.rows_erased:,} of erased customers" if report.rows_erased else ""
    to.print(
        f"{counted(len(report.results), 'file')}: {counted(report.rows_in, 'row')} in = "
        f"{report.rows_loaded:,} loaded + {report.rows_dead:,} rejected{erased}, {report.seconds:.1f} s"
    )
