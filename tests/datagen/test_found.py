"""Each planted defect is found where the list says that the loader should have put it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import duckdb
import pytest

from datagen import GenerationReport, generate
from datagen.exports import EXPORTS
from datagen.model import Planted
from loaders.contract import load_contracts
from loaders.load import LoadReport, load_path
from loaders.mapping import load_mapping
from tests.conftest import scratch


class Loaded:
    """A bank, what the loader said of it, and the warehouse."""

    def __init__(self, folder: Path) -> None:
        """Make and load the bank."""
        self.bank: GenerationReport = generate(
            folder / "landing", customers=300, days=6, history_days=60, seed=11
        )
        self._settings = scratch(folder)
        self._mapping = load_mapping("bankmart", load_contracts(self._settings.project_dir))
        self.report = self.load(self.bank.out)
        self.db = duckdb.connect(str(self._settings.duckdb_path), read_only=True)

    def load(self, path: Path) -> LoadReport:
        """Load files as a user would."""
        return load_path(settings=self._settings, mapping=self._mapping, path=path)

    def entries(self, expected: str) -> list[Planted]:
        """The planted defects that should end somewhere; there must be some."""
        found = [entry for entry in self.bank.planted if entry.expected.startswith(expected)]
        assert found
        return found

    def raw_rows(self, entry: Planted, column: str = "_row_number") -> list[str]:
        """Read a column of the rows of raw that came from the planted line."""
        table = next(table for table in EXPORTS if entry.file.startswith(f"{table}_20"))
        statement = f"""select {column}::varchar from raw.{EXPORTS[table].folder}__{table}
            where parse_filename(_source_file) = ? and _row_number = ?"""  # noqa: S608
        return [row[0] for row in self.db.execute(statement, [entry.file, entry.row_number]).fetchall()]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    return Loaded(tmp_path_factory.mktemp("found"))


def test_every_file_is_taken_in(loaded: Loaded) -> None:
    assert loaded.report.exit_code == 0
    assert loaded.report.rows_in == loaded.report.rows_loaded + loaded.report.rows_dead


def test_dead_letters_are_those_of_the_list_and_no_others(loaded: Loaded) -> None:
    planted = Counter((entry.file, entry.row_number, entry.expected[5:]) for entry in loaded.entries("dead:"))
    letters = loaded.db.execute(
        "select parse_filename(file_name), row_number, reason_code from ops.dead_letters"
    ).fetchall()
    assert Counter(letters) == planted


@pytest.mark.parametrize("expected", ["raw_once", "raw_twice", "inferred_member"])
def test_good_rows_are_in_raw(loaded: Loaded, expected: str) -> None:
    assert [entry for entry in loaded.entries(expected) if len(loaded.raw_rows(entry)) != 1] == []


def test_redelivered_rows_stand_in_two_files(loaded: Loaded) -> None:
    equal = loaded.db.execute(
        """select count(*) from (
            select 1 from raw.cards__card_transactions
            group by customernumber, transactiondate, transactiontime, transactionamount, merchantname,
                cardlast4digits
            having count(distinct _file_date) = 2)"""
    ).fetchone()
    redelivered = [entry for entry in loaded.entries("raw_twice") if entry.kind == "redelivered_row"]
    assert equal == (len(redelivered),)


def test_orphans_have_no_profile(loaded: Loaded) -> None:
    known = {
        row[0]
        for column, table in (("customernumber", "customers"), ("account_id", "accounts"))
        for row in loaded.db.execute(f"select {column} from raw.core_banking__{table}").fetchall()  # noqa: S608
    }
    for entry in loaded.entries("inferred_member"):
        (value,) = loaded.raw_rows(entry, entry.column.lower())
        assert value not in known


def test_copies_add_nothing(loaded: Loaded) -> None:
    status = {Path(result.file_name).name: result.status for result in loaded.report.results}
    for entry in loaded.entries("nothing_loaded"):
        assert sorted([status[entry.file], status[entry.key]]) == ["already_loaded", "loaded"]


def test_files_with_turned_columns_are_loaded_whole(loaded: Loaded) -> None:
    results = {Path(result.file_name).name: result for result in loaded.report.results}
    for entry in loaded.entries("all_loaded"):
        assert results[entry.file].rows_in == results[entry.file].rows_loaded > 0


def test_drifted_files_are_refused_and_the_column_is_named(loaded: Loaded) -> None:
    loaded.db.close()
    report = loaded.load(loaded.bank.out / "_drifted")
    errors = {Path(result.file_name).name: str(result.error) for result in report.results}
    assert report.exit_code != 0
    assert report.rows_loaded == 0
    for entry in loaded.entries("refused"):
        assert entry.column in errors[entry.file]


def test_shared_addresses_are_those_of_two_customers(tmp_path: Path) -> None:
    bank = generate(tmp_path, customers=400, days=6, history_days=40, seed=12)
    files = str(tmp_path / "core_banking" / "customer_contacts_????-??-??.csv")
    owners: dict[str, set[str]] = {}
    for email, customer in duckdb.read_csv(files, all_varchar=True).select("email, customer_id").fetchall():
        owners.setdefault(email, set()).add(customer)
    planted = {entry.key for entry in bank.planted if entry.kind == "shared_email"}
    shared = [customers for customers in owners.values() if len(customers) > 1]
    assert planted
    assert all(len(customers) == 2 for customers in shared)
    assert planted <= set().union(*shared)
