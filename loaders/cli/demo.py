"""`bankmart demo`: a small bank from nothing to segments, in a database of its own."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from loaders.cli.building import build_marts, build_payload, render_build
from loaders.cli.loading import load_files, load_payload
from loaders.cli.output import Format, FormatOption, command, emit, say, table
from loaders.cli.session import session

if TYPE_CHECKING:
    from loaders.build import BuildReport
    from loaders.load import LoadReport
    from loaders.settings import Settings

FOLDER = "data/demo"
LISTING = "_planted_defects.csv"
SEGMENT_HEADS = [
    "segment",
    "customers",
    "share %",
    "median days since",
    "median purchase days",
    "median spend",
    "total spend",
]


@command
def demo(
    *,
    customers: Annotated[int, typer.Option(min=1, help="How many customers.")] = 2000,
    days: Annotated[int, typer.Option(min=1, help="How many days of files.")] = 14,
    seed: Annotated[int, typer.Option(help="Another seed makes another bank.")] = 7,
    fmt: FormatOption = Format.text,
) -> None:
    """Make a small bank, load it, build the marts and show segments, changes and rejects.

    The demo has its own DuckDB database and lake in data/demo, whatever BANKMART_TARGET says; your own data
    never mix with it.

    For example:

        bankmart demo

        bankmart demo --customers 500 --days 5
    """
    from loaders.settings import get_settings  # noqa: PLC0415 - help must not wait for it

    started = time.perf_counter()
    with session("bankmart demo", demo_settings(get_settings())) as settings:
        _make_bank(settings, {"customers": customers, "days": days, "seed": seed})
        say("Loading the files ...")
        loaded = load_files(settings, None, "bankmart", None, None)
        say("Building the marts, day by day ...")
        built = build_marts(settings, None)
        screen = {} if built.exit_code else read_screen(settings)
    exit_code = loaded.exit_code or built.exit_code
    payload = {
        "load": load_payload(loaded),
        "build": build_payload(built),
        **screen,
        "seconds": round(time.perf_counter() - started, 1),
        "exit_code": exit_code,
    }
    emit(fmt, payload, lambda to: _render(to, settings, loaded, built, payload))
    raise typer.Exit(exit_code)


def demo_settings(settings: Settings) -> Settings:
    """Give the settings of the demo's own database and lake.

    Args:
        settings: The user's.

    Returns:
        The same with other paths.
    """
    folder = settings.project_dir / FOLDER
    return settings.model_copy(
        update={
            "duckdb_path": folder / "bankmart.duckdb",
            "lake": folder / "lake",
            "landing": folder / "landing",
            "dbt_target_path": folder / "target",
            "target": "dev",
        }
    )


def read_screen(settings: Settings) -> dict[str, Any]:
    """Ask the marts what the last screen shows.

    Args:
        settings: The demo's settings.

    Returns:
        Segments, changes of customers, and rejected rows.
    """
    from loaders import report  # noqa: PLC0415
    from loaders.warehouse import open_warehouse  # noqa: PLC0415

    with open_warehouse(settings) as warehouse:
        return {
            "segments": report.segment_sizes(warehouse),
            "versions": report.version_counts(warehouse),
            "changes": report.customer_changes(warehouse),
            "rejected": report.rejected(warehouse, settings.landing / LISTING),
        }


def _make_bank(settings: Settings, size: dict[str, int]) -> None:
    from datagen.generate import generate  # noqa: PLC0415

    folder = settings.landing.parent
    marker = folder / "size.json"
    if marker.exists() and json.loads(marker.read_text("utf-8")) != size:
        say("The demo's bank gets another size: starting it anew.")
        _forget(settings)
    say(f"Making a bank of {size['customers']:,} customers and {size['days']} days ...")
    generate(settings.landing, customers=size["customers"], days=size["days"], seed=size["seed"])
    marker.write_text(json.dumps(size), "utf-8")


def _forget(settings: Settings) -> None:
    for folder in (settings.landing, settings.lake):
        shutil.rmtree(folder, ignore_errors=True)
    for suffix in ("", ".wal"):
        Path(f"{settings.duckdb_path}{suffix}").unlink(missing_ok=True)


def _render(
    to: Console, settings: Settings, loaded: LoadReport, built: BuildReport, payload: dict[str, Any]
) -> None:
    if "segments" in payload:
        _render_screen(to, payload)
    to.print()
    to.print(
        f"{len(loaded.results)} files: {loaded.rows_in:,} rows in = {loaded.rows_loaded:,} loaded "
        f"+ {loaded.rows_dead:,} rejected, {loaded.seconds:.1f} s"
    )
    render_build(to, built)
    to.print(f"All in {payload['seconds']:.1f} s. The database: {settings.duckdb_path}", soft_wrap=True)


def _render_screen(to: Console, screen: dict[str, Any]) -> None:
    segments = [list(row.values()) for row in screen["segments"]]
    to.print(table("Segments: purchases of the last 12 months", SEGMENT_HEADS, segments, numbers=6))
    versions = screen["versions"]
    to.print()
    title = (
        f"How customers changed: {versions['versions']:,} versions of {versions['customers']:,} customers, "
        f"{versions['left_the_bank']:,} left"
    )
    changes = [list(row.values()) for row in screen["changes"]]
    to.print(table(title, ["attribute", "changes", "customers"], changes, numbers=2))
    to.print()
    rows = [list(row.values()) for row in screen["rejected"]]
    to.print(table("What was rejected, and why", ["reason", "table", "found", "planted"], rows, numbers=2))
