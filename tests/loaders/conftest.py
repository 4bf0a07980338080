"""A bank in a temporary folder: settings, small contracts and files for the loader's tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from loaders.contract import load_contracts
from loaders.errors import BankmartError
from loaders.load import LoadReport, load_path
from loaders.mapping import Mapping, load_mapping
from loaders.settings import PROJECT_ROOT, Settings
from loaders.warehouse import open_warehouse

SHARED_DATA = PROJECT_ROOT.parent / "shared" / "data"
DAY = date(2025, 1, 31)

CONTRACT = """
version: 2
sources:
  - name: shop
    schema: raw
    tables:
      - name: sales
        identifier: shop__sales
        config: {meta: {delivery: events, columns: POLICY, contract_version: 1, key: [KEY]}}
        columns:
          - {name: id, data_type: varchar(10), config: {meta: {pii: none, nullable: false}}}
          - {name: day, data_type: date, config: {meta: {pii: none, min: "2000-01-01", max: "2100-01-01"}}}
          - {name: amount, data_type: "decimal(18,2)", config: {meta: {pii: none}}}
          - {name: pieces, data_type: integer, config: {meta: {pii: none, optional: true}}}
          - {name: paid, data_type: boolean, config: {meta: {pii: none, optional: true}}}
          - {name: note, data_type: varchar(40), config: {meta: {pii: none, optional: true}}}
          - name: kind
            data_type: varchar(3)
            config: {meta: {pii: none, optional: true, matches: "[a-z]+"}}
"""

MAPPING = """
name: test
description: For tests.
file_date: 2025-01-31
files:
  - pattern: "sales*"
    table: shop.sales
"""


@dataclass
class Bank:
    """A project with one contract, a landing folder and a warehouse."""

    settings: Settings
    contract: str = CONTRACT
    mapping_text: str = MAPPING

    def __post_init__(self) -> None:
        self.settings.landing.mkdir(parents=True)
        self.declare()

    def declare(self, policy: str = "strict", key: str = "", **replacements: str) -> None:
        text = self.contract.replace("POLICY", policy).replace("KEY", key)
        for old, new in replacements.items():
            text = text.replace(old.replace("_", " "), new)
        folder = self.settings.project_dir / "models" / "staging" / "shop"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "_shop__sources.yml").write_text(text)

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.settings.landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def mapping(self) -> Mapping:
        path = self.settings.project_dir / "test.yml"
        # Threads that load side by side must not find it half written.
        if not path.exists() or path.read_text() != self.mapping_text:
            path.write_text(self.mapping_text)
        return load_mapping(path, load_contracts(self.settings.project_dir))

    def load(self, path: Path | None = None, **options: Any) -> LoadReport:
        return load_path(
            settings=self.settings, mapping=self.mapping(), path=path or self.settings.landing, **options
        )

    def load_file(self, name: str, content: str | bytes) -> Any:
        return self.load(self.write(name, content)).results[0]

    def query(self, statement: str) -> list[dict[str, Any]]:
        with open_warehouse(self.settings) as warehouse:
            return warehouse.query(statement)

    def rows(self, columns: str = "*", table: str = "raw.shop__sales") -> list[tuple[Any, ...]]:
        order = {"r": "_load_id, _row_number", "o": "all"}[table[0]]
        order = "load_id, row_number" if table.endswith("dead_letters") else order
        return [tuple(r.values()) for r in self.query(f"select {columns} from {table} order by {order}")]  # noqa: S608

    def dead(self, columns: str = "row_number, reason_code, column_name") -> list[tuple[Any, ...]]:
        return self.rows(columns, "ops.dead_letters")

    def check_books(self) -> None:
        """Each ledger row adds up and agrees with what the tables hold."""
        ledger = self.query("select * from ops.load_ledger")
        assert all(row["rows_in"] == row["rows_loaded"] + row["rows_dead"] for row in ledger)
        read = sum(row["rows_in"] for row in ledger if row["replay_of_load_id"] is None)
        raw = self.query("select count(*) as n from raw.shop__sales")[0]["n"]
        still = self.query("select count(*) as n from ops.dead_letters where replayed_load_id is null")[0][
            "n"
        ]
        assert read == raw + still


@pytest.fixture
def make_settings(tmp_path: Path) -> Callable[[], Settings]:
    def make() -> Settings:
        project = tmp_path / "project"
        ops = project / "models" / "staging" / "ops"
        ops.mkdir(parents=True)
        source = PROJECT_ROOT / "models" / "staging" / "ops" / "_ops__sources.yml"
        (ops / source.name).write_text(source.read_text())
        return Settings(project_dir=project, memory_limit="1GB", threads=2)

    return make


@pytest.fixture
def bank(make_settings: Callable[[], Settings]) -> Bank:
    return Bank(make_settings())


@pytest.fixture
def shared_data() -> Path:
    if not SHARED_DATA.is_dir():
        pytest.skip("no ../shared/data here")
    return SHARED_DATA


def failure(result: Any) -> tuple[str, int, str]:
    """Give what a failed file says."""
    assert isinstance(BankmartError.exit_code, int)
    return result.status, result.exit_code, result.error or ""
