"""The increment of campaigns as the warehouse measures it, against the truth that the generator knows."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from bench.truth import GOAL_COVERED, increments


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    folder: Path = tmp_path_factory.mktemp("truth")
    return increments(folder, seed=3, customers=3000, months=6)


def test_every_contact_of_a_campaign_is_measured(found: pd.DataFrame) -> None:
    assert len(found) >= 20
    assert found["same_contacts"].all()


def test_the_interval_holds_the_true_increment_nine_times_in_ten(found: pd.DataFrame) -> None:
    assert found["held"].mean() >= GOAL_COVERED


def test_increments_are_not_measured_too_high_or_too_low(found: pd.DataFrame) -> None:
    error = (found["high"] - found["low"]) / (2 * 1.959964)
    off = (found["measured"] - found["true"]).sum() / (error**2).sum() ** 0.5
    assert abs(off) < 3
