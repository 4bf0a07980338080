"""No planted card number is anywhere, a name or address only where it may be, after an erasure nowhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from loaders.contract import TableContract, load_contracts, load_ops_contracts
from loaders.dbt import FAILED, DbtProject
from loaders.erase import open_erasure
from loaders.load import LoadReport, load_path
from loaders.mapping import Mapping, load_mapping
from loaders.rejects import replay
from loaders.settings import Settings
from loaders.warehouse import open_warehouse
from tests.conftest import scratch
from tests.privacy.canaries import (
    BIN,
    CARD,
    DAYS,
    MAIL,
    NAME,
    PHONE,
    SUBJECT,
    Planter,
    card,
    cards_in_files,
    mapping_text,
    texts_in_files,
)
from tests.privacy.conftest import RedshiftBank

KINDS = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
AS_OF = date.fromisoformat(max(DAYS.values()))
# Marts that the planted rows reach.
MARTS = (
    "core.dim_customers",
    "core.fct_campaign_contacts",
    "core.fct_engagements",
    "features.customer_features",
    "marketing.contact_eligibility",
    "marketing.customer_360",
    "marketing.customer_segments",
)
LIKE_A_CARD = "replace(replace({0}, ' ', ''), '-', '') like '%" + BIN + "_________%'"


@dataclass
class Canaries:
    """A bank into which canaries are loaded."""

    settings: Settings
    mapping: Mapping
    planter: Planter

    def load(self) -> LoadReport:
        report = load_path(settings=self.settings, mapping=self.mapping, path=self.settings.landing)
        assert report.exit_code == 0, [result.error for result in report.results if result.error]
        return report

    def load_again(self) -> None:
        """Load all rows again, in files of other bytes, and try all dead letters once more."""
        for path in self.settings.landing.rglob("*.*"):
            path.write_text(path.read_text() + "\n")
        assert {result.status for result in self.load().results} == {"loaded"}
        assert replay(self.settings, self.mapping).exit_code == 0

    def build(self) -> None:
        nodes = DbtProject(self.settings).run(["build", *KINDS], AS_OF)
        assert [node.message for node in nodes if node.status in FAILED] == []

    def erase(self) -> None:
        with open_erasure(self.settings, SUBJECT) as erasure:
            assert erasure.run(lambda label, done, total: None).state == "done"

    def texts(self) -> list[tuple[str, str, str]]:
        """List every text column of every table and view."""
        with open_warehouse(self.settings) as warehouse:
            rows = warehouse.query(
                "select table_schema, table_name, column_name from information_schema.columns"
                " where data_type in ('VARCHAR', 'character varying', 'character', 'text')"
                " and table_schema not in ('information_schema', 'pg_catalog', 'pg_internal', 'rs')"
            )
        return sorted((r["table_schema"], r["table_name"], r["column_name"]) for r in rows)

    def holding(self, condition: str) -> list[str]:
        """List the columns that hold a text."""
        with open_warehouse(self.settings) as warehouse:
            found = []
            for schema, table, column in self.texts():
                hit = condition.format(f'"{column}"')
                if warehouse.query(f'select 1 as n from "{schema}"."{table}" where {hit} limit 1'):  # noqa: S608
                    found.append(f"{schema}.{table}.{column}")
        return found

    def cards(self) -> list[str]:
        return self.holding(LIKE_A_CARD)

    def of(self, *texts: str) -> set[str]:
        """List the columns that hold one of some texts, in any case."""
        return {column for text in texts for column in self.holding(f"lower({{0}}) like '%{text.lower()}%'")}

    def direct(self) -> set[str]:
        """List the columns that are classed as direct identifiers, in contracts and models."""
        contracts = [
            *self.planter.contracts.values(),
            *load_ops_contracts(self.settings.project_dir).values(),
        ]
        names = {
            f"{contract.schema}.{contract.identifier}.{column.name}"
            for contract in contracts for column in contract.columns if column.pii == "direct"
        }  # fmt: skip
        for node in DbtProject(self.settings).manifest.nodes.values():
            for column in getattr(node, "columns", {}).values():
                if column.config.meta.get("pii") == "direct":
                    names.add(f"{node.schema}.{node.alias}.{column.name}")
        return names


def plant(settings: Settings) -> Canaries:
    """Write the files, and give the bank before any of them is loaded."""
    contracts = load_contracts(settings.project_dir)
    planter = Planter(contracts)
    planter.write(settings.landing)
    path = settings.duckdb_path.with_name("canary.yml")
    path.write_text(mapping_text(contracts))
    return Canaries(settings, load_mapping(path, contracts), planter)


def test_what_is_planted_is_a_card_number_and_is_found_where_it_lies(tmp_path: Path) -> None:
    bank = plant(scratch(tmp_path))
    for number in range(1, 40):
        digits = [int(d) for d in card(number) if d.isdigit()]
        doubled = [d if place % 2 else sum(divmod(2 * d, 10)) for place, d in enumerate(digits)]
        assert (len(digits), sum(doubled) % 10) == (16, 0)
    files = [path for path in tmp_path.rglob("*_*.*") if path.is_file() and path.suffix != ".yml"]
    assert len(files) == len(bank.planter.contracts) * len(DAYS)
    assert set(cards_in_files(tmp_path, without=tmp_path / "x")) == set(map(str, files))
    part = tmp_path / "part.parquet"
    duckdb.sql(f"copy (select '{card(1)}' as a, upper('{MAIL}') as b) to '{part}'")
    assert str(part) in cards_in_files(tmp_path, without=bank.settings.landing)
    assert str(part) in texts_in_files(MAIL, tmp_path, without=bank.settings.landing)


def check_before(bank: Canaries) -> None:
    """Cards are nowhere, what reaches or names the person is where the contracts allow it, and got there."""
    assert bank.cards() == []
    reached = bank.of(MAIL, NAME, PHONE)
    assert {"ops.dead_letters.raw_row", "core.dim_customer_contacts.email"} <= reached <= bank.direct()
    assert "raw.engagement__communication_log.summary" in reached
    relations = {column.rpartition(".")[0] for column in bank.of(SUBJECT)}
    assert {f"raw.{c.identifier}" for c in bank.planter.contracts.values() if names_customer(c)} <= relations
    assert set(MARTS) <= relations


def check_after(bank: Canaries) -> None:
    """Nothing of the person is left in any table."""
    assert (bank.cards(), bank.of(MAIL, NAME, PHONE, SUBJECT)) == ([], set())


def check_files(bank: Canaries, folder: Path, *texts: str) -> None:
    """Of cards and texts nothing is in any file: parts, manifests, artifacts of dbt, logs, the database."""
    landing = bank.settings.landing
    assert cards_in_files(folder, without=landing) == []
    for text in texts:
        assert texts_in_files(text, folder, without=landing) == [], text


def names_customer(contract: TableContract) -> bool:
    return any(column.identifies == "customer" for column in contract.columns)


def test_no_canary_gets_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any) -> None:
    monkeypatch.setenv("DBT_LOG_PATH", str(tmp_path / "logs"))
    bank = plant(scratch(tmp_path))
    # Each card number is in a row that is set aside, and some addresses are too long for their columns.
    assert bank.load().rows_dead > bank.planter.cards
    bank.build()
    for _ in range(2):
        check_before(bank)
        check_files(bank, tmp_path)
        check_files(bank, tmp_path / "target", MAIL, NAME, PHONE, SUBJECT)
        check_files(bank, tmp_path / "logs", MAIL, NAME, PHONE, SUBJECT)
        bank.load_again()
        bank.build()
    bank.erase()
    for again in (True, False):
        check_after(bank)
        check_files(bank, tmp_path, MAIL, NAME, PHONE, SUBJECT)
        if again:
            bank.load_again()
            bank.build()
    told = "".join(capfd.readouterr())
    assert not [text for text in (MAIL, NAME, PHONE, SUBJECT) if text in told]
    assert not CARD.search(told.encode())


def test_no_canary_gets_out_on_redshift(redshift_bank: RedshiftBank) -> None:
    for path in list(redshift_bank.settings.landing.rglob("*.csv")):
        path.unlink()
    bank = plant(redshift_bank.settings)
    bank.load()
    bank.build()
    check_before(bank)
    bank.erase()
    check_after(bank)
    bank.load_again()
    bank.build()
    check_after(bank)
