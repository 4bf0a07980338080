"""Dead letters: list them, show one, export them, and replay them once mapping or contract is mended."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from loaders import lake, sql
from loaders.contract import TableContract
from loaders.errors import BankmartError, InputFileError
from loaders.ledger import Load, utc_now
from loaders.loader import FileResult, Loader, LoadReport
from loaders.mapping import Entry, Mapping
from loaders.settings import Settings
from loaders.sources.files import digest
from loaders.stage.cards import REDACTED
from loaders.stage.drift import Fit, fit
from loaders.stage.readers import replay_rows
from loaders.stage.run import CUT, Stage, Staged
from loaders.warehouse import Warehouse, open_warehouse

EXPORT_FORMATS = (".csv", ".parquet", ".json")
NOT_SPLIT = ("wrong_field_count", "bad_quotes", "broken_json")
WHY_NOT = (
    "case"
    f" when contains(raw_row, {sql.literal(REDACTED)}) then 'redacted'"
    f" when contains(raw_row, {sql.literal(CUT)}) then 'too long to be kept whole'"
    " when not coalesce(json_valid(raw_row), false) or left(raw_row, 1) <> '{'"
    f" or reason_code in ({sql.literals(NOT_SPLIT)}) then 'not split into columns'"
    " end"
)


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
    where, params = _where(table, reason, load_id, include_replayed=include_replayed)
    return warehouse.query(
        f"select *, {WHY_NOT} as not_replayable from ops.dead_letters where {where}"  # noqa: S608
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
    where, params = _where(table, reason, load_id, include_replayed=False)
    return warehouse.query(
        f"""
        select
            source, table_name, reason_code, column_name, count(*) as n_rows, count(distinct load_id) as n_files,
            count(*) filter (where {WHY_NOT} is null) as n_replayable, min(detail) as example
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
        f"select *, {WHY_NOT} as not_replayable from ops.dead_letters where load_id = $1 and row_number = $2",  # noqa: S608
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
    where, params = _where(table, reason, load_id, include_replayed=False)
    columns = "*"
    if path.suffix.lower() == ".csv":
        # A spreadsheet runs a cell that begins like a formula.
        harmless = ", ".join(
            f"case when regexp_matches({name}, '^[=+@\\t\\r-]') then '''' || {name} else {name} end as {name}"
            for name in ("file_name", "detail", "raw_row")
        )
        columns = f"* replace ({harmless})"
    statement = f"select {columns} from ops.dead_letters where {where} order by load_id, row_number"  # noqa: S608
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
    where, params = _where(table, reason, load_id, include_replayed=False)
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


class Replay:
    """The replay of one load's open dead letters."""

    def __init__(self, loader: Loader, load: dict[str, Any], reason: str | None) -> None:
        """Keep the load's row of the ledger."""
        self.loader = loader
        self.warehouse = loader.warehouse
        self.load = load
        self.reason = reason
        self.table = f"{load['source']}.{load['table_name']}"

    def run(self) -> FileResult:
        """Replay, and tell errors that a user can mend in the result."""
        started = time.perf_counter()
        day: date = self.load["file_date"]
        result = FileResult(self.load["file_name"], self.table, day, "failed")
        try:
            with self.loader.scratch() as folder:
                values = self._run(folder)
        except BankmartError as error:
            values = {"error": str(error), "exit_code": error.exit_code}
        return replace(result, **values, seconds=time.perf_counter() - started)

    def _run(self, folder: Path) -> dict[str, Any]:
        started_at = utc_now()
        where, params = _where(self.table, self.reason, self.load["load_id"], include_replayed=False)
        candidates = folder / "candidates.parquet"
        open_rows = self.warehouse.query(f"select count(*) as n from ops.dead_letters where {where}", params)[
            0
        ]["n"]
        tried = self.warehouse.export(
            f"select row_number, raw_row as line from ops.dead_letters where {where} and {WHY_NOT} is null"  # noqa: S608
            " order by row_number",
            params,
            candidates,
        )
        notes = (
            (f"{open_rows - tried} rows can't be replayed: redacted, cut or not split",)
            if tried < open_rows
            else ()
        )
        if not tried:
            return {"status": "already_loaded", "rows_in": open_rows, "rows_dead": open_rows, "notes": notes}
        entry, contract = self._entry()
        paths = [r for plan in entry.plans(contract) for r in plan.references if r.startswith("$")]
        rows = replay_rows(self.loader.connection, candidates, paths, self.load["file_name"])
        fitted = fit(rows.names, entry, contract, self.load["file_name"])
        staged = Stage(
            self.loader.connection,
            rows,
            fitted,
            folder,
            self.load["file_name"],
            self._taken(contract, folder),
        ).run()
        counts = {
            "rows_in": open_rows,
            "rows_loaded": staged.rows_loaded,
            "rows_dead": open_rows - staged.rows_loaded,
        }
        if staged.good is None:
            return {"status": "already_loaded", "notes": (*notes, "no row passes now"), **counts}
        self._commit(entry, fitted, staged, started_at)
        return {"status": "loaded", "notes": notes, **counts}

    def _entry(self) -> tuple[Entry, TableContract]:
        name: str = self.load["file_name"]
        match = self.loader.mapping.match(name) or self.loader.mapping.match(
            name.partition(".zip/")[0] + ".zip"
        )
        if match is None or match[1] != self.table:
            raise InputFileError(
                f"The mapping {self.loader.mapping.name} no longer reads {name} as {self.table}."
            )
        return match[0], self.loader.mapping.contracts[self.table]

    def _taken(self, contract: TableContract, folder: Path) -> Path | None:
        key = ", ".join(sql.name(column) for column in contract.unique_key)
        if not key:
            return None
        taken = folder / "taken.parquet"
        self.warehouse.export(
            f"""
            select {key} from {contract.relation} where _load_id in (
                select load_id from ops.load_ledger where $1 in (load_id, replay_of_load_id)
            )
            """,  # noqa: S608
            [self.load["load_id"]],
            taken,
        )
        return taken

    def _commit(self, entry: Entry, fitted: Fit, staged: Staged, started_at: Any) -> None:
        if staged.good is None:
            return
        content = f"{self.load['load_id']} {self.load['sha256']} {digest(staged.good)}"
        sha256 = hashlib.sha256(content.encode()).hexdigest()
        mark = lake.fingerprint(entry.fingerprint_data(), fitted.contract)
        key = lake.folder_key(fitted.contract, self.load["file_date"], sha256, mark)
        rows = {staged.good.name: staged.rows_loaded}
        published = lake.publish(self.loader.settings.lake, key, staged.good, None, rows)
        load = Load(
            contract=fitted.contract,
            file_name=self.load["file_name"],
            file_date=self.load["file_date"],
            sha256=sha256,
            mapping=self.loader.mapping.name,
            manifest=published.manifest,
            rows_in=staged.rows_loaded,
            rows_loaded=staged.rows_loaded,
            rows_dead=0,
            started_at=started_at,
            good=published.good,
            replay_of_load_id=self.load["load_id"],
        )
        self.warehouse.commit(load)


def _where(
    table: str | None, reason: str | None, load_id: int | None, *, include_replayed: bool
) -> tuple[str, list[Any]]:
    conditions = {"source || '.' || table_name": table, "reason_code": reason, "load_id": load_id}
    params = [value for value in conditions.values() if value is not None]
    given = [name for name, value in conditions.items() if value is not None]
    parts = [f"{name} = ${index}" for index, name in enumerate(given, start=1)]
    if not include_replayed:
        parts.append("replayed_load_id is null")
    return " and ".join(parts) or "true", params
