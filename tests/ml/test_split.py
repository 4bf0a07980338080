"""Slices by time: in order, apart by the window of the outcome, and none that isn't over."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.errors import ModelError
from ml.split import split_by_time
from ml.train import cut


@given(st.integers(1, 90), st.integers(1, 90), st.integers(1, 90), st.integers(0, 700))
def test_slices_never_touch(outcome_days: int, test_days: int, calibration_days: int, more: int) -> None:
    as_of = date(2026, 1, 1)
    needed = 3 * outcome_days + test_days + calibration_days + 2
    first = as_of - timedelta(days=needed + more)
    split = split_by_time(
        first, as_of, outcome_days=outcome_days, test_days=test_days, calibration_days=calibration_days
    )
    gap = timedelta(days=outcome_days)
    assert split.train[0] == first <= split.train[1]
    assert split.train[1] + gap < split.calibration[0]
    assert split.calibration[1] + gap < split.test[0]
    assert split.test[1] + gap <= as_of
    assert (split.test[1] - split.test[0]).days + 1 == test_days


def test_too_short_a_past_is_refused() -> None:
    with pytest.raises(ModelError, match="too few days to learn from"):
        split_by_time(date(2025, 12, 1), date(2026, 1, 1), outcome_days=30, test_days=30, calibration_days=30)


def test_rows_in_the_gaps_are_in_no_slice() -> None:
    days = pd.date_range("2025-01-01", "2025-12-31")
    split = split_by_time(
        date(2025, 1, 1), date(2025, 12, 31), outcome_days=30, test_days=30, calibration_days=30
    )
    parts = split.cut(pd.DataFrame({"day": days}), "day")
    assert sum(len(part) for part in parts) == len(days) - 3 * 30


def test_too_many_contacts_to_learn_from_are_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ml.train.LEARN_FROM_AT_MOST", 100)
    rows = pd.DataFrame(
        {
            "planned_date": pd.date_range("2024-01-01", "2025-12-31").repeat(2),
            "conversion_window_days": 30,
            "has_converted": 1,
        }
    )
    slices = cut(rows, date(2025, 12, 31), "other")
    assert len(slices.train) == 100
    assert slices.train["planned_date"].is_monotonic_increasing
    assert slices.train.equals(cut(rows, date(2025, 12, 31), "other").train)
    assert len(slices.test) == 2 * 62
