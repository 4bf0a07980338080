"""A written file as lines, some of which are planted, and the numbers that look like those of cards."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from datagen.model import Planted

Tag = tuple[str, str, str, str]


class Sheet:
    """The lines of one file; a line that was planted carries a tag: kind, column, key, expected."""

    def __init__(self, path: Path) -> None:
        """Read the file."""
        self.path = path
        self._header, *self.lines = path.read_bytes().splitlines(keepends=True)
        self.columns = self._header.decode().strip().split(",")
        self.tags: list[Tag | None] = [None] * len(self.lines)
        self.added = 0

    def pick(self, number: int) -> int:
        """Find an untagged line, another for each number; -1 if there is none."""
        at = (number * 7919 + 13) % len(self.lines)
        free = (i for i in (*range(at, len(self.lines)), *range(at)) if self.tags[i] is None)
        return next(free, -1)

    def row(self, at: int) -> dict[str, str]:
        """Read a line as a row."""
        values = next(csv.reader([self.lines[at].decode()]))
        return dict(zip(self.columns, values, strict=True))

    def insert(self, at: int, line: bytes, tag: Tag) -> None:
        """Put a line behind the line at `at`."""
        self.lines.insert(at + 1, line)
        self.tags.insert(at + 1, tag)
        self.added += 1

    def replace(self, at: int, row: dict[str, str], tag: Tag) -> None:
        """Write another row in place of the one at `at`."""
        self.lines[at], self.tags[at] = to_line(list(row.values())), tag

    def turn_columns(self) -> None:
        """Write the columns in another order, the last one first."""
        rows = [next(csv.reader([line.decode()])) for line in self.lines]
        self.columns = [self.columns[-1], *self.columns[:-1]]
        self._header = to_line(self.columns)
        self.lines = [to_line([values[-1], *values[:-1]]) for values in rows]

    def save(self) -> list[Planted]:
        """Write the file and return what stands where."""
        self.path.write_bytes(b"".join([self._header, *self.lines]))
        return [
            Planted(tag[0], self.path.name, number, *tag[1:])
            for number, tag in enumerate(self.tags, start=1)
            if tag is not None
        ]


def to_line(values: list[str]) -> bytes:
    """Write values as one CSV line."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(values)
    return text.getvalue().encode()


def luhn_number(number: int, *, valid: bool = True) -> str:
    """Make a 16 digit number in a test range of card numbers.

    Args:
        number: Tells one number from another.
        valid: False for a number whose last digit is one off.
    """
    digits = f"4111{number:011d}"
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[::-2])
    check = (-(doubled + sum(int(digit) for digit in digits[-2::-2]))) % 10
    return digits + str(check if valid else (check + 1) % 10)
