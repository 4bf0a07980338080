"""Which features a use case may learn from, and what else is refused."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from loaders.settings import PROJECT_ROOT
from ml.errors import FeatureError
from ml.features import FeatureSet, load_feature_set

# Attributes that law protects in credit offers, and what stands for them.
PROTECTED = {
    *("gender", "marital_status", "age", "age_band", "employment_status"),
    *("life_stage", "target_group", "city", "state_code"),
}


@pytest.fixture(scope="module")
def credit() -> FeatureSet:
    return load_feature_set(PROJECT_ROOT, "credit")


def test_no_credit_feature_is_protected(credit: FeatureSet) -> None:
    assert not PROTECTED & set(credit.names)


def test_the_outcome_and_what_follows_it_are_no_features(credit: FeatureSet) -> None:
    for features in (credit, load_feature_set(PROJECT_ROOT, "other")):
        assert not {"has_converted", "has_reacted", "conversion_date", "duration"} & set(features.names)


def test_a_model_on_a_protected_attribute_is_refused(credit: FeatureSet) -> None:
    with pytest.raises(FeatureError, match="gender: not on the allow-list of credit"):
        credit.check_known([*credit.names, "gender"])


def test_a_missing_feature_is_named(credit: FeatureSet) -> None:
    rows = pd.DataFrame({name: [1.0] for name in credit.names if name != "balance"})
    with pytest.raises(FeatureError, match="balance"):
        credit.frame(rows)


def test_text_in_a_number_is_refused(credit: FeatureSet) -> None:
    rows = pd.DataFrame({name: [1.0] for name in credit.names}).assign(balance="much")
    with pytest.raises(FeatureError, match="balance is not a number"):
        credit.frame(rows)


def test_an_unknown_use_case_has_no_features() -> None:
    with pytest.raises(FeatureError, match="No feature is allowed for the use case horoscopes"):
        load_feature_set(PROJECT_ROOT, "horoscopes")


def test_the_digest_changes_with_order_and_names(credit: FeatureSet, tmp_path: Path) -> None:
    turned = FeatureSet(credit.use_case, credit.features[::-1])
    fewer = FeatureSet(credit.use_case, credit.features[1:])
    assert len({credit.digest, turned.digest, fewer.digest}) == 3
