"""What is kept of a model has no row of anybody, so that an erasure need not touch it."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from ml.drift import Reference
from ml.pipelines import CANDIDATES
from ml.propensity import ISOTONIC_FROM, _calibrated
from ml.reasons import Reasons
from ml.registry import Artifact
from tests.ml.bank import FEATURES, contacts

TRAIN, CALIBRATION = slice(0, 6_000), slice(6_000, 12_000)
# What models may keep: quantiles, bins, thresholds, whose length the number of rows does not decide.
LONGEST = 1_000


def arrays(value: Any, seen: set[int] | None = None) -> Iterator[Any]:
    """Give every array, table and long list within an object, wherever it is kept."""
    seen = set() if seen is None else seen
    if id(value) in seen or isinstance(value, (str, bytes, int, float, type(None))):
        return
    seen.add(id(value))
    if isinstance(value, (np.ndarray, pd.DataFrame, pd.Series, list, tuple)):
        yield value
    if isinstance(value, np.ndarray) and value.dtype != object:
        return
    members = value.values() if isinstance(value, dict) else [*getattr(value, "__dict__", {}).values()]
    if isinstance(value, (list, tuple, np.ndarray)):
        members = [*members, *value]
    for member in members:
        yield from arrays(member, seen)


@pytest.mark.parametrize("kind", CANDIDATES)
def test_a_model_keeps_no_row(kind: str, tmp_path: Path) -> None:
    rows = contacts(12_000).assign(customer_id=lambda frame: [f"C{n:09d}X" for n in range(len(frame))])
    with threadpool_limits(1):
        model = _calibrated(kind, FEATURES, rows[TRAIN], rows[CALIBRATION], "has_converted")
    reference = Reference.of(FEATURES, rows)
    kept = Artifact(model, Reasons.fit(FEATURES, rows[TRAIN]), reference, 0.05)
    joblib.dump(kept, tmp_path / "pipeline.joblib")
    read = joblib.load(tmp_path / "pipeline.joblib")
    assert rows[CALIBRATION]["has_converted"].sum() < ISOTONIC_FROM
    lengths = [len(value) for value in arrays(read) if not isinstance(value, np.ndarray) or value.ndim]
    assert lengths
    assert max(lengths) < LONGEST
    assert b"C0000" not in pickle.dumps(read)


def test_a_kept_row_would_be_found() -> None:
    rows = contacts(6_000)
    assert max(len(value) for value in arrays({"deep": [Reference(1, {}), rows]})) == len(rows)
    assert max(len(value) for value in arrays([rows["balance"].to_numpy()])) == len(rows)
