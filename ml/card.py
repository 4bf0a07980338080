"""The model card: what a model is for, how good it is and for whom, in Markdown beside the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from ml.dataset import OUTCOME
from ml.evaluate import Floats, Metrics, by_promise
from ml.fairness import LEAST_ROWS, STANDS_IN, parity_table, protected_groups, stand_ins
from ml.features import GUARDED

if TYPE_CHECKING:
    from ml.features import FeatureSet
    from ml.train import Training

TOLD_STAND_INS = 10
NOT_LEARNED = (
    "Not learned from: gender, marital status, age, and what alone tells one of them"
    " (association of {0} or more)."
)
LEARNED = "Offers other than credit are learned from age and marital status, too, and never from gender."
PERSONAL = (
    "The model is medians, scales, quantiles, thresholds of trees, coefficients and shares;"
    " it holds no customer's row and no number of one. Who was erased since is not among the contacts of the"
    " next training; until then what was learned from all stays as it is."
    " Of groups under {0} rows no figure is told."
)


def model_card(training: Training, features: FeatureSet, test: pd.DataFrame, probability: Floats) -> str:
    """Write the card.

    Args:
        training: What came of the training.
        features: What was learned from.
        test: Contacts of the test slice with the protected attributes.
        probability: The candidate's probabilities of them.

    Returns:
        Markdown.
    """
    facts, metrics = training.facts, training.metrics
    low, high = training.interval
    lines = [
        f"# {facts.model_name} {facts.model_version}",
        "",
        f"Probability that a contacted customer takes an offer of the use case {training.use_case}.",
        f"{'Promoted' if training.decision.promoted else 'Not promoted'}: {training.decision.text}.",
        "",
        f"- kind: {facts.candidate}, code {facts.code_revision[:12]}, trained for {facts.as_of}",
        *(f"- {name}: contacts from {first} to {last}" for name, (first, last) in facts.windows.items()),
        f"- AUC {metrics.auc:.4f} (95 % from {low:.4f} to {high:.4f})",
        "",
        "## On the test slice",
        "",
        *_table(pd.DataFrame([_row(name, found) for name, found in _all(training).items()])),
        "",
        "## Lift by decile",
        "",
        *_table(training.lift),
        "",
        "## Parity",
        "",
        NOT_LEARNED.format(STANDS_IN) if training.use_case in GUARDED else LEARNED,
        "Chosen is who stands above the best cut, found the share of takers who do.",
        "",
    ]
    chosen = _above_best_cut(test, probability, metrics.best_share)
    for name, groups in protected_groups(test).items():
        parity = parity_table(groups, probability, test[OUTCOME].to_numpy(float), chosen)
        lines += [f"### {name}", "", *_table(parity), ""]
    told = stand_ins(features, test).head(TOLD_STAND_INS)
    lines += ["## What tells most of protected attributes", "", *_table(told), ""]
    lines += ["## Personal data", "", PERSONAL.format(LEAST_ROWS), ""]
    lines += ["## Features", "", ", ".join(facts.features), ""]
    return "\n".join(lines)


def _above_best_cut(test: pd.DataFrame, probability: Floats, share: float) -> npt.NDArray[np.bool_]:
    value, cost = (test[name].to_numpy(dtype=float) for name in ("conversion_value", "contact_cost"))
    chosen = np.zeros(len(test), dtype=bool)
    chosen[by_promise(probability, value, cost)[: round(share * len(test))]] = True
    return chosen


def _all(training: Training) -> dict[str, Metrics]:
    return {"candidate": training.metrics, **training.rivals}


def _row(name: str, metrics: Metrics) -> dict[str, object]:
    return {"model": name, **metrics.as_dict()}


def _table(rows: pd.DataFrame) -> list[str]:
    def text(value: object) -> str:
        if pd.isna(value):
            return "-"
        return f"{value:.4f}" if isinstance(value, float) else str(value)

    head = [f"| {' | '.join(rows.columns)} |", f"|{' --- |' * len(rows.columns)}"]
    return head + [f"| {' | '.join(text(value) for value in row)} |" for row in rows.itertuples(index=False)]
