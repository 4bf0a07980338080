"""Loaders that race over the same files, under both isolation levels of Redshift."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from loaders.errors import LockedError
from loaders.load import load_path
from loaders.warehouse import open_warehouse
from loaders.warehouse.redshift.booking import RedshiftBooking
from loaders.warehouse.redshift.connection import Transaction
from loaders.warehouse.redshift.ddl import FENCE

FILES, LOADERS = 20, 8
HEAD = "id,day,amount\n"


@pytest.mark.parametrize("isolation", ["standin", "serializable_standin"])
def test_eight_loaders_over_twenty_files_load_each_once(
    make_bank: Callable[..., Any], request: pytest.FixtureRequest, isolation: str
) -> None:
    bank = make_bank(request.getfixturevalue(isolation))
    for file in range(FILES):
        bank.write(f"sales_{file}.csv", HEAD + f"{file},,1\n{file}b,bad,1\n")
    mapping, start = bank.mapping(), threading.Barrier(LOADERS)

    def run(_: int) -> list[Any]:
        start.wait()
        return load_path(settings=bank.settings, mapping=mapping, path=bank.settings.landing).results

    with ThreadPoolExecutor(LOADERS) as pool:
        results = [result for results in pool.map(run, range(LOADERS)) for result in results]
    assert [result.error for result in results if result.error] == []
    assert sum(result.status == "loaded" for result in results) == FILES
    assert sum(result.status == "already_loaded" for result in results) == FILES * (LOADERS - 1)
    assert sorted(row[0] for row in bank.rows("id")) == sorted(map(str, range(FILES)))
    assert len(bank.dead()) == FILES
    assert [row["load_id"] for row in bank.query("select load_id from ops.load_ledger order by 1")] == list(
        range(1, FILES + 1)
    )
    bank.check_books()


def test_without_the_lock_the_fence_still_holds(bank: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The update of the fence alone makes one of two transactions fail that saw the same state."""
    query = Transaction.query
    locks: list[str] = []

    def no_lock(self: Transaction, statement: str, params: Any = ()) -> Any:
        if statement == f"lock {FENCE}":
            locks.append(statement)
            statement = "select count(*) as n from ops.load_ledger"  # takes the snapshot, as a lock does not
        return query(self, statement, params)

    path = bank.write("sales.csv", HEAD + "a,,1\n")
    with open_warehouse(bank.settings) as warehouse:
        warehouse.ensure_tables(bank.mapping().contracts)
    monkeypatch.setattr(Transaction, "query", no_lock)
    with ThreadPoolExecutor(4) as pool:
        statuses = [report.results[0].status for report in pool.map(lambda _: bank.load(path), range(4))]
    assert sorted(statuses) == ["already_loaded"] * 3 + ["loaded"]
    assert bank.rows("id") == [("a",)]
    assert locks


def test_a_loader_that_waits_too_long_says_so(bank: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path = bank.write("sales.csv", HEAD + "a,,1\n")
    settings = bank.settings.model_copy(update={"lock_timeout": 0.5})
    with open_warehouse(settings) as holder:
        holder.ensure_tables(bank.mapping().contracts)
        held, done = threading.Event(), threading.Event()

        def hold(transaction: Transaction) -> None:
            transaction.query(f"lock {FENCE}")
            held.set()
            done.wait(20)

        thread = threading.Thread(target=lambda: holder._session.transact(hold))
        thread.start()
        held.wait(20)
        bank.settings = settings
        result = bank.load(path).results[0]
        done.set()
        thread.join()
    assert (result.status, result.exit_code) == ("failed", LockedError.exit_code)
    assert result.error.startswith("Another load has held the warehouse for 0.5 s.")
    assert bank.load(path).rows_loaded == 1


@pytest.mark.parametrize(
    "words", ["1023: Serializable isolation violation on table", "conflict with concurrent transaction"]
)
def test_a_conflict_is_answered_by_the_whole_transaction_again(
    bank: Any, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    attempts = []
    insert = RedshiftBooking.insert_rows

    def conflict(self: RedshiftBooking, *args: Any) -> int:
        attempts.append(1)
        count = insert(self, *args)
        if len(attempts) < 3:
            # The words of Redshift's own error, out of the engine.
            self.query(f"select cast('{words}' as integer)")
        return count

    monkeypatch.setattr(RedshiftBooking, "insert_rows", conflict)
    assert bank.load_file("sales.csv", HEAD + "a,,1\nb,bad,1\n").rows_loaded == 1
    assert len(attempts) == 3
    assert bank.rows("id") == [("a",)]
    bank.check_books()


def test_conflicts_without_end_are_given_up(bank: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _: None)

    def conflict(self: RedshiftBooking, *_: Any) -> int:
        self.query("select cast('deadlock' as integer)")
        return 0

    monkeypatch.setattr(RedshiftBooking, "insert_rows", conflict)
    result = bank.load_file("sales.csv", HEAD + "a,,1\n")
    assert result.status == "failed"
    assert " failed 8 times: invalid input syntax" in result.error
    assert bank.rows() == bank.query("select * from ops.load_ledger") == []
