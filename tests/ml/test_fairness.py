"""Nothing that stands in for a protected attribute is learned for credit, and parity is counted rightly."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from loaders.settings import PROJECT_ROOT
from ml.errors import FeatureError
from ml.fairness import check_stand_ins, parity_table, stand_ins
from ml.features import FEATURE_FOLDER, Feature, FeatureSet, load_feature_set

ROWS = 4_000


def people() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    age = rng.integers(18, 90, ROWS)
    return pd.DataFrame(
        {
            "age": age,
            "gender": rng.choice(["male", "female"], ROWS),
            "marital_status": rng.choice(["single", "married"], ROWS),
            "balance": rng.lognormal(8, 1, ROWS),
            # A little of age is in income, as in life.
            "income": 20_000 + 300 * age + rng.normal(0, 20_000, ROWS),
            "year_one": 2025 - age + rng.integers(-3, 4, ROWS),
            "draws_pension": np.where(age > 64, rng.random(ROWS) < 0.9, False),
            "pension": np.where(age > 64, rng.choice(["paid", "none"], ROWS, p=[0.9, 0.1]), "none"),
        }
    )


def features(use_case: str, *names: str) -> FeatureSet:
    kinds = {"pension": "categorical", "title": "categorical"}
    return FeatureSet(use_case, tuple(Feature(n, kinds.get(n, "numeric"), "any") for n in names))


def test_what_tells_little_may_be_learned_from() -> None:
    check_stand_ins(features("credit", "balance", "income"), people())


@pytest.mark.parametrize(
    ("name", "attribute"),
    [("year_one", "age"), ("draws_pension", "age"), ("pension", "age"), ("title", "gender")],
)
def test_a_stand_in_is_refused_for_credit_whatever_its_name(name: str, attribute: str) -> None:
    rows = people()
    rows["title"] = rows["gender"].map({"male": "Mr", "female": "Ms"})
    with pytest.raises(FeatureError, match=rf"{name} for {attribute} \("):
        check_stand_ins(features("credit", "balance", name), rows)
    check_stand_ins(features("other", "balance", name), rows)


def test_association_is_nothing_or_all() -> None:
    rows = people().assign(title=lambda frame: frame["gender"])
    found = stand_ins(features("credit", "title", "balance"), rows).set_index(["feature", "attribute"])
    assert found.loc[("title", "gender"), "association"] == pytest.approx(1.0)
    assert found["association"].drop(("title", "gender")).max() < 0.1


@pytest.mark.parametrize("name", ["gender", "marital_status", "age", "age_band", "employment_status"])
def test_a_protected_column_that_is_allowed_turns_the_list_red(name: str, tmp_path: Path) -> None:
    shutil.copytree(PROJECT_ROOT / FEATURE_FOLDER, tmp_path / FEATURE_FOLDER)
    path = tmp_path / FEATURE_FOLDER / "customer_features.yml"
    document = yaml.safe_load(path.read_text("utf-8"))
    column = next(c for c in document["models"][0]["columns"] if c["name"] == name)
    column.setdefault("config", {})["meta"] = {"feature": {"use_cases": ["credit"], "reason": "any"}}
    assert name not in load_feature_set(PROJECT_ROOT, "credit").names
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    with pytest.raises(FeatureError, match=name):
        load_feature_set(tmp_path, "credit")


def test_parity_counts_the_chosen_of_each_group_and_hides_small_ones() -> None:
    groups = pd.Series(["a"] * 200 + ["b"] * 200 + ["c"] * 99)
    probability = np.concatenate([np.linspace(1, 0.5, 200), np.linspace(0.9, 0.1, 200), np.zeros(99)])
    outcome = np.concatenate([np.tile([1.0, 0.0], 100), np.repeat([1.0, 0.0], 100), np.ones(99)])
    chosen = probability >= np.sort(probability)[-250]
    table = parity_table(groups, probability, outcome, chosen).set_index("group")
    assert table["rows"].to_dict() == {"a": 200, "b": 200, "c": 99}
    assert table.loc["c", ["rate", "mean_probability", "chosen", "found", "ratio"]].isna().all()
    assert table.loc[["a", "b"], "chosen"].sum() * 200 == pytest.approx(250)
    assert table.loc["a", "ratio"] == 1.0
    assert table.loc["b", "ratio"] == pytest.approx(table.loc["b", "chosen"] / table.loc["a", "chosen"])
    assert list(table["is_below"]) == [False, True, False]
    assert table.loc["b", "found"] > table.loc["b", "chosen"]
