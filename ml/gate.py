"""The gate: when a candidate may take the champion's place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from ml.evaluate import Metrics

MAX_CALIBRATION_ERROR = 0.02


@dataclass(frozen=True)
class Decision:
    """Whether a candidate is promoted, and every reason against it.

    Attributes:
        promoted: Whether it becomes the champion.
        reasons: What spoke against it; one sentence for it where nothing did.
    """

    promoted: bool
    reasons: tuple[str, ...]

    @property
    def text(self) -> str:
        """The reasons as one text."""
        return "; ".join(self.reasons)


def decide(
    candidate: Metrics,
    baseline: Metrics,
    champion: Metrics | None,
    drift: pd.DataFrame,
    leaks: Mapping[str, float],
) -> Decision:
    """Let a candidate through, or say why not.

    Args:
        candidate: Its metrics on the test slice.
        baseline: The baseline's on the same slice.
        champion: The champion's on the same slice, if there is one.
        drift: Drift of its features from training to now (`ml.drift.Reference.drift`).
        leaks: Features that know the outcome too well (`ml.leaks.suspects`).

    Returns:
        The decision.
    """
    against = []
    rivals = {"baseline": baseline} | ({"champion": champion} if champion else {})
    # Asked this way round, what can't be told (NaN) speaks against it, too.
    for name, rival in rivals.items():
        if not candidate.auc > rival.auc:
            against.append(f"AUC {candidate.auc:.4f} does not beat the {name}'s {rival.auc:.4f}")
        if not candidate.average_precision > rival.average_precision:
            against.append(
                f"average precision {candidate.average_precision:.4f} does not beat "
                f"the {name}'s {rival.average_precision:.4f}"
            )
    if not candidate.calibration_error <= MAX_CALIBRATION_ERROR:
        against.append(
            f"calibration error {candidate.calibration_error:.4f} is over {MAX_CALIBRATION_ERROR:.2f}"
        )
    for row in drift[drift["status"] == "drifted"].itertuples():
        against.append(f"{row.feature} has drifted (PSI {row.psi:.2f})")
    for name, area in leaks.items():
        against.append(f"{name} alone reaches an AUC of {area:.4f}, as only what follows a contact does")
    if against:
        return Decision(False, tuple(against))
    beaten = " and ".join(rivals)
    return Decision(True, (f"beats {beaten} on the later slice, is calibrated, no feature has drifted",))
