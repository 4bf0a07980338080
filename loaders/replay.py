"""The replay of one load's open dead letters under today's mapping and contract."""

from __future__ import annotations

import hashlib
import time
from dataclasses import asdict, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from loaders import lake, sql
from loaders.contract import TableContract
from loaders.dead_letters import selection, why_not
from loaders.errors import BankmartError, InputFileError
from loaders.ledger import Load, utc_now
from loaders.loader import FileResult, Loader
from loaders.mapping import Entry
from loaders.sources.files import digest
from loaders.stage.drift import Fit, fit
from loaders.stage.readers import replay_rows
from loaders.stage.run import Stage, Staged


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
        where, params = selection(self.table, self.reason, self.load["load_id"], include_replayed=False)
        candidates = folder / "candidates.parquet"
        count = f"select count(*) as n from ops.dead_letters where {where}"  # noqa: S608
        open_rows = self.warehouse.query(count, params)[0]["n"]
        readable = f"{where} and {why_not(self.warehouse)} is null"
        tried = self.warehouse.export(
            f"select row_number, raw_row as line from ops.dead_letters where {readable} order by row_number",  # noqa: S608
            params,
            candidates,
        )
        left = open_rows - tried
        notes = (f"{left} rows can't be replayed: redacted, cut or not split",) if left else ()
        if not tried:
            return {"status": "already_loaded", "rows_in": open_rows, "rows_dead": open_rows, "notes": notes}
        entry, contract = self._entry()
        self.loader.guard.prepare(contract)
        paths = [r for plan in entry.plans(contract) for r in plan.references if r.startswith("$")]
        rows = replay_rows(self.loader.connection, candidates, paths, self.load["file_name"])
        name, taken = self.load["file_name"], self._taken(contract, folder)
        fitted = fit(rows.names, entry, contract, name)
        staged = Stage(self.loader.connection, rows, fitted, folder, name, taken=taken).run()
        counts = {
            "rows_in": open_rows,
            "rows_loaded": staged.rows_loaded,
            "rows_dead": open_rows - staged.rows_loaded,
        }
        if staged.good is None:
            return {"status": "already_loaded", "notes": (*notes, "no row passes now"), **counts}
        self._commit(entry, fitted, staged, started_at, folder)
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

    def _commit(self, entry: Entry, fitted: Fit, staged: Staged, started_at: datetime, folder: Path) -> None:
        if staged.good is None:
            return
        content = f"{self.load['load_id']} {self.load['sha256']} {digest(staged.good)}"
        sha256 = hashlib.sha256(content.encode()).hexdigest()
        guard = self.loader.guard.prepare(fitted.contract)
        facts = entry.fingerprint_data() | guard | staged.facts()
        mark = lake.fingerprint(facts, fitted.contract, self.loader.settings.slices)
        key = lake.folder_key(fitted.contract, self.load["file_date"], sha256, mark)
        good = lake.parts_of(staged.good, staged.rows_loaded, self.loader.settings.slices)
        published = lake.publish(self.loader.lake, key, good, (), folder)
        load = Load(
            contract=fitted.contract,
            file_name=self.load["file_name"],
            file_date=self.load["file_date"],
            sha256=sha256,
            mapping=self.loader.mapping.name,
            rows_in=staged.rows_loaded,
            rows_loaded=staged.rows_loaded,
            rows_dead=0,
            erasures=self.loader.guard.erasures,
            started_at=started_at,
            replay_of_load_id=self.load["load_id"],
            **asdict(published),
        )
        self.warehouse.commit(load)
