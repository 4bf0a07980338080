"""The people's bank on DuckDB, with shortcuts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from loaders.contract import load_contracts
from loaders.erase import open_erasure
from loaders.erase_books import Receipt
from loaders.load import LoadReport, load_path
from loaders.mapping import load_mapping
from loaders.settings import Settings
from loaders.warehouse import open_warehouse
from tests.privacy.people import SUBJECT


@dataclass
class Bank:
    """The people's bank, with shortcuts."""

    settings: Settings

    def load(self) -> LoadReport:
        mapping = load_mapping("bankmart", load_contracts(self.settings.project_dir))
        return load_path(settings=self.settings, mapping=mapping, path=self.settings.landing)

    def erase(self, customer: str = SUBJECT) -> Receipt:
        with open_erasure(self.settings, customer) as erasure:
            return erasure.run(lambda label, done, total: None)

    def query(self, statement: str) -> list[dict[str, Any]]:
        with open_warehouse(self.settings) as warehouse:
            return warehouse.query(statement)

    def column(self, statement: str) -> list[Any]:
        return [next(iter(row.values())) for row in self.query(statement)]

    def check_books(self) -> None:
        """The ledger agrees with what tables and lake hold."""
        for entry in self.query("select * from ops.load_ledger"):
            relation = f"raw.{entry['source']}__{entry['table_name']}"
            load_id = entry["load_id"]
            counts = self.query(f"""
                select (select count(*) from {relation} where _load_id = {load_id}) as held,
                    (select count(*) from ops.dead_letters where load_id = {load_id}) as dead
            """)[0]  # noqa: S608
            assert (counts["held"], counts["dead"]) == (entry["rows_loaded"], entry["rows_dead"])
            assert entry["rows_in"] == sum(entry[k] for k in ("rows_loaded", "rows_dead", "rows_erased"))
            folder = self.settings.lake / Path(entry["manifest"]).parent
            assert parquet_rows(folder, "part-*") == entry["rows_loaded"]
            assert parquet_rows(folder, "dead-*.parquet") == entry["rows_dead"]

    def bytes_of(self, needle: str) -> list[str]:
        """Files that hold a text, in any case."""
        root = self.settings.duckdb_path.parent
        paths = [p for p in root.rglob("*") if p.is_file() and not p.is_relative_to(self.settings.landing)]
        return [str(p) for p in paths if needle.lower().encode() in p.read_bytes().lower()]

    def cells_of(self, needle: str) -> list[str]:
        """Columns of tables that hold a text, in any case."""
        found = []
        with duckdb.connect(str(self.settings.duckdb_path), read_only=True) as connection:
            columns = connection.execute(
                "select schema_name, table_name, column_name from duckdb_columns()"
                " where not internal and data_type = 'VARCHAR'"
            ).fetchall()
            for schema, table, column in columns:
                hit = f'select 1 from "{schema}"."{table}" where contains(lower("{column}"), $1) limit 1'  # noqa: S608
                if connection.execute(hit, [needle.lower()]).fetchone():
                    found.append(f"{table}.{column}")
        return sorted(found)


def parquet_rows(folder: Path, pattern: str) -> int:
    files = [str(path) for path in folder.glob(pattern)]
    if not files:
        return 0
    row = duckdb.sql("select count(*) from read_parquet($files)", params={"files": files}).fetchone()
    assert row is not None
    return int(row[0])
