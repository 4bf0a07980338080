"""`bankmart build`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from loaders.cli.loading import DAY, day
from loaders.cli.output import Format, FormatOption, command, emit, progress_bar
from loaders.cli.session import session

if TYPE_CHECKING:
    from loaders.build import BuildOptions, BuildReport
    from loaders.settings import Settings

BuildDayOption = Annotated[
    datetime | None,
    typer.Option(
        formats=DAY, metavar="DAY", help="Day to build for; by default the latest day of a loaded file."
    ),
]
FullRefreshOption = Annotated[bool, typer.Option("--full-refresh", help="Make incremental models anew.")]
RebuildHistoryOption = Annotated[
    bool, typer.Option("--rebuild-history", help="Replay the snapshots day by day.")
]

AllowShrinkOption = Annotated[
    bool, typer.Option("--allow-shrink", help="Believe a full picture that lost many of its rows.")
]


@command
def build(
    *,
    as_of: BuildDayOption = None,
    full_refresh: FullRefreshOption = False,
    select: Annotated[str | None, typer.Option(help="Only these models, in dbt's selection syntax.")] = None,
    rebuild_history: RebuildHistoryOption = False,
    allow_shrink: AllowShrinkOption = False,
    fmt: FormatOption = Format.text,
) -> None:
    """Build staging, snapshots and marts with dbt, and test them.

    For example:

        bankmart build

        bankmart build --as-of 2026-01-10

        bankmart build --select +customer_360
    """
    from loaders.build import BuildOptions  # noqa: PLC0415 - help must not wait for it

    options = BuildOptions(
        full_refresh=full_refresh, select=select, rebuild_history=rebuild_history, allow_shrink=allow_shrink
    )
    with session("bankmart build") as settings:
        report = build_marts(settings, day(as_of), options)
    emit(fmt, build_payload(report), lambda to: render_build(to, report))
    raise typer.Exit(report.exit_code)


def build_marts(settings: Settings, as_of: date | None, options: BuildOptions | None = None) -> BuildReport:
    """Build with a progress bar.

    Args:
        settings: The settings.
        as_of: The day; by default the latest of a loaded file.
        options: What to do other than usual.

    Returns:
        The report.
    """
    from loaders.build import build as run_dbt  # noqa: PLC0415 - help must not wait for it

    with progress_bar() as progress:
        return run_dbt(settings, as_of, options, progress=progress)


def build_payload(report: BuildReport) -> dict[str, object]:
    """Give a build's result for programs.

    Args:
        report: The report.

    Returns:
        Counts, days, seconds, what failed and what warned.
    """
    return {
        "as_of": report.as_of,
        "counts": report.counts,
        "history_days": report.history_days,
        "stale_days": report.stale_days,
        "failed": [asdict(node) for node in report.failed],
        "warned": [asdict(node) for node in report.warned],
        "seconds": {part: round(seconds, 3) for part, seconds in report.seconds.items()},
        "exit_code": report.exit_code,
    }


def render_build(to: Console, report: BuildReport) -> None:
    """Print a build's result for people: what failed and what warned, then one line of counts.

    Args:
        to: Where.
        report: The report.
    """
    for node in report.failed:
        to.print(f"[red]{node.status}[/] {node.kind} {escape(node.name)}", soft_wrap=True)
        to.print(escape(f"    {node.message}"), soft_wrap=True)
    for node in report.warned:
        to.print(f"[yellow]warn[/] {node.kind} {escape(node.name)}: {escape(node.message)}", soft_wrap=True)
    if report.stale_days:
        days = ", ".join(str(day) for day in report.stale_days)
        to.print(
            f"Files came late for {days}: they enter the history with `bankmart build --rebuild-history`.",
            soft_wrap=True,
        )
    counts = ", ".join(f"{count:,} {status}" for status, count in report.counts.items()) or "nothing"
    seconds = ", ".join(f"{part} {value:.1f} s" for part, value in report.seconds.items() if value)
    caught_up = f" after {len(report.history_days)} earlier days of history" if report.history_days else ""
    to.print(f"Built for {report.as_of}{caught_up}: {counts} ({seconds})", soft_wrap=True)
