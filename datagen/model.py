"""What the modules of the generator hand to each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Names = npt.NDArray[np.str_]
FIRST_CUSTOMER = 10_000_001
NEVER = 1_000_000
MONTH = 30.4


@dataclass(frozen=True)
class Step:
    """A stretch of days that is lived through at once, and the day of the file that its events go into."""

    number: int
    first: int
    end: int
    file_day: int
    closes_file: bool
    starts_month: bool

    @property
    def months(self) -> float:
        """Length in months."""
        return (self.end - self.first) / MONTH


@dataclass(frozen=True)
class World:
    """The frame of a generated bank; a day is an offset from `start`, the day of the first daily file."""

    customers: int
    days: int
    seed: int
    start: date
    history_days: int = 365
    months: int | None = None

    def __post_init__(self) -> None:
        """Refuse a bank without customers or days."""
        if min(self.customers, self.days, self.history_days) < 1 or (self.months or 1) < 1:
            raise ValueError("customers, days, history_days and months must be at least 1")
        _ = self.date(self.days), self.date(self.first)

    @property
    def first(self) -> int:
        """The first day that is lived through."""
        if self.months is None:
            return -self.history_days
        begin = np.datetime64(self.start).astype("M8[M]") - self.months
        return int(self.offsets(begin))

    def date(self, offset: int) -> date:
        """Turn an offset into a date."""
        return self.start + timedelta(days=offset)

    def offset_of(self, day: str) -> int:
        """Turn a date in words into an offset."""
        return (date.fromisoformat(day) - self.start).days

    def dates(self, offsets: Ints) -> pa.Array:
        """Turn offsets into dates."""
        return pa.array(np.datetime64(self.start) + offsets.astype("timedelta64[D]"), pa.date32())

    def dates_or_null(self, offsets: Ints, known: Bools) -> pa.Array:
        """Turn offsets into dates, null where `known` is false."""
        days = np.where(known, offsets, 0).astype("timedelta64[D]")
        return pa.array(np.datetime64(self.start) + days, pa.date32(), mask=~known)

    def offsets(self, dates: npt.NDArray[np.datetime64] | np.datetime64) -> Ints:
        """Turn dates into offsets."""
        return (dates.astype("M8[D]") - np.datetime64(self.start)).astype(np.int64)

    def month_of(self, offsets: Ints) -> Ints:
        """Number the calendar months of offsets, 0 for January 1970."""
        days = np.datetime64(self.start) + np.asarray(offsets).astype("timedelta64[D]")
        months: Ints = days.astype("M8[M]").astype(np.int64)
        return months

    def month_start(self, months: Ints) -> Ints:
        """Give the first days of numbered calendar months."""
        return self.offsets(np.asarray(months).astype("M8[M]"))

    def steps(self) -> Iterator[Step]:
        """Cut the time at the first of each month, and into single days from the first daily file on."""
        history = self.month_of(np.arange(self.first, 1))
        starts = self.month_start(np.unique(history))
        cuts = sorted(
            {self.first, *(int(day) for day in starts if self.first < day < 0), *range(self.days + 1)}
        )
        for number, (first, end) in enumerate(pairwise(cuts)):
            daily = first >= 0
            file_day = first if daily else (0 if self.months is None else end - 1)
            starts_month = self.date(first).day == 1
            yield Step(number, first, end, file_day, daily or self.months is not None, starts_month)


class Counters:
    """Running numbers, so that ids of one chunk of customers follow those of the chunk before."""

    def __init__(self) -> None:
        """Start each kind of id at its own round number."""
        self._next = {
            "customer": FIRST_CUSTOMER, "account": 40_000_001, "holder": 50_000_001, "card": 60_000_001,
            "loan": 70_000_001, "order": 80_000_001, "relationship": 30_000_001, "credit": 20_000_001,
            "holding": 90_000_001, "complaint": 95_000_001, "suppression": 97_000_001,
            "instalment": 200_000_001, "payment": 400_000_001, "contact": 500_000_001,
            "response": 600_000_001, "consent": 700_000_001, "visit": 800_000_001, "log": 900_000_001,
            "posting": 1_000_000_001, "session": 2_000_000_001, "purchase": 1,
        }  # fmt: skip

    def take(self, kind: str, count: int) -> Ints:
        """Take the next `count` ids of a kind."""
        first = self._next[kind]
        self._next[kind] = first + count
        return np.arange(first, first + count, dtype=np.int64)


class Rows:
    """Columns of whole numbers that grow together, such as all accounts of a chunk of customers."""

    def __init__(self, *names: str) -> None:
        """Begin without rows."""
        self.columns: dict[str, Ints] = {name: np.empty(0, dtype=np.int64) for name in names}

    def __getitem__(self, name: str) -> Ints:
        """Give a column."""
        return self.columns[name]

    def __len__(self) -> int:
        """Count the rows."""
        return len(next(iter(self.columns.values())))

    def append(self, **columns: Ints | int) -> Ints:
        """Add rows, single numbers standing for all of them, and return their positions."""
        size = max(np.size(values) if np.ndim(values) else 0 for values in columns.values())
        first = len(self)
        for name, before in self.columns.items():
            self.columns[name] = np.concatenate(
                [before, np.broadcast_to(columns[name], size).astype(np.int64)]
            )
        return np.arange(first, first + size)

    def pop(self, rows: Bools) -> dict[str, Ints]:
        """Take rows out."""
        taken = {name: values[rows] for name, values in self.columns.items()}
        self.columns = {name: values[~rows] for name, values in self.columns.items()}
        return taken


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
    truth: tuple[Path, ...] = field(default=())

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
    drawn = np.searchsorted(cumulative, rng.random(size) * cumulative[-1], side="right")
    codes: Ints = drawn.astype(np.int64)
    return codes


def pick_each(rng: np.random.Generator, weights: Floats) -> Ints:
    """Draw a code for each row of a table of weights."""
    cumulative = np.cumsum(weights, axis=1)
    drawn = (rng.random(len(weights))[:, None] * cumulative[:, -1:] >= cumulative).sum(axis=1)
    codes: Ints = np.minimum(drawn, weights.shape[1] - 1).astype(np.int64)
    return codes


def chance(rng: np.random.Generator, odds: float | Floats, size: int) -> Bools:
    """Draw true with the given odds."""
    return rng.random(size) < odds


def sigmoid(value: Floats) -> Floats:
    """Turn log odds into a probability."""
    return 1.0 / (1.0 + np.exp(-value))


def cents(amount: Floats) -> Ints:
    """Round an amount to cents, at least one unit."""
    return np.maximum(np.round(amount * 100), 100).astype(np.int64)
