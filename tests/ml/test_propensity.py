"""The model against known truth: it ranks nearly as the truth does, is calibrated, and gives true reasons."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

from ml.errors import FeatureError, ModelError
from ml.evaluate import calibration_error
from ml.propensity import Calibrator, Propensity, fit, fit_baseline
from ml.reasons import Reasons
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


def test_scoring_without_a_feature_is_refused(model: Propensity, rows: pd.DataFrame) -> None:
    with pytest.raises(FeatureError, match="sessions"):
        model.raw(rows.drop(columns="sessions"))
