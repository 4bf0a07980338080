"""Drift: how far features and scores are from those that a model was fitted on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

STEADY = 0.1
DRIFTED = 0.25
BINS = 10
# A share of nothing would make the index infinite.
LEAST_SHARE = 1e-4


def population_stability_index(expected: pd.Series, actual: pd.Series, bins: int = BINS) -> float:
    """Measure how far two distributions are apart: sum of (a - e) ln(a / e) over bins.

    Numbers are cut at the quantiles of the expected values, text is counted by value; what is missing is a
    bin of its own. Below 0.1 is steady, above 0.25 asks for action (Siddiqi 2006, a rule of thumb).

    Args:
        expected: Values at fitting.
        actual: Values now.
        bins: Of numbers, at most.

    Returns:
        The index, 0 for equal shares.
    """
    first, second = _binned(expected, actual, bins)
    bin_names = first.index.union(second.index)
    e = first.reindex(bin_names, fill_value=0.0).clip(lower=LEAST_SHARE)
    a = second.reindex(bin_names, fill_value=0.0).clip(lower=LEAST_SHARE)
    return float(((a - e) * np.log(a / e)).sum())


def _binned(expected: pd.Series, actual: pd.Series, bins: int) -> tuple[pd.Series, pd.Series]:
    if pd.api.types.is_numeric_dtype(expected):
        known = expected.dropna().to_numpy(dtype=float)
        edges = np.unique(np.quantile(known, np.linspace(0, 1, bins + 1)[1:-1])) if len(known) else []
        return tuple(_shares(_number(values, edges)) for values in (expected, actual))  # type: ignore[return-value]
    return _shares(expected.fillna("unknown").astype(str)), _shares(actual.fillna("unknown").astype(str))


def _number(values: pd.Series, edges: Sequence[float] | np.ndarray) -> pd.Series:  # type: ignore[type-arg]
    numbers = values.to_numpy(dtype=float)
    cut = np.searchsorted(np.asarray(edges, dtype=float), numbers, side="left")
    return pd.Series(np.where(np.isnan(numbers), -1, cut))


def _shares(values: pd.Series) -> pd.Series:
    return values.value_counts(normalize=True)


def drift_table(expected: pd.DataFrame, actual: pd.DataFrame) -> pd.DataFrame:
    """Measure the drift of each column.

    Args:
        expected: Features at fitting.
        actual: The same features now.

    Returns:
        For each column: feature, psi, status (steady, look, drifted), rows_expected, rows_actual.
    """
    rows = []
    for name in expected.columns:
        psi = population_stability_index(expected[name], actual[name])
        status = "steady" if psi < STEADY else "look" if psi <= DRIFTED else "drifted"
        rows.append(
            {
                "feature": name,
                "psi": psi,
                "status": status,
                "rows_expected": len(expected),
                "rows_actual": len(actual),
            }
        )
    return pd.DataFrame(rows)
