"""A synthetic bank with planted defects over several nights: each table the same on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from datagen import generate
from tests.parity.twins import NO_TESTS, Twins, twins
from tests.redshift.standin.server import StandIn

FIRST_DAY = date(2026, 1, 1)
NIGHTS = 3
LAST_DAY = FIRST_DAY + timedelta(days=NIGHTS - 1)


@pytest.fixture(scope="module")
def banks(tmp_path_factory: pytest.TempPathFactory, standin: StandIn, s3: Any) -> Iterator[Twins]:
    """Both engines after three nights; the last of them with dbt's tests on Redshift."""
    folder = tmp_path_factory.mktemp("parity")
    landing = folder / "landing"
    generate(landing, customers=200, days=NIGHTS, start=FIRST_DAY, history_days=200, seed=5)
    with twins(folder, standin, s3) as both:
        for night in range(NIGHTS):
            day = FIRST_DAY + timedelta(days=night)
            both.load(landing, as_of=day)
            both.duckdb.build(day, *NO_TESTS)
            both.redshift.build(day, *(NO_TESTS if day < LAST_DAY else ()))
        yield both


def test_every_raw_table_is_equal(banks: Twins) -> None:
    assert not (found := banks.differences(banks.duckdb.raw_tables())), "\n".join(found)


def test_every_model_seed_and_snapshot_is_equal(banks: Twins) -> None:
    names = banks.duckdb.relations()
    assert not (found := banks.differences(names)), "\n".join(found)


def test_no_table_is_empty(banks: Twins) -> None:
    tables = banks.redshift.tables(banks.redshift.relations())
    assert [name for name, table in tables.items() if not table.rows] == []


def test_a_second_build_changes_nothing(banks: Twins) -> None:
    names = banks.redshift.relations()
    before = {name: table.digest() for name, table in banks.redshift.tables(names).items()}
    banks.redshift.build(LAST_DAY)
    after = {name: table.digest() for name, table in banks.redshift.tables(names).items()}
    assert [name for name in names if before[name] != after[name]] == []
