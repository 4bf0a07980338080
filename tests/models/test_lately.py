"""Data tests that read new rows alone find what a night did wrong, and on the first of a month everything."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb
import pytest

from loaders.dbt import DbtProject
from tests.models.conftest import Bank
from tests.models.test_incremental import POSTING_HEADER, write

FACT = "core.fct_account_transactions"
TEST = ["test", "--no-write-json", "--select", "unique_fct_account_transactions_transaction_id"]
REACHED = [*TEST[:-1], "stg_core_banking__account_transactions,test_name:reaches_the_fact"]


@pytest.fixture
def built(bank: Bank, tmp_path: Path) -> Bank:
    for day in (date(2024, 3, 1), date(2024, 5, 31)):
        postings = [[f"T{day:%m}", "A1", "Purchase", "debit", 7, "", day, "", "", ""]]
        write(tmp_path / "core_banking" / f"account_transactions_{day}.csv", POSTING_HEADER, postings)
    bank.load(tmp_path)
    options = ["build", "--no-write-json", "--exclude-resource-type", "test"]
    select = ["--exclude-resource-type", "unit_test", "--select", "+fct_account_transactions"]
    DbtProject(bank.settings).run([*options, *select], date(2024, 5, 31))
    assert bank.query(f"select count(*) from {FACT}") == [(2,)]  # noqa: S608
    return bank


def double(bank: Bank, key: str) -> None:
    with duckdb.connect(str(bank.settings.duckdb_path)) as connection:
        connection.execute(
            f"insert into {FACT} select * from {FACT} where transaction_id = $1",  # noqa: S608
            [key],
        )


def verdict(bank: Bank, day: date, test: Sequence[str] = TEST) -> str:
    [result] = [node for node in DbtProject(bank.settings).run(list(test), day) if node.kind == "test"]
    return result.status


def test_a_new_key_that_is_there_twice_is_found_at_night(built: Bank) -> None:
    assert verdict(built, date(2024, 5, 31)) == "pass"
    double(built, "T05")
    assert verdict(built, date(2024, 5, 31)) == "fail"


def test_a_new_row_with_the_key_of_an_old_one_is_found_at_night(built: Bank) -> None:
    with duckdb.connect(str(built.settings.duckdb_path)) as connection:
        connection.execute(f"update {FACT} set transaction_id = 'T03'")  # noqa: S608
    assert verdict(built, date(2024, 5, 31)) == "fail"


def test_an_old_key_that_is_there_twice_is_found_on_the_first_of_the_month(built: Bank) -> None:
    double(built, "T03")
    assert verdict(built, date(2024, 5, 31)) == "pass"
    assert verdict(built, date(2024, 6, 1)) == "fail"


def test_a_row_of_a_late_file_that_the_fact_lacks_is_found_at_night(built: Bank, tmp_path: Path) -> None:
    late = [["T0529", "A1", "Purchase", "debit", 7, "", date(2024, 5, 29), "", "", ""]]
    write(tmp_path / "late" / "core_banking" / "account_transactions_2024-05-29.csv", POSTING_HEADER, late)
    assert verdict(built, date(2024, 5, 31), REACHED) == "pass"
    built.load(tmp_path / "late")
    assert verdict(built, date(2024, 5, 31), REACHED) == "fail"
