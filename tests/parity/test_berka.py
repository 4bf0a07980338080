"""The extract of a real bank (PKDD'99): each table the same on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.parity.twins import NO_TESTS, Twins, twins
from tests.redshift.standin.server import StandIn

LAST_DAY = date(1998, 12, 31)


@pytest.fixture(scope="module")
def banks(
    shared_data: Path, tmp_path_factory: pytest.TempPathFactory, standin: StandIn, s3: Any
) -> Iterator[Twins]:
    with twins(tmp_path_factory.mktemp("berka"), standin, s3, "berka") as both:
        both.load(shared_data / "berka", "berka")
        both.build(LAST_DAY, *NO_TESTS)
        yield both


def test_berka_is_equal_in_raw_and_in_every_model_and_snapshot(banks: Twins) -> None:
    names = [*banks.duckdb.raw_tables(), *banks.duckdb.relations()]
    assert not (found := banks.differences(names)), "\n".join(found)
    [counted] = banks.redshift.query("select count(*) as n from core.fct_account_transactions")
    assert counted["n"] == 49_102
