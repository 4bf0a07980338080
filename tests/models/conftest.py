"""A warehouse of a test's own that loads files by the real loader and builds by the real dbt project."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from loaders.contract import load_contracts
from loaders.dbt import DbtProject
from loaders.load import load_path
from loaders.mapping import load_mapping
from loaders.settings import Settings
from tests.conftest import scratch

BUILD = [
    "build",
    "--exclude-resource-type",
    "test",
    "--exclude-resource-type",
    "unit_test",
    "--no-write-json",
]


@dataclass(frozen=True)
class Bank:
    """A warehouse with shortcuts."""

    settings: Settings

    def load(self, path: Path, mapping: str | Path = "bankmart", as_of: date | None = None) -> None:
        """Load all files below a path, every one of which must be taken in."""
        contracts = load_contracts(self.settings.project_dir)
        report = load_path(
            settings=self.settings, mapping=load_mapping(mapping, contracts), path=path, as_of=as_of
        )
        assert report.exit_code == 0, [result.error for result in report.results if result.error]

    def build(self, as_of: date, *, full_refresh: bool = False) -> None:
        """Build everything for a day, without dbt's own tests."""
        nodes = DbtProject(self.settings).run([*BUILD, *(["--full-refresh"] if full_refresh else [])], as_of)
        assert [node for node in nodes if node.status not in {"success", "skipped"}] == []

    def query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the warehouse; the values are $1, $2 and so on."""
        with duckdb.connect(str(self.settings.duckdb_path), read_only=True) as connection:
            return connection.execute(sql, values).fetchall()

    def copy_to(self, folder: Path) -> Bank:
        """Copy the warehouse."""
        folder.mkdir()
        other = Bank(scratch(folder))
        shutil.copy(self.settings.duckdb_path, other.settings.duckdb_path)
        return other

    def differences(self, other: Bank, table: str, without: Sequence[str] = ()) -> int:
        """Count the rows of a table that only one of two warehouses holds."""
        columns = f"* exclude ({', '.join(without)})" if without else "*"
        here, there = (f"select {columns} from {name}.{table}" for name in ("here", "there"))  # noqa: S608
        with duckdb.connect() as connection:
            connection.execute(f"attach '{self.settings.duckdb_path}' as here (read_only)")
            connection.execute(f"attach '{other.settings.duckdb_path}' as there (read_only)")
            differing = f"({here} except all {there}) union all ({there} except all {here})"
            return len(connection.execute(differing).fetchall())


@pytest.fixture
def bank(scratch_settings: Settings) -> Bank:
    """An empty warehouse."""
    return Bank(scratch_settings)
