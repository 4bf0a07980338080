"""The split by time: learn from what was earlier, leave a gap, calibrate and measure on what came later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from ml.errors import ModelError


@dataclass(frozen=True)
class TimeSplit:
    """Days of contact (first and last, both included) of each slice.

    Attributes:
        train: What the pipeline learns from.
        calibration: What turns its scores into probabilities.
        test: What candidate, champion and baseline are measured on.
    """

    train: tuple[date, date]
    calibration: tuple[date, date]
    test: tuple[date, date]

    def cut(self, rows: pd.DataFrame, day: str) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        """Cut rows into the three slices; rows in the gaps are in none.

        Args:
            rows: The rows.
            day: Column with the day of contact.

        Returns:
            Train, calibration and test rows.
        """
        days = pd.to_datetime(rows[day]).dt.date
        slices = [
            rows[(days >= first) & (days <= last)]
            for first, last in (self.train, self.calibration, self.test)
        ]
        return slices[0], slices[1], slices[2]


def split_by_time(
    first: date, as_of: date, *, outcome_days: int, test_days: int, calibration_days: int
) -> TimeSplit:
    """Lay the slices before a day, each one outcome window away from the next.

    The gap keeps the outcomes of one slice from reaching into the days of the next; the last days before
    `as_of` have no full outcome yet and are in no slice.

    Args:
        first: First day of contact.
        as_of: Day of training.
        outcome_days: Days in which a contact may convert; also the gap.
        test_days: Length of the test slice.
        calibration_days: Length of the calibration slice.

    Returns:
        The split.

    Raises:
        ModelError: The contacts don't reach back far enough.
    """

    def before(day: date, days: int) -> date:
        return day - timedelta(days=days)

    test = (before(as_of, outcome_days + test_days - 1), before(as_of, outcome_days))
    calibration_end = before(test[0], outcome_days + 1)
    calibration = (before(calibration_end, calibration_days - 1), calibration_end)
    train_end = before(calibration[0], outcome_days + 1)
    if train_end <= first:
        needed = (as_of - train_end).days
        raise ModelError(
            f"Contacts since {first} are too few days to learn from by {as_of}.",
            hint=f"Training needs more than {needed} days of contacts.",
        )
    return TimeSplit((first, train_end), calibration, test)
