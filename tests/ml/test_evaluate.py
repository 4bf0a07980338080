"""Metrics on examples that were worked out by hand, and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from ml.errors import ModelError
from ml.evaluate import (
    auc_interval,
    calibration_bins,
    calibration_error,
    deciles,
    evaluate,
    lift_deciles,
    money_at_best_cut,
)


def test_calibration_error_of_two_bins() -> None:
    outcome = np.array([0, 0, 0, 1, 1, 1, 0, 1], dtype=float)
    probability = np.array([0.2] * 4 + [0.8] * 4)
    # Rates are 0.25 and 0.75: both bins are 0.05 off.
    assert calibration_error(outcome, probability) == pytest.approx(0.05)
    assert calibration_bins(outcome, probability)["rows"].tolist() == [4, 4]


def test_lift_of_a_perfect_ranking() -> None:
    outcome = np.array([1.0] * 10 + [0.0] * 90)
    table = lift_deciles(outcome, np.linspace(1, 0, 100))
    assert table["responders"].tolist() == [10] + [0] * 9
    assert table.loc[0, "lift"] == pytest.approx(10)
    assert table["cumulative_capture"].tolist() == [1.0] * 10
    assert table.loc[9, "cumulative_lift"] == pytest.approx(1)


def test_money_stops_where_contacts_no_longer_pay() -> None:
    outcome = np.array([1.0, 0.0, 1.0, 0.0, 0.0])
    probability = np.array([0.9, 0.8, 0.7, 0.2, 0.1])
    value, cost = np.full(5, 10.0), np.full(5, 2.0)
    # 8, 6, 14, 12, 10: the third contact is the last that pays.
    assert money_at_best_cut(outcome, probability, value, cost) == (14.0, 0.6)
    assert money_at_best_cut(np.zeros(5), probability, value, cost) == (0.0, 0.0)


def test_a_slice_with_one_outcome_is_refused() -> None:
    ones = np.ones(4)
    with pytest.raises(ModelError, match="4 rows with 4 conversions"):
        evaluate(ones, ones / 2, ones, ones)


def test_the_interval_of_the_auc_holds_what_it_should() -> None:
    inside = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        outcome = (rng.random(400) < 0.2).astype(float)
        # For normal scores one standard deviation apart the area is Phi(1 / sqrt(2)) = 0.7602.
        low, high = auc_interval(outcome, rng.normal(outcome))
        inside += low <= 0.7602 <= high
    assert 0.90 <= inside / 200 <= 0.99


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=20, max_size=200))
def test_deciles_are_of_equal_size_and_follow_the_ranking(rows: list[tuple[bool, float]]) -> None:
    score = np.array([score for _, score in rows])
    number = deciles(score)
    sizes = pd.Series(number).value_counts()
    assert sizes.max() - sizes.min() <= 1
    best = pd.Series(score).groupby(number).min()
    worst = pd.Series(score).groupby(number).max()
    assert all(best[n] >= worst[n + 1] for n in range(1, 10))


def test_auc_agrees_with_scikit_learn_on_ties() -> None:
    rng = np.random.default_rng(3)
    outcome = (rng.random(500) < 0.3).astype(float)
    score = rng.integers(0, 5, 500) / 5 + outcome * 0.1
    low, high = auc_interval(outcome, score)
    assert (low + high) / 2 == pytest.approx(roc_auc_score(outcome, score))
