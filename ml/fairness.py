"""Parity: how often a model would choose customers of each group of a protected attribute."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

# The four-fifths rule (29 CFR 1607.4 D): a group chosen less often, against the most chosen, needs a reason.
LEAST_RATIO = 0.8
LEAST_ROWS = 100


def parity_table(
    groups: pd.Series, probability: npt.NDArray[np.float64], outcome: npt.NDArray[np.float64], share: float
) -> pd.DataFrame:
    """Count who would be chosen, by group.

    Args:
        groups: Group of each row, such as gender; missing is `unknown`.
        probability: Shape (n,).
        outcome: 0 or 1, shape (n,).
        share: Share of rows that are chosen, from 0 to 1.

    Returns:
        For each group: group, rows, rate (of outcomes), mean_probability, chosen (share of the group), ratio
        (of chosen to that of the most chosen group of at least 100 rows), is_below (under four fifths).
    """
    chosen = np.zeros(len(probability), dtype=bool)
    chosen[np.argsort(-probability, kind="stable")[: round(share * len(probability))]] = True
    table = (
        pd.DataFrame(
            {
                "group": groups.astype("object").where(groups.notna(), "unknown").astype(str).to_numpy(),
                "p": probability,
                "y": outcome,
                "chosen": chosen,
            }
        )
        .groupby("group")
        .agg(
            rows=("y", "size"), rate=("y", "mean"), mean_probability=("p", "mean"), chosen=("chosen", "mean")
        )
        .reset_index()
    )
    big = table[table["rows"] >= LEAST_ROWS]
    most = float(big["chosen"].max()) if len(big) else 0.0
    table["ratio"] = table["chosen"] / most if most else np.nan
    table["is_below"] = (table["ratio"] < LEAST_RATIO) & (table["rows"] >= LEAST_ROWS)
    return table
