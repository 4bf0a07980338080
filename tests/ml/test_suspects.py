"""A feature that tells what came after the contact is named: in the bank's own contacts, and in real ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.published import LEAK, feature_set
from ml.features import Feature, FeatureSet
from ml.leaks import LEAST_ROWS, suspects
from tests.ml.bank import FEATURES, contacts

TOLD = FeatureSet("other", (*FEATURES.features, Feature("told", "numeric", "the outcome")))


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return contacts(20_000)


def test_what_was_known_before_is_no_suspect(rows: pd.DataFrame) -> None:
    assert suspects(FEATURES, rows, "has_converted") == {}


@pytest.mark.parametrize("sign", [1, -1])
def test_what_tells_the_outcome_is_named_whichever_way_it_points(rows: pd.DataFrame, sign: int) -> None:
    noise = np.random.default_rng(1).normal(0, 0.5, len(rows))
    told = rows.assign(told=sign * rows["has_converted"] + noise)
    assert list(suspects(TOLD, told, "has_converted")) == ["told"]


def test_a_value_that_is_there_only_after_a_conversion_is_named(rows: pd.DataFrame) -> None:
    told = rows.assign(told=np.where(rows["has_converted"] == 1, 5.0, np.nan))
    assert suspects(TOLD, told, "has_converted") == {"told": 1.0}


def test_text_is_asked_by_its_rates_and_rare_values_are_not(rows: pd.DataFrame) -> None:
    text = FeatureSet("other", (Feature("told", "categorical", "the outcome"),))
    words = np.where(rows["has_converted"] == 1, "sold", "not")
    assert list(suspects(text, rows.assign(told=words), "has_converted")) == ["told"]
    rare = (np.arange(len(rows)) // (LEAST_ROWS - 1)).astype(str)
    assert suspects(text, rows.assign(told=rare), "has_converted") == {}


def test_the_length_of_the_call_is_caught_in_real_contacts(shared_data: Path) -> None:
    calls = pd.read_csv(shared_data / "bank_marketing" / "bank-additional.csv.gz", sep=";")
    calls["has_converted"] = (calls.pop("y") == "yes").astype(int)
    features = feature_set(calls.drop(columns="has_converted"))
    assert list(suspects(features, calls, "has_converted")) == [LEAK]
    assert suspects(feature_set(calls.drop(columns=["has_converted", LEAK])), calls, "has_converted") == {}
