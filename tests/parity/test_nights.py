"""A synthetic bank with planted defects and traps over several nights: each table equal on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from datagen import generate
from tests.parity import traps
from tests.parity.compare import cell
from tests.parity.twins import NO_TESTS, Twins, twins
from tests.redshift.standin.server import StandIn

FIRST_DAY = date(2026, 1, 1)
NIGHTS = 3
LAST_DAY = FIRST_DAY + timedelta(days=NIGHTS - 1)


@pytest.fixture(scope="module")
def banks(tmp_path_factory: pytest.TempPathFactory, standin: StandIn, s3: Any) -> Iterator[Twins]:
    """Both engines after three nights, the last of them with dbt's tests on Redshift."""
    folder = tmp_path_factory.mktemp("nights")
    landing = folder / "landing"
    generate(landing, customers=200, days=NIGHTS, start=FIRST_DAY, history_days=200, seed=5)
    with twins(folder, standin, s3, "nights") as both:
        for night in range(NIGHTS):
            day = FIRST_DAY + timedelta(days=night)
            traps.write(landing, day.isoformat(), first=not night)
            both.load(landing, as_of=day)
            both.duckdb.build(day, *NO_TESTS)
            both.redshift.build(day, *(NO_TESTS if day < LAST_DAY else ()))
        yield both


def test_every_raw_table_is_equal(banks: Twins) -> None:
    assert not (found := banks.differences(banks.duckdb.raw_tables())), "\n".join(found)


def test_every_model_seed_and_snapshot_is_equal(banks: Twins) -> None:
    assert not (found := banks.differences(banks.duckdb.relations())), "\n".join(found)


def test_no_table_is_empty(banks: Twins) -> None:
    tables = banks.redshift.tables(banks.redshift.relations())
    assert [name for name, table in tables.items() if not table.rows] == []


@pytest.mark.parametrize("engine", ["duckdb", "redshift"])
@pytest.mark.parametrize("rule", traps.GOLDEN)
def test_a_trap_is_passed(banks: Twins, rule: str, engine: str) -> None:
    question, expected = traps.GOLDEN[rule]
    found = getattr(banks, engine).query(question)
    as_text = [{name: cell(value) for name, value in row.items()} for row in found]
    wanted = [{name: str(value) for name, value in row.items()} for row in expected]
    assert as_text == wanted


def test_one_changed_value_would_be_noticed(banks: Twins) -> None:
    with banks.redshift.changed("core.dim_customers", "state_code = 'XX'", "customer_id = 'TRAP1'"):
        found = banks.differences(["core.dim_customers", "core.dim_accounts"])
    assert found[0] == "core.dim_customers: 1 rows on the left alone, 1 on the right alone"
    assert len(found) == 2


def test_a_second_build_changes_nothing(banks: Twins) -> None:
    names = banks.redshift.relations()
    before = {name: table.digest() for name, table in banks.redshift.tables(names).items()}
    banks.redshift.build(LAST_DAY, *NO_TESTS)
    after = {name: table.digest() for name, table in banks.redshift.tables(names).items()}
    assert [name for name in names if before[name] != after[name]] == []
