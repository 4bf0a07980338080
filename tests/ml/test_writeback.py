"""Scores come back as files: each lands once, wherever the job was stopped and however often it runs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from loaders.contract import load_contracts
from loaders.ledger import Load
from loaders.warehouse import open_warehouse
from ml.dataset import recent_rate
from ml.job import training_due
from ml.registry import Facts
from ml.score import SCHEMA, Scoring
from ml.writeback import MAPPING, scores_file, write_scorings
from tests.parity.twins import Engine, twins
from tests.redshift.standin.server import StandIn

DAY = date(2026, 1, 1)
FACTS = Facts(
    "propensity_other", "20260101-0", DAY, "linear", ["balance"], "0" * 16, {}, {}, "test", True, ""
)
ROWS = {"customer_scores": 3, "feature_drift": 1, "model_runs": 1}


def write(folder: Path, probability: str = "0.25") -> Path:
    """Write what a night of scoring leaves behind."""
    row = dict.fromkeys(SCHEMA.names, "x") | {
        "channel": "email",
        "model_name": FACTS.model_name,
        "model_version": FACTS.model_version,
        "as_of_date": DAY,
        "probability_raw": Decimal(probability),
        "probability": Decimal(probability),
        "score_decile": 1,
    }
    scores = scores_file(folder, DAY)
    scores.parent.mkdir(parents=True)
    rows = [row | {"customer_id": f"C{number}"} for number in range(ROWS["customer_scores"])]
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), scores)
    drift = pd.DataFrame(
        [{"feature": "balance", "psi": 0.01, "status": "steady", "rows_expected": 9, "rows_actual": 9}]
    )
    write_scorings(folder, [Scoring("other", FACTS, len(rows), drift, 0.1, 0.05)], DAY)
    return folder


class Stopped(BaseException):
    """The job ends here, as by a signal."""


def stop(patch: pytest.MonkeyPatch, engine: Engine, at: int, *, committed: bool) -> None:
    """Stop the job at a commit, right before it or right after."""
    kind: Any = type(open_warehouse(engine.settings))
    commit, seen = kind.commit, []

    def stopping(self: Any, load: Load) -> int | None:
        seen.append(load)
        if len(seen) < at:
            return commit(self, load)
        if committed:
            commit(self, load)
        raise Stopped

    patch.setattr(kind, "commit", stopping)


def landed(engine: Engine) -> dict[str, int]:
    """How many rows each table has, and how many loads there were."""
    counted = {
        name: engine.query(f"select count(*) as n from raw.ml__{name}")[0]["n"]  # noqa: S608
        for name in ROWS
    }
    return counted | {"loads": engine.query("select count(*) as n from ops.load_ledger")[0]["n"]}


@pytest.fixture(params=["duckdb", "redshift"])
def engine(request: pytest.FixtureRequest, tmp_path: Path, standin: StandIn, s3: Any) -> Iterator[Engine]:
    name = "".join(letter for letter in request.node.name.lower() if letter.isalnum())[-60:]
    with twins(tmp_path, standin, s3, f"w{name}") as both:
        yield getattr(both, request.param)


@pytest.mark.parametrize("committed", [False, True])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_job_that_was_stopped_is_repeated(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int, committed: bool
) -> None:
    with monkeypatch.context() as patch, pytest.raises(Stopped):
        stop(patch, engine, at, committed=committed)
        engine.load(write(tmp_path / "stopped"), MAPPING)
    done = at if committed else at - 1
    assert sum(count > 0 for name, count in landed(engine).items() if name in ROWS) == done
    for again in ("second", "third"):
        engine.load(write(tmp_path / again), MAPPING)
        assert landed(engine) == ROWS | {"loads": len(ROWS)}


def test_other_scores_of_the_same_day_come_beside_the_first(engine: Engine, tmp_path: Path) -> None:
    for folder, probability in (("first", "0.25"), ("other", "0.5"), ("again", "0.5")):
        engine.load(write(tmp_path / folder, probability), MAPPING)
    assert landed(engine)["customer_scores"] == 2 * ROWS["customer_scores"]
    [kept] = engine.query(
        "select min(probability) as p from raw.ml__customer_scores"
        " where _load_id = (select max(load_id) from ops.load_ledger where table_name = 'customer_scores')"
    )
    assert kept["p"] == Decimal("0.5")


CONTACTS = """
    create table core.fct_campaign_contacts as
    select 'O1' as offer_id, false as is_holdout, true as has_converted, date '2025-12-02' as planned_date
    union all select 'O1', false, false, date '2025-12-02'
    union all select 'O1', false, false, date '2025-11-02'
    union all select 'O1', false, true, date '2025-12-03' -- may still convert
    union all select 'O1', false, true, date '2025-11-01' -- over too long ago
    union all select 'O1', true, true, date '2025-12-02' -- held out
    union all select 'O2', false, true, date '2025-12-02' -- another use case
"""
OFFERED = """
    create table core.dim_offers as
    select 'O1' as offer_id, 'other' as use_case, 30 as conversion_window_days
    union all select 'O2', 'credit', 30
"""


def test_the_base_rate_is_of_contacts_whose_window_is_newly_over(engine: Engine, tmp_path: Path) -> None:
    with open_warehouse(engine.settings) as warehouse:
        warehouse.execute(["create schema if not exists core", CONTACTS, OFFERED])
        assert recent_rate(warehouse, "other", DAY, 30 + 1) == 1 / 3
        assert recent_rate(warehouse, "other", DAY, 30) == 1 / 2
        assert recent_rate(warehouse, "none", DAY, 30) is None
    engine.load(write(tmp_path / "rates"), MAPPING)
    [told] = engine.query("select base_rate_expected, base_rate_actual from raw.ml__feature_drift")
    assert told == {"base_rate_expected": Decimal("0.1"), "base_rate_actual": Decimal("0.05")}


def test_a_training_is_due_for_what_is_offered_until_its_figures_are_loaded(
    engine: Engine, tmp_path: Path
) -> None:
    with open_warehouse(engine.settings) as warehouse:
        warehouse.ensure_tables(load_contracts(engine.settings.project_dir))
        offered = "create table core.dim_offers as select 'O1' as offer_id, 'other' as use_case"
        warehouse.execute(["create schema if not exists core", offered])
    artifact: Any = None
    engine.registry.save(FACTS, artifact, "# Card\n")
    tomorrow = DAY + timedelta(days=1)
    assert training_due(engine.settings, tomorrow)
    run = {
        "model_name": FACTS.model_name,
        "model_version": FACTS.model_version,
        "use_case": "other",
        "as_of_date": DAY,
        "run_type": "training",
        "candidate": FACTS.candidate,
        "decision": "refused",
        "reason": "none",
        "feature_digest": FACTS.feature_digest,
    }
    (tmp_path / "told" / "training").mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist([run]), tmp_path / "told" / "training" / f"model_runs_{DAY}.parquet")
    engine.load(tmp_path / "told", MAPPING)
    assert not training_due(engine.settings, tomorrow)
    assert training_due(engine.settings, DAY)
    with open_warehouse(engine.settings) as warehouse:
        warehouse.execute(["insert into core.dim_offers values ('O2', 'credit')"])
    assert training_due(engine.settings, tomorrow)
    with open_warehouse(engine.settings) as warehouse:
        warehouse.execute(["drop table core.dim_offers"])
    assert training_due(engine.settings, tomorrow)
