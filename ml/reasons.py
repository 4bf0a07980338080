"""Why a score is high: which groups of features raise it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ml.features import Feature, FeatureSet
from ml.pipelines import Floats, score
from ml.propensity import Propensity, logit


@dataclass(frozen=True)
class Reasons:
    """Says which groups of features raise a score, by taking each group back to what is usual.

    Attributes:
        usual: For each feature the median or the most frequent value at training.
    """

    usual: dict[str, float | str]

    @classmethod
    def fit(cls, features: FeatureSet, train: pd.DataFrame) -> Reasons:
        """Note what is usual in the training slice."""
        frame = features.frame(train)
        usual: dict[str, float | str] = {}
        for feature in features.features:
            values = frame[feature.name]
            usual[feature.name] = (
                str(values.mode().iloc[0]) if feature.kind == "categorical" else float(values.median())
            )
        return cls(usual)

    def top(
        self, model: Propensity, rows: pd.DataFrame, raw: Floats, count: int = 3
    ) -> list[list[str | None]]:
        """Name the groups that raise each row's score most.

        Args:
            model: The model.
            rows: Rows with its features.
            raw: The model's raw scores of them, shape (n,).
            count: How many groups.

        Returns:
            For each place (first, second, ...) n names, None where no further group raises the score.
        """
        frame = model.features.frame(rows)
        groups: dict[str, list[Feature]] = {}
        for feature in model.features.features:
            groups.setdefault(feature.reason, []).append(feature)
        gain = np.empty((len(frame), len(groups)))
        for index, members in enumerate(groups.values()):
            without = frame.assign(**{feature.name: self.usual[feature.name] for feature in members})
            gain[:, index] = logit(raw) - logit(score(model.pipeline, without))
        order = np.argsort(-gain, axis=1, kind="stable")[:, :count]
        chosen = np.array(list(groups), dtype=object)[order]
        chosen[np.take_along_axis(gain, order, axis=1) <= 0] = None
        return [list(chosen[:, place]) for place in range(chosen.shape[1])]
