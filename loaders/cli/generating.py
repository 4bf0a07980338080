"""`bankmart generate`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from loaders.cli.loading import DAY
from loaders.cli.output import Format, FormatOption, command, emit, table
from loaders.errors import BankmartError

if TYPE_CHECKING:
    from datagen.model import GenerationReport


@command
def generate(
    *,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the files; by default the landing folder.")
    ] = None,
    customers: Annotated[int, typer.Option(min=1, help="How many customers.")] = 2000,
    days: Annotated[int, typer.Option(min=1, help="How many days of files.")] = 14,
    months: Annotated[
        int | None, typer.Option(min=1, help="So many months before, a file each; else a year in one file.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Another seed makes another bank.")] = 7,
    start: Annotated[
        datetime,
        typer.Option(formats=DAY, metavar="DAY", show_default="2026-01-01", help="Day of the first files."),
    ] = datetime(2026, 1, 1, tzinfo=UTC),
    fmt: FormatOption = Format.text,
) -> None:
    """Write the files of a made-up bank, with planted defects.

    For example:

        bankmart generate

        bankmart generate --customers 500 --days 30 --out some/folder

        bankmart generate --customers 20000 --months 18 --days 7
    """
    from datagen.generate import generate as write_files  # noqa: PLC0415 - help must not wait for it
    from loaders.settings import get_settings  # noqa: PLC0415

    out = out or get_settings().landing
    try:
        report = write_files(
            out, customers=customers, days=days, months=months, seed=seed, start=start.date()
        )
    except FileExistsError as error:
        raise BankmartError(f"{error}.", hint="Give another folder with --out.") from error
    except (OverflowError, ValueError) as error:
        raise BankmartError(f"That bank can't be made: {error}.", hint="Try another --start.") from error
    payload = {
        "out": out,
        "files": len(report.files),
        "rows": report.rows,
        "planted_defects": len(report.planted),
        "seconds": round(report.seconds, 3),
    }
    emit(fmt, payload, lambda to: _render(to, report))


def _render(to: Console, report: GenerationReport) -> None:
    to.print(table("Generated", ["table", "rows"], list(report.rows.items()), numbers=1))
    to.print(
        f"{len(report.files)} files, {report.total_rows:,} rows, {len(report.planted)} planted defects "
        f"in {escape(str(report.out))}, {report.seconds:.1f} s",
        soft_wrap=True,
    )
