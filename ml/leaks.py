"""Leaks: features that know the outcome too well to have been known before it."""

from __future__ import annotations

import pandas as pd
from sklearn.metrics import roc_auc_score

from ml.features import Feature, FeatureSet

# No customer's past ranks who takes an offer as well as this; the seconds of the call that sold it do.
MOST_ALONE = 0.80
# Rates of values that few rows have follow the outcomes of just these rows.
LEAST_ROWS = 50


def suspects(features: FeatureSet, rows: pd.DataFrame, outcome: str) -> dict[str, float]:
    """Name the features that by themselves rank the outcomes better than a cause would.

    Args:
        features: The features; offer and channel are the bank's own choice, and not asked about.
        rows: Rows with them and the outcome.
        outcome: Column with 0 or 1, both of them there.

    Returns:
        The area under the ROC curve of each such feature.
    """
    frame, happened = features.frame(rows), rows[outcome].astype(float)
    asked = [feature for feature in features.features if feature.name in features.customer_names]
    alone = {feature.name: _alone(feature, frame[feature.name], happened) for feature in asked}
    return {name: area for name, area in alone.items() if area > MOST_ALONE}


def _alone(feature: Feature, values: pd.Series, happened: pd.Series) -> float:
    if feature.kind == "categorical":
        groups = happened.groupby(values)
        values = groups.transform("mean").where(groups.transform("size") >= LEAST_ROWS, happened.mean())
    # What is missing stands apart, below all that is known.
    area = float(roc_auc_score(happened, values.fillna(values.min() - 1).fillna(0)))
    return max(area, 1 - area)
