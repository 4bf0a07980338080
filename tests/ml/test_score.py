"""Scoring a batch at a time gives what scoring all at once gives."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from ml import score
from ml.dataset import VIEWS
from ml.drift import Reference
from ml.features import Feature, FeatureSet
from ml.propensity import Propensity, fit
from ml.reasons import Reasons
from ml.registry import Artifact, Facts
from tests.ml.bank import FEATURES, contacts

OFFERED = FeatureSet("other", (*FEATURES.features, *(Feature(name, "numeric", "views") for name in VIEWS)))
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
    facts = Facts("propensity_other", "1", date(2025, 1, 1), "logistic", OFFERED.names, "", {}, {}, "")
    done = score._Work(facts, artifact, OFFERS, date(2025, 1, 2)).run("other", files, out)
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
