"""How good probabilities are: ranking, calibration, lift and money."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from ml.errors import ModelError

Floats = npt.NDArray[np.float64]
BINS = 10


@dataclass(frozen=True)
class Metrics:
    """What a slice says of a model.

    Attributes:
        rows: Rows of the slice.
        positives: Rows with the outcome.
        auc: Area under the ROC curve.
        average_precision: Area under the precision-recall curve.
        brier: Mean squared error of the probabilities.
        calibration_error: Expected calibration error over ten bins of equal count.
        mean_probability: Mean of the probabilities, to be held against positives / rows.
        money: Greatest sum of value less cost over all cuts of the ranking, in currency units. It is the most
            to be had: the cut is the best of this very slice, and what would have come by itself counts too.
        best_share: Share of the rows above that cut.
    """

    rows: int
    positives: int
    auc: float
    average_precision: float
    brier: float
    calibration_error: float
    mean_probability: float
    money: float
    best_share: float

    @property
    def base_rate(self) -> float:
        """Share of rows with the outcome."""
        return self.positives / self.rows

    def as_dict(self) -> dict[str, Any]:
        """Give the metrics as a dictionary, the base rate among them."""
        return {**asdict(self), "base_rate": self.base_rate}


def evaluate(outcome: Floats, probability: Floats, value: Floats, cost: Floats) -> Metrics:
    """Measure probabilities against outcomes.

    Args:
        outcome: 0 or 1, shape (n,).
        probability: Shape (n,), within [0, 1].
        value: What the outcome is worth, currency units, shape (n,).
        cost: What the contact costs, currency units, shape (n,).

    Returns:
        The metrics.

    Raises:
        ModelError: The slice has not both outcomes.
    """
    positives = int(outcome.sum())
    if not 0 < positives < len(outcome):
        raise ModelError(
            f"{len(outcome)} rows with {positives} conversions can't be measured.",
            hint="Wait for more outcomes, or take a longer window.",
        )
    money, share = money_at_best_cut(outcome, probability, value, cost)
    return Metrics(
        rows=len(outcome),
        positives=positives,
        auc=float(roc_auc_score(outcome, probability)),
        average_precision=float(average_precision_score(outcome, probability)),
        brier=float(brier_score_loss(outcome, probability)),
        calibration_error=calibration_error(outcome, probability),
        mean_probability=float(probability.mean()),
        money=money,
        best_share=share,
    )


def by_promise(probability: Floats, value: Floats, cost: Floats) -> npt.NDArray[np.int64]:
    """Give the places of rows, those first whose contact promises to earn most."""
    return np.argsort(-(probability * value - cost), kind="stable")


def money_at_best_cut(
    outcome: Floats, probability: Floats, value: Floats, cost: Floats
) -> tuple[float, float]:
    """Find the share of the ranking whose contacts earn most.

    Args:
        outcome: 0 or 1, shape (n,).
        probability: Shape (n,).
        value: Of an outcome, shape (n,).
        cost: Of a contact, shape (n,).

    Returns:
        The sum of value less cost above the best cut (0 where no contact pays), and the share above it.
    """
    order = by_promise(probability, value, cost)
    running = np.cumsum(outcome[order] * value[order] - cost[order])
    best = int(np.argmax(running))
    if running[best] <= 0:
        return 0.0, 0.0
    return float(running[best]), (best + 1) / len(outcome)


def calibration_bins(outcome: Floats, probability: Floats, bins: int = BINS) -> pd.DataFrame:
    """Hold probabilities against rates in bins of equal count; equal probabilities share a bin.

    Args:
        outcome: 0 or 1, shape (n,).
        probability: Shape (n,).
        bins: How many, at most.

    Returns:
        For each bin: bin (from 1, lowest first), rows, mean_probability, rate.
    """
    edges = np.unique(np.quantile(probability, np.linspace(0, 1, bins + 1)[1:-1]))
    number = np.searchsorted(edges, probability, side="right") + 1
    grouped = pd.DataFrame({"bin": number, "p": probability, "y": outcome}).groupby("bin")
    table = grouped.agg(rows=("y", "size"), mean_probability=("p", "mean"), rate=("y", "mean")).reset_index()
    table["bin"] = np.arange(1, len(table) + 1)
    return table


def calibration_error(outcome: Floats, probability: Floats, bins: int = BINS) -> float:
    """Give the expected calibration error: mean distance of probability and rate over bins of equal count.

    Naeini, Cooper, Hauskrecht 2015, with bins of equal count in place of equal width.

    Args:
        outcome: 0 or 1, shape (n,).
        probability: Shape (n,).
        bins: How many, at most.

    Returns:
        The error, from 0 to 1.
    """
    table = calibration_bins(outcome, probability, bins)
    distance = (table["mean_probability"] - table["rate"]).abs()
    return float((distance * table["rows"]).sum() / table["rows"].sum())


def deciles(score: Floats) -> npt.NDArray[np.int64]:
    """Number rows from 1 (highest scores) to 10 by rank; ties fall in the order of the rows.

    Args:
        score: Shape (n,).

    Returns:
        Shape (n,).
    """
    rank = np.empty(len(score), dtype=np.int64)
    rank[np.argsort(-score, kind="stable")] = np.arange(len(score))
    return rank * 10 // max(len(score), 1) + 1


def lift_deciles(outcome: Floats, probability: Floats) -> pd.DataFrame:
    """Count outcomes by decile of the ranking.

    Args:
        outcome: 0 or 1, shape (n,).
        probability: Shape (n,).

    Returns:
        For each decile, the highest first: decile, rows, responders, rate, cumulative_capture (share of all
        responders down to here), lift (rate over base rate), cumulative_lift.
    """
    grouped = pd.DataFrame({"decile": deciles(probability), "y": outcome}).groupby("decile")["y"]
    table = grouped.agg(rows="size", responders="sum").reset_index()
    total, base = table["responders"].sum(), table["responders"].sum() / table["rows"].sum()
    table["rate"] = table["responders"] / table["rows"]
    table["cumulative_capture"] = table["responders"].cumsum() / total
    table["lift"] = table["rate"] / base
    table["cumulative_lift"] = table["responders"].cumsum() / table["rows"].cumsum() / base
    return table


def auc_interval(outcome: Floats, probability: Floats, level: float = 1.96) -> tuple[float, float]:
    """Give an interval for the area under the ROC curve.

    DeLong, DeLong, Clarke-Pearson 1988, by mid-ranks (Sun and Xu 2014).

    Args:
        outcome: 0 or 1, shape (n,).
        probability: Shape (n,).
        level: Standard errors to each side; 1.96 for 95 %.

    Returns:
        Lower and upper end, within [0, 1].
    """
    rank = pd.Series(probability).rank().to_numpy()
    ones, zeros = probability[outcome == 1], probability[outcome == 0]
    above = (rank[outcome == 1] - pd.Series(ones).rank().to_numpy()) / len(zeros)
    below = 1 - (rank[outcome == 0] - pd.Series(zeros).rank().to_numpy()) / len(ones)
    error = float(np.sqrt(above.var(ddof=1) / len(ones) + below.var(ddof=1) / len(zeros)))
    auc = float(above.mean())
    return max(0.0, auc - level * error), min(1.0, auc + level * error)
