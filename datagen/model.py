"""What the modules of the generator hand to each other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Names = npt.NDArray[np.str_]
Tables = dict[str, pa.Table]
FIRST_CUSTOMER = 10_000_001


@dataclass(frozen=True)
class World:
    """The frame of a generated bank; every day is an offset from `start`, the day of the first files."""

    customers: int
    days: int
    seed: int
    start: date
    history_days: int

    def __post_init__(self) -> None:
        """Refuse a bank without customers or days."""
        if min(self.customers, self.days, self.history_days) < 1:
            raise ValueError("customers, days and history_days must be at least 1")

    def dates(self, offsets: Ints) -> pa.Array:
        """Turn offsets into dates."""
        return pa.array(np.datetime64(self.start) + offsets.astype("timedelta64[D]"), pa.date32())

    def dates_or_null(self, offsets: Ints, known: Bools) -> pa.Array:
        """Turn offsets into dates, null where `known` is false."""
        return pa.array(
            np.datetime64(self.start) + offsets.astype("timedelta64[D]"), pa.date32(), mask=~known
        )

    def months(self) -> npt.NDArray[np.datetime64]:
        """List the months that history and the daily files touch."""
        first = np.datetime64(self.start) - np.timedelta64(self.history_days)
        last = np.datetime64(self.start) + np.timedelta64(self.days - 1)
        return np.arange(first.astype("M8[M]"), last.astype("M8[M]") + 1)

    def offsets(self, dates: npt.NDArray[np.datetime64]) -> Ints:
        """Turn dates into offsets."""
        return (dates.astype("M8[D]") - np.datetime64(self.start)).astype(np.int64)


class Counters:
    """Running numbers, so that ids of one chunk of customers follow those of the chunk before."""

    def __init__(self) -> None:
        """Start each kind of id at its own round number."""
        self._next = {
            "customer": FIRST_CUSTOMER, "account": 40_000_001, "holder": 50_000_001, "card": 60_000_001,
            "loan": 70_000_001, "order": 80_000_001, "relationship": 30_000_001, "credit": 20_000_001,
            "instalment": 200_000_001, "payment": 400_000_001, "posting": 1_000_000_001, "purchase": 1,
        }  # fmt: skip

    def take(self, kind: str, count: int) -> Ints:
        """Take the next `count` ids of a kind."""
        first = self._next[kind]
        self._next[kind] = first + count
        return np.arange(first, first + count, dtype=np.int64)


@dataclass(frozen=True)
class Planted:
    """One planted defect: where it stands and where it should end."""

    kind: str
    file: str
    row_number: int | None
    column: str
    key: str
    expected: str


@dataclass(frozen=True)
class GenerationReport:
    """What a call of `generate` wrote."""

    out: Path
    files: tuple[Path, ...]
    rows: dict[str, int]
    planted: tuple[Planted, ...]
    seconds: float

    @property
    def total_rows(self) -> int:
        """Data rows over all files."""
        return sum(self.rows.values())


def coded(codes: Ints, words: list[str] | list[str | None]) -> pa.Array:
    """Give each row the word of its code without building the text row by row."""
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), pa.array(words, pa.string()))


def pick(rng: np.random.Generator, weights: list[float] | Floats, size: int) -> Ints:
    """Draw codes 0..n-1 by weight."""
    cumulative = np.cumsum(np.asarray(weights, dtype=np.float64))
    codes: Ints = np.searchsorted(cumulative, rng.random(size) * cumulative[-1], side="right").astype(
        np.int64
    )
    return codes


def chance(rng: np.random.Generator, odds: float | Floats, size: int) -> Bools:
    """Draw true with the given odds."""
    return rng.random(size) < odds
