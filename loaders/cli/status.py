"""`bankmart status`."""

from __future__ import annotations

from datetime import UTC, datetime

from rich.console import Console

from loaders.cli.output import Format, FormatOption, command, emit, table
from loaders.cli.session import session

HEADS = [
    "table",
    "file day",
    "last load (UTC)",
    "hours ago",
    "files",
    "rows in",
    "loaded",
    "rejected",
    "open",
]


@command
def status(*, fmt: FormatOption = Format.text) -> None:
    """Show for each table what was loaded, what was rejected and how fresh it is.

    For example:

        bankmart status

        bankmart status --format json
    """
    from loaders.contract import load_contracts  # noqa: PLC0415 - help must not wait for it
    from loaders.report import last_build_day, table_status  # noqa: PLC0415
    from loaders.warehouse import open_warehouse  # noqa: PLC0415

    with session("bankmart status") as settings, open_warehouse(settings) as warehouse:
        contracts = load_contracts(settings.project_dir)
        warehouse.ensure_tables(contracts)
        rows = table_status(warehouse, contracts, datetime.now(UTC))
        built = last_build_day(warehouse)

    def render(to: Console) -> None:
        to.print(table("Tables", HEADS, [list(row.values()) for row in rows], numbers=6))
        to.print(f"History built up to {built}." if built else "Nothing built yet: `bankmart build`.")

    emit(fmt, {"tables": rows, "last_build_day": built}, render)
