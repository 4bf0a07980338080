"""The pipelines that a model may be: each takes features and gives a score from 0 to 1."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, QuantileTransformer, StandardScaler

from ml.features import CONTACT_FEATURES, FeatureSet

Floats = npt.NDArray[np.float64]
SEED = 0
# Groups of features that tell which channels a customer uses.
CHANNEL_REASONS = ("use of app and web", "visits and messages")


class Crossed(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Features side by side with their products with each offer, and those of some numbers with each channel.

    What draws customers to one offer puts them off another: with the products a linear model learns both what
    all offers share and, as far as the data bear it out, what is each one's own.
    """

    def __init__(self, numeric: Sequence[str], categorical: Sequence[str], by_channel: Sequence[str]) -> None:
        """Keep the names, without offer and channel; by_channel are crossed with the channel."""
        self.numeric = numeric
        self.categorical = categorical
        self.by_channel = by_channel

    def fit(self, rows: pd.DataFrame, _: object = None) -> Crossed:
        """Learn medians, scales and the values of text."""
        numbers = make_pipeline(
            SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
            FunctionTransformer(np.arcsinh),
            StandardScaler(),
            FunctionTransformer(np.clip, kw_args={"a_min": -4, "a_max": 4}),
        )
        self.numbers_ = numbers.fit(rows[list(self.numeric)])
        self.texts_ = _encoder().fit(rows[list(self.categorical)])
        self.offers_ = _encoder().fit(rows[["offer_id"]])
        self.channels_ = _encoder().fit(rows[["channel"]])
        return self

    def transform(self, rows: pd.DataFrame) -> Floats:
        """Give the features of rows, shape (n, columns)."""
        numbers = self.numbers_.transform(rows[list(self.numeric)])
        own = np.hstack([numbers, self.texts_.transform(rows[list(self.categorical)])])
        offers = self.offers_.transform(rows[["offer_id"]])
        channels = self.channels_.transform(rows[["channel"]])
        crossed = [own * offers[:, [number]] for number in range(offers.shape[1])]
        places = [list(self.numeric).index(name) for name in self.by_channel]
        crossed += [numbers[:, places] * channels[:, [number]] for number in range(channels.shape[1])]
        return np.hstack([own, offers, channels, *crossed])


def _encoder() -> OneHotEncoder:
    return OneHotEncoder(handle_unknown="ignore", min_frequency=20, sparse_output=False)


def logistic(features: FeatureSet) -> Pipeline:
    """Make a logistic regression on features crossed with offer and channel, most of which it leaves out.

    Few of the crossed features matter: an absolute penalty drops the rest, a squared one keeps their noise.

    Args:
        features: Its features, offer_id and channel among them.

    Returns:
        The pipeline, not fitted.
    """
    numbers = features.of_kind("numeric")
    texts = [name for name in features.of_kind("categorical") if name not in CONTACT_FEATURES]
    ways = [f.name for f in features.features if f.name in numbers and f.reason in CHANNEL_REASONS]
    sparse = LogisticRegression(C=0.05, l1_ratio=1.0, solver="liblinear", max_iter=500, random_state=SEED)
    return make_pipeline(Crossed(numbers, texts, ways), sparse)


def boosting(features: FeatureSet) -> Pipeline:
    """Make gradient-boosted trees, small and slow to learn; they take missing numbers as they are.

    Args:
        features: Its features.

    Returns:
        The pipeline, not fitted.
    """
    columns = ColumnTransformer([("numeric", "passthrough", features.of_kind("numeric")), _one_hot(features)])
    trees = HistGradientBoostingClassifier(
        learning_rate=0.05,
        max_iter=200,
        max_leaf_nodes=15,
        min_samples_leaf=100,
        l2_regularization=5.0,
        random_state=SEED,
    )
    return make_pipeline(columns, trees)


def plain_logistic(features: FeatureSet) -> Pipeline:
    """Make a logistic regression on the numbers' ranks.

    Args:
        features: Its features.

    Returns:
        The pipeline, not fitted.
    """
    numbers = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True),
        QuantileTransformer(n_quantiles=200, subsample=50_000, random_state=SEED),
    )
    columns = ColumnTransformer([("numeric", numbers, features.of_kind("numeric")), _one_hot(features)])
    return make_pipeline(columns, LogisticRegression(max_iter=500))


def _one_hot(features: FeatureSet) -> tuple[str, OneHotEncoder, list[str]]:
    encoder = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=20, sparse_output=False)
    return ("categorical", encoder, features.of_kind("categorical"))


PIPELINES = {"logistic": logistic, "boosting": boosting, "baseline": plain_logistic}
CANDIDATES = ("logistic", "boosting")


def score(pipeline: Pipeline, frame: pd.DataFrame) -> Floats:
    """Give a fitted pipeline's probabilities of rows, shape (n,), not calibrated."""
    return np.asarray(pipeline.predict_proba(frame)[:, 1], dtype=float)
