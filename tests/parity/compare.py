"""Two tables compared row by row by hash, whichever engine they came from."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

SHOWN = 3
FLOAT_DIGITS = 12


@dataclass(frozen=True)
class Table:
    """A table as a client sees it."""

    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]

    def hashes(self) -> Counter[str]:
        """How often each row is there, by its hash."""
        return Counter(row_hash(row) for row in self.rows)

    def digest(self) -> str:
        """One hash of all rows, which their order does not touch."""
        counted = sorted(self.hashes().items())
        return hashlib.sha256(repr((self.columns, counted)).encode()).hexdigest()


def cell(value: object) -> str:
    """Write a value in the one way that both engines' clients can be held to.

    A whole number is the same as INTEGER or DECIMAL, and trailing zeros say nothing: of the two engines only
    one gives a sum of integers as a decimal. Floats agree in twelve digits. A time without a zone is UTC.

    Args:
        value: What the driver gave.

    Returns:
        The text; a null differs from every text, and blanks are kept.
    """
    if value is None:
        return "null"
    if write := WRITERS.get(type(value)):
        return write(value)
    raise TypeError(f"no rule for a {type(value).__name__}: {value!r}")


def _number(value: Decimal) -> str:
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def _moment(value: datetime) -> str:
    return (value.astimezone(UTC) if value.tzinfo else value).replace(tzinfo=None).isoformat() + "Z"


WRITERS: dict[type, Callable[[Any], str]] = {
    bool: lambda value: str(value).lower(),
    int: str,
    Decimal: _number,
    float: lambda value: f"{value:.{FLOAT_DIGITS}g}",
    datetime: _moment,
    date: date.isoformat,
    str: repr,
}


def row_hash(row: Sequence[object]) -> str:
    """Hash a row."""
    return hashlib.sha256("\x1f".join(map(cell, row)).encode()).hexdigest()


def differences(name: str, left: Table, right: Table) -> Iterator[str]:
    """Say how two tables differ: in columns, in the number of rows, and the first rows that only one has.

    Args:
        name: Name of the table, for the messages.
        left: One.
        right: The other.

    Yields:
        A message for each difference.
    """
    if left.columns != right.columns:
        yield f"{name}: columns {left.columns} <> {right.columns}"
        return
    if len(left.rows) != len(right.rows):
        yield f"{name}: {len(left.rows)} rows <> {len(right.rows)} rows"
    here, there = left.hashes(), right.hashes()
    if here == there:
        return
    only_left, only_right = _only(left, here - there), _only(right, there - here)
    yield f"{name}: {len(only_left)} rows on the left alone, {len(only_right)} on the right alone"
    for mine, other in zip(only_left[:SHOWN], only_right[:SHOWN], strict=False):
        yield f"{name}: {_changes(left.columns, mine, other)}"
    for side, rows in (("left", only_left[len(only_right) :]), ("right", only_right[len(only_left) :])):
        for row in rows[:SHOWN]:
            yield f"{name}: {side} alone: {dict(zip(left.columns, map(cell, row), strict=True))}"


def _only(table: Table, surplus: Counter[str]) -> list[tuple[object, ...]]:
    left, rows = surplus.copy(), []
    for row in table.rows:
        if left[row_hash(row)] > 0:
            left[row_hash(row)] -= 1
            rows.append(row)
    return sorted(rows, key=lambda row: [cell(value) for value in row])


def _changes(columns: Sequence[str], mine: Sequence[object], other: Sequence[object]) -> str:
    of = f"{columns[0]}={cell(mine[0])}: "
    pairs = zip(columns, map(cell, mine), map(cell, other), strict=True)
    return of + ", ".join(f"{column} {a} <> {b}" for column, a, b in pairs if a != b)
