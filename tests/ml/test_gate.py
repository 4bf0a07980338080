"""The gate lets a candidate through only when nothing speaks against it."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd

from ml.evaluate import Metrics
from ml.gate import decide

GOOD = Metrics(
    rows=1000,
    positives=50,
    auc=0.75,
    average_precision=0.2,
    brier=0.04,
    calibration_error=0.01,
    mean_probability=0.05,
    money=100.0,
    best_share=0.3,
)
WORSE = replace(GOOD, auc=0.70, average_precision=0.15)
STEADY = pd.DataFrame({"feature": ["balance"], "psi": [0.02], "status": ["steady"]})
DRIFTED = pd.DataFrame({"feature": ["balance"], "psi": [0.31], "status": ["drifted"]})


def test_a_better_calibrated_candidate_on_steady_features_is_promoted() -> None:
    assert decide(GOOD, WORSE, None, STEADY, {}).promoted
    assert decide(GOOD, WORSE, WORSE, STEADY, {}).promoted


def test_each_fault_alone_keeps_the_champion() -> None:
    refusals = {
        "does not beat the baseline": decide(GOOD, replace(GOOD, auc=0.76), None, STEADY, {}),
        "does not beat the champion": decide(GOOD, WORSE, GOOD, STEADY, {}),
        "average precision": decide(GOOD, replace(WORSE, average_precision=0.2), None, STEADY, {}),
        "calibration error 0.0300": decide(replace(GOOD, calibration_error=0.03), WORSE, None, STEADY, {}),
        "duration alone reaches an AUC of 0.8200": decide(GOOD, WORSE, None, STEADY, {"duration": 0.82}),
        "AUC nan": decide(replace(GOOD, auc=math.nan), WORSE, None, STEADY, {}),
        "average precision nan": decide(replace(GOOD, average_precision=math.nan), WORSE, None, STEADY, {}),
        "calibration error nan": decide(replace(GOOD, calibration_error=math.nan), WORSE, None, STEADY, {}),
        "balance has drifted (PSI 0.31)": decide(GOOD, WORSE, None, DRIFTED, {}),
    }
    for reason, decision in refusals.items():
        assert not decision.promoted
        assert reason in decision.text
