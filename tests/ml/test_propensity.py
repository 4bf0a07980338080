"""The model against known truth: it ranks nearly as the truth does, is calibrated, and gives true reasons."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

from loaders.settings import Settings
from ml.drift import Reference
from ml.errors import FeatureError, ModelError
from ml.evaluate import calibration_error
from ml.propensity import Calibrator, Propensity, fit, fit_baseline
from ml.reasons import Reasons
from ml.registry import Artifact, Facts, Registry
from ml.split import TimeSplit
from ml.train import Slices, _judge
from tests.ml.bank import FEATURES, contacts

TRAIN, CALIBRATION, TEST = slice(0, 20_000), slice(20_000, 30_000), slice(30_000, 40_000)


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return contacts(40_000)


@pytest.fixture(scope="module")
def model(rows: pd.DataFrame) -> Propensity:
    with threadpool_limits(1):
        return fit(
            FEATURES, rows[TRAIN], rows[CALIBRATION], outcome="has_converted", day="planned_date", gap_days=30
        )


def test_it_reaches_nine_tenths_of_what_the_truth_reaches(model: Propensity, rows: pd.DataFrame) -> None:
    test = rows[TEST]
    reached = roc_auc_score(test["has_converted"], model.raw(test)) - 0.5
    possible = roc_auc_score(test["has_converted"], test["true_probability"]) - 0.5
    assert reached >= 0.9 * possible


def test_it_is_calibrated_over_all_and_in_each_channel(model: Propensity, rows: pd.DataFrame) -> None:
    test = rows[TEST]
    probability, outcome = model.probability(test), test["has_converted"].to_numpy(float)
    assert calibration_error(outcome, probability) <= 0.02
    for channel in ("email", "app", "phone"):
        chosen = (test["channel"] == channel).to_numpy()
        assert calibration_error(outcome[chosen], probability[chosen]) <= 0.04


def test_it_beats_the_baseline(model: Propensity, rows: pd.DataFrame) -> None:
    baseline = fit_baseline(FEATURES, rows[TRAIN], rows[CALIBRATION], outcome="has_converted")
    test = rows[TEST]
    assert roc_auc_score(test["has_converted"], model.raw(test)) > roc_auc_score(
        test["has_converted"], baseline.raw(test)
    )


def test_fitting_twice_gives_the_same_scores(model: Propensity, rows: pd.DataFrame) -> None:
    with threadpool_limits(1):
        again = fit(
            FEATURES, rows[TRAIN], rows[CALIBRATION], outcome="has_converted", day="planned_date", gap_days=30
        )
    assert np.array_equal(again.raw(rows[TEST]), model.raw(rows[TEST]))


def test_the_first_reason_is_what_was_raised(model: Propensity, rows: pd.DataFrame) -> None:
    usual = (
        rows[TRAIN]
        .iloc[:1]
        .assign(balance=rows["balance"].median(), sessions=6.0, channel="email", recency_days=30.0)
    )
    reasons = Reasons.fit(FEATURES, rows[TRAIN])
    rich, digital = usual.assign(balance=200_000.0), usual.assign(sessions=25.0)
    assert reasons.top(model, rich, model.raw(rich))[0] == ["money in the accounts"]
    assert reasons.top(model, digital, model.raw(digital))[0] == ["use of app and web"]


def test_few_conversions_are_calibrated_by_a_sigmoid() -> None:
    score = np.linspace(0.01, 0.99, 200)
    few = Calibrator.fit(score, (np.arange(200) > 150).astype(float))
    many = Calibrator.fit(np.tile(score, 50), np.tile((np.arange(200) > 150).astype(float), 50))
    assert (few.method, many.method) == ("platt", "isotonic")
    assert np.all(np.diff(few.apply(score)) >= 0)


def test_one_outcome_alone_is_too_little_to_learn_from(rows: pd.DataFrame) -> None:
    none = rows[TRAIN].assign(has_converted=0)
    with pytest.raises(ModelError, match="0 conversions are too few"):
        fit(FEATURES, none, rows[CALIBRATION], outcome="has_converted", day="planned_date", gap_days=30)


def _save(registry: Registry, model: Propensity, rows: pd.DataFrame, version: str) -> Facts:
    facts = Facts(
        model_name="propensity_other",
        model_version=version,
        as_of=rows["planned_date"].iloc[0].date(),
        candidate=model.kind,
        features=FEATURES.names,
        feature_digest=FEATURES.digest,
        windows={},
        metrics={},
        code_revision="unknown",
    )
    artifact = Artifact(model, Reasons.fit(FEATURES, rows[TRAIN]), Reference.of(FEATURES, rows[TRAIN]), 0.1)
    registry.save(facts, artifact, "# Card\n")
    return facts


def test_the_registry_gives_back_what_it_took(model: Propensity, rows: pd.DataFrame, tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    assert registry.champion("propensity_other") is None
    _save(registry, model, rows, "20250101-aa")
    assert registry.champion("propensity_other") is None
    registry.promote("propensity_other", "20250101-aa")
    champion = registry.champion("propensity_other")
    assert champion is not None
    assert champion.features == FEATURES.names
    loaded = registry.load(champion).model
    assert np.array_equal(loaded.raw(rows[TEST]), model.raw(rows[TEST]))


def test_a_changed_file_of_the_registry_is_never_opened(
    model: Propensity, rows: pd.DataFrame, tmp_path: Path
) -> None:
    registry = Registry(tmp_path)
    _save(registry, model, rows, "20250101-aa")
    registry.promote("propensity_other", "20250101-aa")
    champion = registry.champion("propensity_other")
    assert champion is not None
    with (tmp_path / "propensity_other" / "20250101-aa" / "pipeline.joblib").open("ab") as file:
        file.write(b"x")
    with pytest.raises(ModelError, match="is not the file that was saved"):
        registry.load(champion)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"model_version": "20240101-bb"}', "\xff"])
@pytest.mark.parametrize("name", ["champion.json", "20250101-aa/model.json"])
def test_a_damaged_registry_is_told_and_a_training_mends_it(
    model: Propensity, rows: pd.DataFrame, scratch_settings: Settings, name: str, content: str
) -> None:
    registry = Registry(scratch_settings.models)
    facts = _save(registry, model, rows, "20250101-aa")
    registry.promote(facts.model_name, facts.model_version)
    damaged = registry.folder / facts.model_name / name
    damaged.write_bytes(content.encode("latin-1"))
    if (name, content) != ("champion.json", "{}"):
        with pytest.raises(ModelError, match="train --force"):
            registry.champion(facts.model_name)
    assert registry.last_trained(facts.model_name) == (facts.as_of if name == "champion.json" else None)
    trained = _train(scratch_settings, model, rows)
    assert registry.champion(facts.model_name) == registry.version(facts.model_name, trained)


def test_a_champion_of_other_code_is_told_and_gives_way(
    model: Propensity, rows: pd.DataFrame, scratch_settings: Settings
) -> None:
    registry = Registry(scratch_settings.models)
    facts = _save(registry, model, rows, "20250101-aa")
    registry.promote(facts.model_name, facts.model_version)
    place = registry.folder / facts.model_name / facts.model_version
    (place / "pipeline.joblib").write_bytes(b"cml\nGone\n.")
    digest = hashlib.sha256((place / "pipeline.joblib").read_bytes()).hexdigest()
    known = json.loads((place / "model.json").read_text("utf-8")) | {"sha256": digest}
    (place / "model.json").write_text(json.dumps(known), "utf-8")
    champion = registry.champion(facts.model_name)
    assert champion is not None
    with pytest.raises(ModelError, match="of other code than this"):
        registry.load(champion)
    trained = _train(scratch_settings, model, rows)
    assert registry.champion(facts.model_name) == registry.version(facts.model_name, trained)


def test_a_champion_that_is_trained_again_has_the_one_before_to_beat(
    model: Propensity, rows: pd.DataFrame, tmp_path: Path
) -> None:
    registry = Registry(tmp_path)
    first, second = (_save(registry, model, rows, version) for version in ("20250101-aa", "20250201-aa"))
    name = first.model_name
    registry.promote(name, first.model_version)
    assert registry.rival(name, first.model_version) is None
    registry.promote(name, second.model_version, before=first.model_version)
    for version in (second.model_version, "20250301-aa"):
        rival = registry.rival(name, version)
        assert rival is not None
        assert (rival.model_version == first.model_version) == (version == second.model_version)
    registry.withdraw(name, second.model_version)
    champion = registry.champion(name)
    assert champion is not None
    assert champion.model_version == first.model_version
    registry.withdraw(name, first.model_version)
    assert registry.champion(name) is None


def _train(settings: Settings, model: Propensity, rows: pd.DataFrame) -> str:
    """Judge a candidate as a training does, and give its version, which is promoted."""
    days = (date(2025, 1, 1), date(2025, 10, 1))
    slices = Slices(TimeSplit(days, days, days), rows[TRAIN], rows[CALIBRATION], rows[TEST])
    training = _judge(settings, date(2025, 12, 1), slices, model, rows[TRAIN])
    assert training.decision.promoted, training.decision.text
    return training.facts.model_version


def test_scoring_without_a_feature_is_refused(model: Propensity, rows: pd.DataFrame) -> None:
    with pytest.raises(FeatureError, match="sessions"):
        model.raw(rows.drop(columns="sessions"))
