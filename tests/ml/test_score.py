"""Scoring a batch at a time gives what scoring all at once gives."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from ml import score
from ml.dataset import VIEWS
from ml.drift import Reference
from ml.features import Feature, FeatureSet
from ml.propensity import Propensity, fit
from ml.reasons import Reasons
from ml.registry import Artifact, Facts, Registry
from tests.conftest import scratch
from tests.ml.bank import FEATURES, contacts

OFFERED = FeatureSet("other", (*FEATURES.features, *(Feature(name, "numeric", "views") for name in VIEWS)))
FACTS = Facts("propensity_other", "1", date(2025, 1, 1), "logistic", OFFERED.names, "", {}, {}, "", True, "")
OFFERS = [{"offer_id": "SAV", "product_code": "SAV"}, {"offer_id": "CARD", "product_code": "CARD"}]


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    drawn = contacts(6_000)
    views = (drawn["sessions"] // 3, drawn["sessions"] // 6)
    return drawn.assign(**dict(zip(VIEWS, views, strict=True)))


@pytest.fixture(scope="module")
def artifact(rows: pd.DataFrame) -> Artifact:
    train, calibration = rows[:4_000], rows[4_000:]
    model: Propensity = fit(
        OFFERED, train, calibration, outcome="has_converted", day="planned_date", gap_days=30
    )
    population = Reference.of(OFFERED, rows.drop(columns=list(VIEWS)))
    return Artifact(model, Reasons.fit(OFFERED, train), population, 0.1)


@pytest.fixture
def files(rows: pd.DataFrame, tmp_path: Path) -> tuple[Path, Path]:
    """Features of customers, and what half of them viewed."""
    customers = rows.assign(customer_id=[f"{number:06d}" for number in range(len(rows))])
    customers["preferred_channel"] = customers["channel"]
    views = customers[::2].assign(product_code="SAV")[["customer_id", "product_code", *VIEWS]]
    paths = tmp_path / "customers.parquet", tmp_path / "views.parquet"
    customers.drop(columns=[*VIEWS, "offer_id", "channel"]).to_parquet(paths[0], index=False)
    views.to_parquet(paths[1], index=False, row_group_size=500)
    return paths


def scored(artifact: Artifact, files: tuple[Path, Path], out: Path) -> pd.DataFrame:
    done = score._Work(FACTS, artifact, OFFERS, date(2025, 1, 2), 0.05).run("other", files, out)
    found = pq.read_table(out).to_pandas()
    assert done.rows == len(found)
    assert "drifted" not in set(done.drift["status"])
    return found.sort_values(["offer_id", "customer_id"], ignore_index=True)


def test_batches_give_what_all_at_once_gives(
    artifact: Artifact, files: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = scored(artifact, files, tmp_path / "whole.parquet")
    monkeypatch.setattr(score, "BATCH_ROWS", 700)
    pd.testing.assert_frame_equal(scored(artifact, files, tmp_path / "batches.parquet"), whole)
    assert len(whole) == 12_000


def test_views_count_for_their_own_product_and_customer(
    artifact: Artifact, files: tuple[Path, Path], tmp_path: Path
) -> None:
    before = scored(artifact, files, tmp_path / "before.parquet")
    views = pd.read_parquet(files[1])
    views.assign(**dict.fromkeys(VIEWS, 0.0)).to_parquet(files[1], index=False)
    after = scored(artifact, files, tmp_path / "after.parquet")
    changed = before[before["feature_hash"] != after["feature_hash"]]
    assert set(changed["offer_id"]) == {"SAV"}
    viewed = set(views.loc[views[list(VIEWS)].sum(axis=1) > 0, "customer_id"])
    assert set(changed["customer_id"]) == viewed


def test_a_day_is_scored_by_the_champion_of_that_day(
    artifact: Artifact, files: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = scratch(tmp_path)
    no_warehouse: Any = None
    registry = Registry(settings.models)
    for month in (1, 3):
        registry.save(replace(FACTS, model_version=str(month), as_of=date(2025, month, 1)), artifact, "")
    answers = {"use_cases": ["other"], "read_customers": files, "read_offers": OFFERS, "recent_rate": 0.05}
    for name, found in answers.items():
        monkeypatch.setattr(f"ml.dataset.{name}", lambda *_, found=found: found)
    monkeypatch.setattr("ml.score.load_feature_set", lambda *_: OFFERED)
    for day, version in ((date(2025, 2, 1), "1"), (date(2025, 4, 1), "3")):
        out = tmp_path / f"{day}.parquet"
        [done] = score.score(settings, no_warehouse, day, out)
        assert done.facts.model_version == version
        assert set(pq.read_table(out)["model_version"].to_pylist()) == {version}
    before = tmp_path / "before.parquet"
    assert score.score(settings, no_warehouse, date(2024, 12, 31), before) == []
    assert not before.exists()


def test_the_same_features_have_the_same_hash_whatever_their_type_or_sign_of_zero(artifact: Artifact) -> None:
    rows = contacts(3).assign(customer_id="C1", **dict.fromkeys(VIEWS, 1))
    work = score._Work(FACTS, artifact, OFFERS, date(2025, 1, 2), 0.05)
    alike = [
        rows.assign(balance=balance, sessions=sessions)
        for balance, sessions in ((0.0, 5), (-0.0, 5.0), (-1e-9, Decimal("5.00")), (1e-9, 5.0))
    ]
    hashes = [work._columns(each)["feature_hash"] for each in alike]
    assert hashes[1:] == hashes[:-1]
    assert work._columns(rows.assign(balance=0.01, sessions=5))["feature_hash"] != hashes[0]
