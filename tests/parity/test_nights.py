"""A bank with planted defects and traps over several nights: each table and score equal on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from datagen import generate
from ml.gate import Decision
from ml.job import run_models
from tests.parity import traps
from tests.parity.compare import Table, cell, differences
from tests.parity.twins import Twins, twins
from tests.redshift.standin.server import StandIn

FIRST_DAY = date(2026, 1, 1)
NIGHTS = 3
LAST_DAY = FIRST_DAY + timedelta(days=NIGHTS - 1)
MODELS = ("propensity_credit", "propensity_other")
# Eight months of few customers are enough to learn something from, if less is asked of them.
LESS = {"WARM_UP_DAYS": 0, "TEST_DAYS": 31, "LEAST_CONVERSIONS": 2}


@pytest.fixture(scope="module")
def banks(tmp_path_factory: pytest.TempPathFactory, standin: StandIn, s3: Any) -> Iterator[Twins]:
    """Both engines after three nights with models, learned in the first."""
    folder = tmp_path_factory.mktemp("nights")
    landing = folder / "landing"
    generate(landing, customers=400, days=NIGHTS, start=FIRST_DAY, months=8, seed=5)
    with twins(folder, standin, s3, "nights") as both, pytest.MonkeyPatch.context() as patch:
        for name, value in LESS.items():
            patch.setattr(f"ml.train.{name}", value)
        # So few customers teach little; that the gate would say so is not what is compared here.
        patch.setattr("ml.train.decide", lambda *_: Decision(True, ("told to",)))
        # The logistic regression drops every feature that so few customers don't vouch for.
        patch.setattr("ml.propensity.CANDIDATES", ("boosting",))
        # A commit while this runs must not make the engines differ.
        patch.setattr("ml.train.code_revision", lambda: "test")
        traps.write_calls(folder / "calls")
        both.load(folder / "calls", "uci_bank_marketing")
        for night in range(NIGHTS):
            day = FIRST_DAY + timedelta(days=night)
            traps.write(landing, day.isoformat(), first=not night)
            both.load(landing, as_of=day)
            both.night(day, train=not night)
        yield both


@pytest.fixture(scope="module")
def pictures(banks: Twins) -> tuple[dict[str, Table], dict[str, Table]]:
    """All models, seeds and snapshots of both engines after the last night, read once."""
    names = banks.duckdb.relations()
    return banks.duckdb.tables(names), banks.redshift.tables(names)


def test_every_raw_table_is_equal(banks: Twins) -> None:
    assert not (found := banks.differences(banks.duckdb.raw_tables())), "\n".join(found)


def test_every_model_seed_and_snapshot_is_equal(
    pictures: tuple[dict[str, Table], dict[str, Table]],
) -> None:
    left, right = pictures
    found = [line for name in left for line in differences(name, left[name], right[name])]
    assert not found, "\n".join(found)


def test_no_table_is_empty(pictures: tuple[dict[str, Table], dict[str, Table]]) -> None:
    assert [name for name, table in pictures[1].items() if not table.rows] == []


def test_both_learn_the_same_models(banks: Twins) -> None:
    for name in MODELS:
        left, right = (engine.registry.champion(name, LAST_DAY) for engine in (banks.duckdb, banks.redshift))
        assert left is not None
        assert right is not None
        assert replace(left, sha256="", trained_at="") == replace(right, sha256="", trained_at="")


def test_scores_tell_customers_apart(banks: Twins) -> None:
    found = banks.redshift.query(
        "select model_name, count(*) as scores, count(distinct probability) as probabilities"
        " from staging.stg_ml__customer_scores group by model_name order by model_name"
    )
    assert [row["model_name"] for row in found] == list(MODELS)
    assert all(row["probabilities"] > 50 for row in found), found


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


def test_a_second_build_changes_nothing_and_passes_all_tests_of_dbt(
    banks: Twins, pictures: tuple[dict[str, Table], dict[str, Table]]
) -> None:
    before = pictures[1]
    banks.redshift.build(LAST_DAY)
    after = banks.redshift.tables(list(before))
    assert [name for name in before if before[name].digest() != after[name].digest()] == []


def test_scoring_again_brings_no_score_twice(banks: Twins) -> None:
    tables = ["raw.ml__customer_scores", "raw.ml__model_runs", "raw.ml__feature_drift", "ops.load_ledger"]
    for engine in (banks.duckdb, banks.redshift):
        before = engine.tables(tables)
        report = run_models(engine.settings, LAST_DAY, training=False)
        assert report.load is not None
        assert {result.status for result in report.load.results} == {"already_loaded"}
        assert engine.tables(tables) == before
