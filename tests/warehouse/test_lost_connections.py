"""Connections that are cut, before and after the server has done what was asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from loaders.errors import WarehouseError
from loaders.warehouse import open_warehouse
from loaders.warehouse.redshift.booking import RedshiftBooking
from tests.redshift.standin.server import StandIn
from tests.warehouse.cutting import CuttingProxy

HEAD = "id,day,amount\n"


@pytest.fixture
def proxy(bank: Any, standin: StandIn) -> Iterator[CuttingProxy]:
    """A proxy that the bank's settings lead through, the tables being there."""
    with open_warehouse(bank.settings) as warehouse:
        warehouse.ensure_tables(bank.mapping().contracts)
    with CuttingProxy(standin.port) as running:
        bank.settings = bank.settings.model_copy(update={"redshift_port": running.port})
        yield running


@pytest.mark.parametrize("after", [True, False], ids=["answer-lost", "never-sent"])
@pytest.mark.parametrize("delivery", ["events", "full"])
def test_a_commit_that_nobody_answered_is_settled_by_the_ledger(
    bank: Any, proxy: CuttingProxy, monkeypatch: pytest.MonkeyPatch, delivery: str, after: bool
) -> None:
    bank.contract = bank.contract.replace("delivery: events", f"delivery: {delivery}")
    bank.declare()
    insert, commits = RedshiftBooking.insert_rows, []

    def armed(self: RedshiftBooking, *args: Any) -> int:
        commits.append(1)
        if len(commits) == 1:
            proxy.arm(b"commit\0", after=after)
        return insert(self, *args)

    monkeypatch.setattr(RedshiftBooking, "insert_rows", armed)
    result = bank.load_file("sales.csv", HEAD + "a,,1\nb,bad,1\n")
    assert proxy.cuts == 1
    # Where the server had committed, the second attempt finds its own row and does no work.
    assert len(commits) == (1 if after else 2)
    assert (result.status, result.rows_loaded, result.rows_dead) == ("loaded", 1, 1)
    assert bank.rows("id, _load_id") == [("a", 1)]
    bank.check_books()


@pytest.mark.parametrize("text", [b"lock ops", b"copy ", b"insert into ops.load_ledger", b"pg_last_copy_id"])
def test_a_connection_cut_on_the_way_is_replaced_and_the_load_done_again(
    bank: Any, proxy: CuttingProxy, text: bytes
) -> None:
    proxy.arm(text, after=text == b"copy ")
    result = bank.load_file("sales.csv", HEAD + "a,,1\nb,bad,1\n")
    assert proxy.cuts == 1
    assert (result.status, result.error) == ("loaded", None)
    bank.check_books()


def test_a_connection_that_is_always_cut_is_given_up(
    bank: Any, proxy: CuttingProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _: None)
    proxy.arm(b"copy ", after=False, times=100)
    result = bank.load_file("sales.csv", HEAD + "a,,1\n")
    assert result.status == "failed"
    assert " failed 8 times: BrokenPipe: server socket closed" in result.error
    proxy.arm(b"", after=False, times=0)
    assert bank.rows() == bank.query("select * from ops.load_ledger") == []


def test_a_server_that_is_not_there_is_told(bank: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _: None)
    bank.settings = bank.settings.model_copy(update={"redshift_port": 1})
    with pytest.raises(WarehouseError, match=r"127.0.0.1:1/bank_\w+ failed 8 times: communication error"):
        bank.query("select 1")
