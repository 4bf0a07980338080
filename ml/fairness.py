"""Fairness: what tells of protected attributes, and how often a model chooses customers of each group."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from ml.errors import FeatureError
from ml.features import FEATURE_FOLDER, GUARDED, FeatureSet

# The four-fifths rule (29 CFR 1607.4 D): a group chosen less often, against the most chosen, needs a reason.
LEAST_RATIO = 0.8
# Below this nothing but the number of rows is told: chance decides, and a rate may be one person's outcome.
LEAST_ROWS = 100
# Cramer's V from which a single feature tells so much of an attribute that it stands in for it.
STANDS_IN = 0.4
AGE_EDGES = [0, 25, 35, 45, 55, 65, 200]
AGE_NAMES = ["under 25", "25 to 34", "35 to 44", "45 to 54", "55 to 64", "65 and over"]


def protected_groups(rows: pd.DataFrame) -> dict[str, pd.Series]:
    """Give the groups of the protected attributes, age in bands."""
    age = pd.cut(rows["age"].astype(float), AGE_EDGES, right=False, labels=AGE_NAMES)
    groups = {"gender": rows["gender"], "marital_status": rows["marital_status"], "age": age}
    return {name: _as_text(values) for name, values in groups.items()}


def stand_ins(features: FeatureSet, rows: pd.DataFrame) -> pd.DataFrame:
    """Measure how much each feature alone tells of each protected attribute.

    Args:
        features: Features; those that the rows lack are left out.
        rows: Rows with the features and the protected attributes.

    Returns:
        feature, attribute and association (Cramer's V, of numbers by their tenths: 0 for nothing, 1 for all),
        the highest first.
    """
    groups, numbers = protected_groups(rows), features.of_kind("numeric")
    told = []
    for name in (name for name in features.customer_names if name in rows.columns):
        values = rows[name]
        if name in numbers:
            # By rank, so that a value that many share has a group of its own: quantiles join 0 and 1.
            values = np.ceil(values.astype(float).rank(pct=True) * 10)
        told += [
            (name, attribute, _cramers_v(_as_text(values), group)) for attribute, group in groups.items()
        ]
    table = pd.DataFrame(told, columns=["feature", "attribute", "association"])
    return table.sort_values("association", ascending=False, kind="stable", ignore_index=True)


def check_stand_ins(features: FeatureSet, rows: pd.DataFrame) -> None:
    """Refuse to learn credit offers from what stands in for a protected attribute, whatever its name.

    Args:
        features: Features of a use case.
        rows: Rows with the features and the protected attributes.

    Raises:
        FeatureError: A feature of a guarded use case tells too much.
    """
    if features.use_case not in GUARDED:
        return
    table = stand_ins(features, rows)
    found = table[table["association"] >= STANDS_IN]
    if len(found):
        told = [f"{row.feature} for {row.attribute} ({row.association:.2f})" for row in found.itertuples()]
        raise FeatureError(
            f"{features.use_case}: features stand in for protected attributes: {', '.join(told)}.",
            hint=f"Take {features.use_case} out of their use cases in {FEATURE_FOLDER.as_posix()}.",
        )


def parity_table(
    groups: pd.Series,
    probability: npt.NDArray[np.float64],
    outcome: npt.NDArray[np.float64],
    chosen: npt.NDArray[np.bool_],
) -> pd.DataFrame:
    """Count who would be chosen, by group.

    Args:
        groups: Group of each row, such as gender; missing is `unknown`.
        probability: Shape (n,).
        outcome: 0 or 1, shape (n,).
        chosen: Whether each row is chosen, shape (n,).

    Returns:
        For each group: group, rows, rate (of outcomes), mean_probability, chosen (share of the group), found
        (share of its outcomes that are chosen), ratio (of chosen to that of the most chosen group), is_below
        (under four fifths). Of groups under 100 rows only group and rows.
    """
    table = (
        pd.DataFrame(
            {
                "group": _as_text(groups).to_numpy(),
                "p": probability,
                "y": outcome,
                "chosen": chosen,
                "found": np.where(outcome > 0, chosen, np.nan),
            }
        )
        .groupby("group")
        .agg(
            rows=("y", "size"),
            rate=("y", "mean"),
            mean_probability=("p", "mean"),
            chosen=("chosen", "mean"),
            found=("found", "mean"),
        )
        .reset_index()
    )
    table.loc[table["rows"] < LEAST_ROWS, ["rate", "mean_probability", "chosen", "found"]] = np.nan
    most = table["chosen"].max()
    table["ratio"] = table["chosen"] / most if most > 0 else np.nan
    table["is_below"] = table["ratio"] < LEAST_RATIO
    return table


def _as_text(values: pd.Series) -> pd.Series:
    return values.astype("object").where(values.notna(), "unknown").astype(str)


def _cramers_v(values: pd.Series, groups: pd.Series) -> float:
    """Give the root of chi squared over rows and degrees of freedom: 0 where the two don't hang together."""
    counts = pd.crosstab(values, groups).to_numpy(dtype=float)
    rows, freedom = counts.sum(), min(counts.shape) - 1
    if freedom < 1:
        return 0.0
    expected = counts.sum(axis=1, keepdims=True) @ counts.sum(axis=0, keepdims=True) / rows
    return float(np.sqrt(((counts - expected) ** 2 / expected).sum() / rows / freedom))
