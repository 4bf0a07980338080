"""Each planted defect is found where the list says that load and build should have put it."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from datagen import generate
from datagen.exports import EXPORTS, FOLDERS
from datagen.model import Planted
from loaders.contract import load_contracts
from loaders.dbt import NOT_DONE, DbtProject
from loaders.load import LoadReport, load_path
from loaders.mapping import load_mapping
from tests.conftest import scratch

LAST = date(2026, 1, 6)
BUILT = ["+dim_customers", "+dim_accounts", "+fct_engagements", "+contact_eligibility"]


class Found:
    """A bank, what the loader said of it, and the warehouse that was built of it."""

    def __init__(self, folder: Path) -> None:
        """Make, load and build the bank; months before reach back to what a young bank does not have."""
        self.out = folder / "landing"
        generate(self.out, customers=900, days=6, months=4, seed=11)
        self._settings = scratch(folder)
        self._mapping = load_mapping("bankmart", load_contracts(self._settings.project_dir))
        with (self.out / "_planted_defects.csv").open(newline="") as listing:
            self.planted = [_entry(row) for row in csv.DictReader(listing)]
        self.report = self.load(self.out)
        self.drifted = self.load(self.out / "_drifted")
        command = ["build", "--select", *BUILT, "--resource-type", "model", "snapshot", "seed"]
        nodes = DbtProject(self._settings).run(command, LAST)
        assert nodes
        assert [node.message for node in nodes if node.status in NOT_DONE] == []
        self.db = duckdb.connect(str(self._settings.duckdb_path), read_only=True)

    def load(self, path: Path) -> LoadReport:
        """Load files as a user would."""
        return load_path(settings=self._settings, mapping=self._mapping, path=path)

    def of_kind(self, kind: str) -> list[Planted]:
        """The planted defects of a kind; there must be some."""
        found = [entry for entry in self.planted if entry.kind == kind]
        assert found
        return found

    def raw(self, entry: Planted, columns: str) -> list[tuple[Any, ...]]:
        """Read columns of the rows of raw that came from the planted line."""
        statement = f"""select {columns} from raw.{EXPORTS[table_of(entry)].folder}__{table_of(entry)}
            where parse_filename(_source_file) = ? and _row_number = ?"""  # noqa: S608
        return self.db.execute(statement, [entry.file, entry.row_number]).fetchall()

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the warehouse."""
        return self.db.execute(statement, values).fetchall()

    def purchases(self, entry: Planted, more: str = "true") -> list[tuple[Any, ...]]:
        """Transactions of the fact that say what the planted row of a card says."""
        ((customer, at, amount, last4),) = self.raw(
            entry,
            "customernumber, strptime(strftime(transactiondate, '%Y-%m-%d ') || transactiontime, "
            "'%Y-%m-%d %H:%M'), transactionamount, cardlast4digits",
        )
        return self.rows(
            f"""select card_transaction_id from core.fct_card_transactions
            where customer_id = ? and transaction_at = ? and amount = ? and card_last4 = ? and {more}""",  # noqa: S608
            customer, at, amount, last4,
        )  # fmt: skip


def _entry(row: dict[str, str]) -> Planted:
    number = int(row["row_number"]) if row["row_number"] else None
    return Planted(row["kind"], row["file"], number, row["column"], row["key"], row["expected"])


def table_of(entry: Planted) -> str:
    """Table of a planted defect's file."""
    return next(table for table in EXPORTS if entry.file.startswith(f"{table}_20"))


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    return Found(tmp_path_factory.mktemp("found"))


def is_dead_letter(found: Found, entry: Planted) -> bool:
    letters = found.rows(
        "select reason_code from ops.dead_letters where parse_filename(file_name) = ? and row_number = ?",
        entry.file, entry.row_number,
    )  # fmt: skip
    return letters == [(entry.expected.removeprefix("dead:"),)] and found.raw(entry, "1") == []


def is_inferred_member(found: Found, entry: Planted) -> bool:
    ((value,),) = found.raw(entry, entry.column.lower())
    table, key, mark = (
        ("dim_accounts", "account_id", "has_record")
        if entry.column == "account_id"
        else ("dim_customers", "customer_id", "has_profile")
    )
    return found.rows(f"select {mark} from core.{table} where {key} = ?", value) == [(False,)]  # noqa: S608


def is_forbidden(found: Found, entry: Planted) -> bool:
    ((customer,),) = found.raw(entry, "customer_id")
    rules = found.rows(
        "select refused_by from marketing.contact_eligibility where customer_id = ? group by all", customer
    )
    return rules == [(entry.expected,)]


