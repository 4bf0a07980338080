"""The model card: what a model is for, how good it is and for whom, in Markdown beside the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from ml.dataset import OUTCOME
from ml.evaluate import Floats, Metrics
from ml.fairness import parity_table

if TYPE_CHECKING:
    from ml.train import Training

AGE_EDGES = [0, 25, 35, 45, 55, 65, 200]
AGE_NAMES = ["under 25", "25 to 34", "35 to 44", "45 to 54", "55 to 64", "65 and over"]


def model_card(training: Training, test: pd.DataFrame, probability: Floats) -> str:
    """Write the card.

    Args:
        training: What came of the training.
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
        "Credit offers learn from no protected attribute. Chosen is who stands above the best cut.",
        "",
    ]
    for name, groups in protected_groups(test).items():
        parity = parity_table(groups, probability, test[OUTCOME].to_numpy(float), metrics.best_share)
        lines += [f"### {name}", "", *_table(parity), ""]
    lines += ["## Features", "", ", ".join(facts.features), ""]
    return "\n".join(lines)


def protected_groups(rows: pd.DataFrame) -> dict[str, pd.Series]:
    """Give the groups of the protected attributes, age in bands."""
    age = pd.cut(rows["age"].astype(float), AGE_EDGES, right=False, labels=AGE_NAMES).astype("object")
    return {"gender": rows["gender"], "marital_status": rows["marital_status"], "age": age}


def _all(training: Training) -> dict[str, Metrics]:
    return {"candidate": training.metrics, **training.rivals}


def _row(name: str, metrics: Metrics) -> dict[str, object]:
    return {"model": name, **metrics.as_dict()}


def _table(rows: pd.DataFrame) -> list[str]:
    def text(value: object) -> str:
        return f"{value:.4f}" if isinstance(value, float) else str(value)

    head = [f"| {' | '.join(rows.columns)} |", f"|{' --- |' * len(rows.columns)}"]
    return head + [f"| {' | '.join(text(value) for value in row)} |" for row in rows.itertuples(index=False)]
