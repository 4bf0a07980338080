"""Dead letters: list them, show one, export them, and replay them once mapping or contract is mended."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from loaders.dead_letters import selection, why_not
from loaders.errors import BankmartError
from loaders.loader import FileResult, Loader, LoadReport
from loaders.mapping import Mapping
from loaders.replay import Replay
from loaders.settings import Settings
from loaders.warehouse import Warehouse, open_warehouse

EXPORT_FORMATS = (".csv", ".parquet", ".json")


def list_rejects(
    warehouse: Warehouse,
    *,
    table: str | None = None,
    reason: str | None = None,
    load_id: int | None = None,
    include_replayed: bool = False,
    limit: int = 100,
) -> list[dict[str, Any]]:
    """List dead letters, the newest load first.

    Args:
        warehouse: The open warehouse.
        table: Only of this `source.table`.
        reason: Only with this reason code.
        load_id: Only of this load.
        include_replayed: Also those that a replay has loaded since.
        limit: How many at most.

    Returns:
        Rows of ops.dead_letters, and `not_replayable` with the reason why a replay can't read a row.
    """
    where, params = selection(table, reason, load_id, include_replayed=include_replayed)
    return warehouse.query(
        f"select *, {why_not(warehouse)} as not_replayable from ops.dead_letters where {where}"  # noqa: S608
        f" order by load_id desc, row_number limit {int(limit)}",
        params,
    )


def group_rejects(
    warehouse: Warehouse, *, table: str | None = None, reason: str | None = None, load_id: int | None = None
) -> list[dict[str, Any]]:
    """Count open dead letters by table, reason and column.

    Args:
        warehouse: The open warehouse.
        table: Only of this `source.table`.
        reason: Only with this reason code.
        load_id: Only of this load.

    Returns:
        Rows with `source, table_name, reason_code, column_name, n_rows, n_files, n_replayable, example`.
    """
    where, params = selection(table, reason, load_id, include_replayed=False)
    return warehouse.query(
        f"""
        select
            source, table_name, reason_code, column_name,
            count(*) as n_rows, count(distinct load_id) as n_files,
            count(case when {why_not(warehouse)} is null then 1 end) as n_replayable, min(detail) as example
        from ops.dead_letters where {where}
        group by source, table_name, reason_code, column_name
        order by n_rows desc, source, table_name, reason_code, column_name
        """,  # noqa: S608
        params,
    )


def show(warehouse: Warehouse, load_id: int, row_number: int) -> dict[str, Any]:
    """Show one dead letter.

    Args:
        warehouse: The open warehouse.
        load_id: Its load.
        row_number: Its row in the file.

    Returns:
        The row of ops.dead_letters, with `not_replayable`.

    Raises:
        BankmartError: There is none.
    """
    found = warehouse.query(
        f"""
        select *, {why_not(warehouse)} as not_replayable from ops.dead_letters
        where load_id = $1 and row_number = $2
        """,  # noqa: S608
        [load_id, row_number],
    )
    if not found:
        raise BankmartError(
            f"Load {load_id} has no dead letter in row {row_number}.", hint="List them first."
        )
    return found[0]


def export(
    warehouse: Warehouse,
    path: Path,
    *,
    table: str | None = None,
    reason: str | None = None,
    load_id: int | None = None,
) -> int:
    """Write open dead letters to a file.

    Args:
        warehouse: The open warehouse.
        path: A file that ends in .csv, .parquet or .json.
        table: Only of this `source.table`.
        reason: Only with this reason code.
        load_id: Only of this load.

    Returns:
        How many.

    Raises:
        BankmartError: The name has another ending.
    """
    if path.suffix.lower() not in EXPORT_FORMATS:
        raise BankmartError(
            f"{path.name} is no name to export to.", hint=f"End it in {', '.join(EXPORT_FORMATS)}."
        )
    where, params = selection(table, reason, load_id, include_replayed=False)
    statement = f"select * from ops.dead_letters where {where} order by load_id, row_number"  # noqa: S608
    return warehouse.export(statement, params, path)


def replay(
    settings: Settings,
    mapping: Mapping,
    *,
    table: str | None = None,
    reason: str | None = None,
    load_id: int | None = None,
    on_file: Callable[[FileResult], None] | None = None,
) -> LoadReport:
    """Read open dead letters again under today's mapping and contract, and load those that pass now.

    Args:
        settings: The settings.
        mapping: The mapping; only loads that it made are replayed.
        table: Only of this `source.table`.
        reason: Only with this reason code.
        load_id: Only of this load.
        on_file: Called with the result of each load.

    Returns:
        A result for each load with open dead letters; `rows_dead` counts those that stay dead.
    """
    started, results = time.perf_counter(), []
    where, params = selection(table, reason, load_id, include_replayed=False)
    with open_warehouse(settings) as warehouse:
        warehouse.ensure_tables(mapping.contracts)
        loads = warehouse.query(
            f"""
            select * from ops.load_ledger where replay_of_load_id is null and mapping = ${len(params) + 1}
                and load_id in (select load_id from ops.dead_letters where {where})
            order by load_id
            """,  # noqa: S608
            [*params, mapping.name],
        )
        with Loader(settings, mapping, warehouse) as loader:
            for load in loads:
                results.append(Replay(loader, load, reason).run())
                if on_file:
                    on_file(results[-1])
    return LoadReport(results, seconds=time.perf_counter() - started)