def is_known_late(found: Found, entry: Planted) -> bool:
    late = "file_date > transaction_date and file_date = date '" + entry.file[-14:-4] + "'"
    if table_of(entry) == "card_transactions":
        return len(found.purchases(entry, late)) == 1
    query = f"select 1 from core.fct_account_transactions where transaction_id = ? and {late}"  # noqa: S608
    return len(found.raw(entry, "1")) == len(found.rows(query, entry.key)) == 1


def is_two_purchases(found: Found, entry: Planted) -> bool:
    return len(found.raw(entry, "1")) == 1 and len(found.purchases(entry)) == 2


def is_one_purchase(found: Found, entry: Planted) -> bool:
    return len(found.raw(entry, "1")) == 1 and len(found.purchases(entry)) == 1


def is_kept_as_it_is(found: Found, entry: Planted) -> bool:
    ((notes,),) = found.raw(entry, "notes")
    return str(notes).startswith("reference 4111")


def is_a_shared_address(found: Found, entry: Planted) -> bool:
    ((customers, addresses),) = found.rows(
        """select count(distinct other.customer_id), count(distinct other.email)
        from staging.stg_core_banking__customer_contacts as planted
        inner join staging.stg_core_banking__customer_contacts as other
            on planted.email_token = other.email_token
        where planted.customer_id = ? and planted.known_from = ?""",
        entry.key, date.fromisoformat(entry.file[-14:-4]),
    )  # fmt: skip
    return int(customers) > 1 and addresses == 1


def is_loaded_once_of_two_files(found: Found, entry: Planted) -> bool:
    status = {Path(result.file_name).name: result.status for result in found.report.results}
    return sorted([status[entry.file], status[entry.key]]) == ["already_loaded", "loaded"]


def is_loaded_whole(found: Found, entry: Planted) -> bool:
    result = next(each for each in found.report.results if Path(each.file_name).name == entry.file)
    return result.rows_in == result.rows_loaded > 0


def is_refused(found: Found, entry: Planted) -> bool:
    result = next(each for each in found.drifted.results if Path(each.file_name).name == entry.file)
    return result.status == "failed" and result.rows_loaded == 0 and entry.column in str(result.error)


DEAD = {
    "bad_date", "bad_number", "out_of_range", "missing_value", "unknown_value", "too_long", "card_number",
    "missing_field", "extra_field", "bad_encoding", "duplicate_row",
}  # fmt: skip
PLACES: dict[str, Callable[[Found, Planted], bool]] = {
    **dict.fromkeys(sorted(DEAD), is_dead_letter),
    "orphan": is_inferred_member,
    "unknown_reason": is_forbidden,
    "late_row": is_known_late,
    "equal_rows": is_two_purchases,
    "redelivered_row": is_one_purchase,
    "not_a_card_number": is_kept_as_it_is,
    "shared_email": is_a_shared_address,
    "duplicate_file": is_loaded_once_of_two_files,
    "turned_columns": is_loaded_whole,
    "drifted_columns": is_refused,
}


@pytest.mark.parametrize("kind", PLACES)
def test_each_defect_is_where_it_belongs(kind: str, found: Found) -> None:
    assert [entry for entry in found.of_kind(kind) if not PLACES[kind](found, entry)] == []


def test_no_kind_is_unknown_here_and_every_source_has_defects(found: Found) -> None:
    assert {entry.kind for entry in found.planted} == set(PLACES)
    assert {EXPORTS[table_of(entry)].folder for entry in found.planted} == set(FOLDERS)


def test_a_defect_that_is_elsewhere_is_not_found(found: Found) -> None:
    for kind, is_there in PLACES.items():
        entry = found.of_kind(kind)[0]
        other = found.of_kind("bad_date" if is_there is not is_dead_letter else "not_a_card_number")[0]
        moved = Planted(kind, other.file, other.row_number, entry.column, other.key, entry.expected)
        try:
            there = is_there(found, moved)
        except (ValueError, KeyError, StopIteration, duckdb.BinderException):
            there = False
        assert not there, kind


def test_every_file_is_taken_in_and_no_other_row_is_rejected(found: Found) -> None:
    assert found.report.exit_code == 0
    assert found.report.rows_in == found.report.rows_loaded + found.report.rows_dead
    planted = Counter(
        (entry.file, entry.row_number) for entry in found.planted if entry.expected.startswith("dead:")
    )
    letters = found.rows("select parse_filename(file_name), row_number from ops.dead_letters")
    assert Counter(letters) == planted


def test_files_that_drifted_leave_nothing_behind(found: Found) -> None:
    assert found.drifted.exit_code != 0
    assert found.drifted.rows_loaded == 0
