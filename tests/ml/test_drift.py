"""The stability index on shares that were worked out by hand, and on real kinds of change."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ml.drift import DRIFTED, Distribution, Reference, sample
from ml.errors import FeatureError
from ml.features import Feature, FeatureSet

FEATURES = FeatureSet(
    "other", (Feature("balance", "numeric", "money"), Feature("job", "categorical", "work"))
)


def test_the_index_of_two_shares() -> None:
    expected = pd.Series(["a"] * 50 + ["b"] * 50)
    actual = pd.Series(["a"] * 25 + ["b"] * 75)
    # (0.25 - 0.5) ln 0.5 + (0.75 - 0.5) ln 1.5 = 0.2747
    assert Distribution.of(expected).stability_index(actual) == pytest.approx(0.27465, abs=1e-5)


def test_equal_values_do_not_drift() -> None:
    values = pd.Series([1.0, 2.0, np.nan, 4.0])
    assert Distribution.of(values).stability_index(values) == 0


def test_a_shift_is_told_by_its_name() -> None:
    rng = np.random.default_rng(1)
    then = pd.DataFrame({"balance": rng.normal(0, 1, 5000), "job": ["clerk"] * 5000})
    now = pd.DataFrame({"balance": rng.normal(2, 1, 5000), "job": ["clerk"] * 5000})
    table = Reference.of(FEATURES, then).drift(FEATURES, now).set_index("feature")
    assert table.loc["balance", "status"] == "drifted"
    assert table.loc["job", "status"] == "steady"


def test_what_depends_on_an_offer_is_no_change_of_the_customers() -> None:
    then = pd.DataFrame({"balance": np.linspace(0, 1, 100)})
    reference = Reference.of(FEATURES, then)
    offered = then.assign(job=["clerk"] * 100)
    assert reference.drift(FEATURES, offered)["feature"].tolist() == ["balance"]
    with pytest.raises(FeatureError, match="balance"):
        reference.drift(FEATURES, offered.drop(columns="balance"))


def test_a_sample_is_spread_over_all_customers(tmp_path: Path) -> None:
    path = tmp_path / "customers.parquet"
    pd.DataFrame({"number": range(130_000)}).to_parquet(path, row_group_size=7_001)
    assert sample(path)["number"].tolist() == list(range(0, 130_000, 3))
    assert len(sample(path, rows=200_000)) == 130_000


def test_missing_values_are_a_bin_of_their_own() -> None:
    values = pd.Series(np.linspace(0, 1, 100))
    half = values.where(values > 0.5)
    assert Distribution.of(values).stability_index(half) > 1


@pytest.mark.parametrize("now", [3.0, 7.0, np.nan])
def test_a_constant_drifts_when_it_becomes_another(now: float) -> None:
    assert Distribution.of(pd.Series([5.0] * 100)).stability_index(pd.Series([5.0] * 100)) == 0
    assert Distribution.of(pd.Series([5.0] * 100)).stability_index(pd.Series([now] * 100)) > DRIFTED


def test_what_was_never_known_drifts_when_it_is() -> None:
    assert Distribution.of(pd.Series([np.nan] * 100)).stability_index(pd.Series([1.0] * 100)) > DRIFTED


def test_the_zeros_of_most_drift_when_they_fall_below() -> None:
    most = pd.Series([0.0] * 70 + list(np.linspace(1, 9, 30)))
    assert Distribution.of(most).stability_index(most.replace(0.0, -1.0)) > DRIFTED
