"""The propensity model: a scikit-learn pipeline, and a calibrator that makes its score a probability."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.pipeline import Pipeline

from ml.errors import ModelError
from ml.features import FeatureSet
from ml.pipelines import CANDIDATES, PIPELINES, Floats, score

# With fewer conversions the steps of an isotonic regression follow noise (Niculescu-Mizil, Caruana 2005).
ISOTONIC_FROM = 1_000
INNER_SHARE = 0.25
# What a marketer without a model would go by.
BASELINE_FEATURES = ("offer_id", "channel", "recency_days", "purchase_days_90d", "net_spend_90d")


@dataclass(frozen=True)
class Calibrator:
    """Turns scores into probabilities: isotonic where conversions are many, Platt's sigmoid where few."""

    method: str
    model: IsotonicRegression | LogisticRegression

    @classmethod
    def fit(cls, score: Floats, outcome: Floats) -> Calibrator:
        """Fit on a slice that the pipeline has not seen.

        Args:
            score: Probabilities of the pipeline, shape (n,).
            outcome: 0 or 1, shape (n,).

        Returns:
            The calibrator.

        Raises:
            ModelError: The slice has not both outcomes.
        """
        positives = int(outcome.sum())
        if not 0 < positives < len(outcome):
            raise ModelError(f"{len(outcome)} rows with {positives} conversions can't calibrate a model.")
        if positives >= ISOTONIC_FROM:
            isotonic = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(score, outcome)
            return cls("isotonic", isotonic)
        platt = LogisticRegression(C=1e6).fit(logit(score)[:, None], outcome)
        return cls("platt", platt)

    def apply(self, score: Floats) -> Floats:
        """Give probabilities.

        Args:
            score: Probabilities of the pipeline, shape (n,).

        Returns:
            Shape (n,), rising with the score.
        """
        if self.method == "isotonic":
            return np.asarray(self.model.predict(score), dtype=float)
        return np.asarray(self.model.predict_proba(logit(score)[:, None])[:, 1], dtype=float)


@dataclass(frozen=True)
class Propensity:
    """A fitted model.

    Attributes:
        kind: Which candidate it is.
        features: What it was fitted on.
        pipeline: Gives the raw score.
        calibrator: Makes it a probability.
    """

    kind: str
    features: FeatureSet
    pipeline: Pipeline
    calibrator: Calibrator

    def raw(self, rows: pd.DataFrame) -> Floats:
        """Score rows.

        Args:
            rows: Rows with the model's features.

        Returns:
            Shape (n,), within [0, 1], not calibrated.
        """
        return score(self.pipeline, self.features.frame(rows))

    def probability(self, rows: pd.DataFrame) -> Floats:
        """Give calibrated probabilities of rows, shape (n,)."""
        return self.calibrator.apply(self.raw(rows))


def fit(
    features: FeatureSet,
    train: pd.DataFrame,
    calibration: pd.DataFrame,
    *,
    outcome: str,
    day: str,
    gap_days: int,
) -> Propensity:
    """Fit the better of the candidates.

    Which is better is told by average precision on the last quarter of the training days, a gap before them;
    the winner is fitted anew on all of them.

    Args:
        features: What may be learned from.
        train: Rows of the training slice.
        calibration: Rows of the later slice.
        outcome: Column with 0 or 1.
        day: Column with the day of contact.
        gap_days: Days in which a contact may convert, so that no outcome reaches into what tells the winner.

    Returns:
        The model.

    Raises:
        ModelError: A slice has not both outcomes.
    """
    earlier, later = _inner_split(train, day, gap_days)
    quality = {}
    for kind in CANDIDATES:
        tried = _fit_pipeline(kind, features, earlier, outcome)
        quality[kind] = average_precision_score(later[outcome], score(tried, features.frame(later)))
    best = max(quality, key=lambda kind: quality[kind])
    return _calibrated(best, features, train, calibration, outcome)


def fit_baseline(
    features: FeatureSet, train: pd.DataFrame, calibration: pd.DataFrame, *, outcome: str
) -> Propensity:
    """Fit a plain logistic regression on recency, frequency, monetary value, offer and channel.

    Args:
        features: What may be learned from.
        train: Rows of the training slice.
        calibration: Rows of the later slice.
        outcome: Column with 0 or 1.

    Returns:
        The model that a candidate has to beat.
    """
    plain = tuple(feature for feature in features.features if feature.name in BASELINE_FEATURES)
    return _calibrated("baseline", FeatureSet(features.use_case, plain), train, calibration, outcome)


def _calibrated(
    kind: str, features: FeatureSet, train: pd.DataFrame, calibration: pd.DataFrame, outcome: str
) -> Propensity:
    pipeline = _fit_pipeline(kind, features, train, outcome)
    raw = score(pipeline, features.frame(calibration))
    calibrator = Calibrator.fit(raw, calibration[outcome].to_numpy(dtype=float))
    return Propensity(kind, features, pipeline, calibrator)


def _fit_pipeline(kind: str, features: FeatureSet, rows: pd.DataFrame, outcome: str) -> Pipeline:
    target = rows[outcome].to_numpy(dtype=int)
    if target.sum() < 2 or target.sum() == len(target):  # noqa: PLR2004 - a pair is the least to learn from
        raise ModelError(f"{len(target)} contacts with {target.sum()} conversions are too few to learn from.")
    return PIPELINES[kind](features).fit(features.frame(rows), target)


def _inner_split(rows: pd.DataFrame, day: str, gap_days: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    days = pd.to_datetime(rows[day])
    first, last = days.min(), days.max()
    cut = last - timedelta(days=int((last - first).days * INNER_SHARE))
    return rows[days <= cut - timedelta(days=gap_days)], rows[days > cut]


def logit(probability: Floats) -> Floats:
    """Give log odds; probabilities of 0 and 1 are brought a millionth closer."""
    clipped = np.clip(probability, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(clipped / (1 - clipped)), dtype=float)
