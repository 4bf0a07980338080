"""Plants defects in the written daily files and lists each with its place and where it should end.

`expected` in the list is one of
    dead:<reason>    the row becomes a dead letter with this reason code,
    raw_once         the row is good and stands in raw once,
    raw_twice        the row stands in raw twice: equal rows of one file are two transactions, a
                     redelivered row of the next day's file is the same transaction again,
    inferred_member  the row is loaded, and its customer or account is known from it alone,
    nothing_loaded   the file has the content of another and adds nothing.
All but late, repeated and noted rows are extra rows with ids of their own: the bank itself stays whole.
"""

from __future__ import annotations

import csv
import io
import shutil
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from datagen.exports import FILES
from datagen.model import Planted, World
from datagen.writer import LATE_ROWS, Store

LISTING = "_planted_defects.csv"
KEYS = {
    "customers": ("customerNumber", 19_000_000),
    "account_holders": ("holder_id", 59_000_000),
    "account_transactions": ("transaction_id", 1_900_000_000),
    "payments": ("payment_id", 490_000_000),
}
Tag = tuple[str, str, str, str]
Edit = Callable[[int], str]


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


def _always(value: str) -> Edit:
    return lambda _: value


def _card(words: str) -> Edit:
    return lambda number: f"{words} {luhn_number(number)}"


def _unknown(base: int) -> Edit:
    return lambda number: str(base + number)


# kind, table, column, what the column becomes, where the row ends, how many
EDITS: list[tuple[str, str, str, Edit, str, int]] = [
    ("bad_date", "card_transactions", "transactionDate", _always("02/31/2026"), "dead:not_a_date", 2),
    ("bad_date", "account_transactions", "transaction_date", _always("yesterday"), "dead:not_a_date", 1),
    ("bad_date", "customers", "dateOfBirth", _always("31/02/1980"), "dead:not_a_date", 1),
    ("bad_number", "card_transactions", "transactionAmount", _always("twelve"), "dead:not_a_number", 2),
    ("bad_number", "payments", "amount", _always("12.3.4"), "dead:not_a_number", 1),
    ("out_of_range", "account_transactions", "amount", _always("-25.00"), "dead:out_of_range", 1),
    ("out_of_range", "customers", "dateOfBirth", _always("04/07/1850"), "dead:out_of_range", 1),
    ("missing_value", "account_transactions", "account_id", _always(""), "dead:null_in_required", 1),
    ("missing_value", "card_transactions", "customerNumber", _always(""), "dead:null_in_required", 1),
    ("missing_value", "account_holders", "holder_role", _always(""), "dead:null_in_required", 1),
    ("too_long", "card_transactions", "merchantName", _always("Endless Emporium " * 7), "dead:too_long", 1),
    ("too_long", "customers", "City", _always("Ñ" * 40), "dead:too_long", 1),
    ("card_number", "account_transactions", "notes", _card("paid with"), "dead:card_number", 2),
    ("card_number", "payments", "recipient", _card("Shop"), "dead:card_number", 1),
    ("orphan", "card_transactions", "customerNumber", _unknown(18_000_000), "inferred_member", 5),
    ("orphan", "account_transactions", "account_id", _unknown(48_000_000), "inferred_member", 3),
]  # fmt: skip
REPEATS = [("account_transactions", 2), ("customers", 1), ("payments", 1)]
COPIED_FILES = ["customers", "account_transactions", "card_transactions"]


class Sheet:
    """The lines of one file; a line that was planted carries a tag."""

    def __init__(self, path: Path) -> None:
        """Read the file."""
        self.path = path
        header, *self.lines = path.read_bytes().splitlines(keepends=True)
        self._header = header
        self.columns = header.decode().strip().split(",")
        self.tags: list[Tag | None] = [None] * len(self.lines)

    def pick(self, number: int) -> int:
        """Find an untagged line, another for each number."""
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


class Planter:
    """Spreads the defects over the daily files after the first, or over the first if there is no other."""

    def __init__(self, out: Path, world: World) -> None:
        """Plant nothing yet."""
        self._out, self._world = out, world
        self._sheets: dict[tuple[str, int], Sheet] = {}
        self._count = 0
        self.added: Counter[str] = Counter()

    def sheet(self, table: str, day: int) -> Sheet | None:
        """Open the file of a table for a day, None if there is none."""
        name = f"{table}_{self._world.start + timedelta(days=day)}.csv"
        path = self._out / FILES[table][0] / name
        if (table, day) not in self._sheets and path.exists():
            self._sheets[table, day] = Sheet(path)
        return self._sheets.get((table, day))

    def next(self, table: str, *, last: int | None = None) -> tuple[Sheet, int, int] | None:
        """Take the next place for a defect: sheet, day and position of an untouched row."""
        self._count += 1
        first, days = (0, 1) if self._world.days == 1 else (1, (last or self._world.days - 1))
        for step in range(days):
            day = first + (self._count + step) % days
            sheet = self.sheet(table, day)
            at = sheet.pick(self._count) if sheet is not None else -1
            if sheet is not None and at >= 0:
                return sheet, day, at
        return None

    def tag_late(self, store: Store) -> None:
        """Tag the events that were held back, by the positions at which they were written."""
        for table in LATE_ROWS:
            for day in range(1, self._world.days):
                for number, key, _ in store.late_rows(table, day):
                    sheet = self.sheet(table, day)
                    if sheet is not None:
                        column = "transactionDate" if table == "card_transactions" else "transaction_date"
                        sheet.tags[number - 1] = ("late_row", column, key, "raw_once")

    def extra_row(self, table: str, sheet: Sheet, at: int) -> tuple[dict[str, str], str]:
        """Copy a row as one that no other row shares its id with."""
        row = sheet.row(at)
        if table in KEYS:
            column, base = KEYS[table]
            row[column] = str(base + self._count)
        if table == "account_transactions":
            row["balance_after"] = ""
        return row, KEYS.get(table, ("customerNumber", 0))[0]

    def edits(self) -> None:
        """Insert rows with one bad, odd or unknown value."""
        for kind, table, column, edit, expected, count in EDITS:
            for _ in range(count):
                place = self.next(table)
                if place is None:
                    continue
                sheet, _, at = place
                row, key = self.extra_row(table, sheet, at)
                row[column] = edit(self._count)
                self._insert(
                    table, sheet, at, to_line(list(row.values())), (kind, column, row[key], expected)
                )

    def broken_lines(self) -> None:
        """Insert lines with a field too few, a field too many, and bytes that are no UTF-8."""
        for kind, expected in (
            ("missing_field", "dead:wrong_field_count"),
            ("extra_field", "dead:wrong_field_count"),
            ("bad_encoding", "dead:bad_encoding"),
        ):
            for table in ("card_transactions", "account_transactions"):
                place = self.next(table)
                if place is None:
                    continue
                sheet, _, at = place
                row, key = self.extra_row(table, sheet, at)
                column = "merchantName" if table == "card_transactions" else "notes"
                values = list(row.values())
                if kind == "missing_field":
                    line = to_line(values[:-2])
                elif kind == "extra_field":
                    line = to_line([*values, "surplus"])
                else:
                    row[column] = "Caf@@"
                    line = to_line(list(row.values())).replace(b"@@", b"\xe9\xff")
                where = column if kind == "bad_encoding" else ""
                self._insert(table, sheet, at, line, (kind, where, row[key], expected))

    def repeats(self) -> None:
        """Repeat rows within a file: keyed rows as errors, card rows as a second equal purchase."""
        for table, count in REPEATS:
            for _ in range(count):
                place = self.next(table)
                if place is not None:
                    sheet, _, at = place
                    column = KEYS[table][0]
                    tag = ("duplicate_row", column, sheet.row(at)[column], "dead:duplicate_key")
                    self._insert(table, sheet, at, sheet.lines[at], tag)
        for _ in range(2):
            place = self.next("card_transactions")
            if place is not None:
                sheet, _, at = place
                tag = ("equal_rows", "", sheet.row(at)["customerNumber"], "raw_twice")
                self._insert("card_transactions", sheet, at, sheet.lines[at], tag)
                sheet.tags[at] = tag

    def redeliveries(self) -> None:
        """Repeat card rows of one day in the file of the next."""
        for _ in range(3 if self._world.days > 2 else 0):  # noqa: PLR2004
            place = self.next("card_transactions", last=self._world.days - 2)
            target = self.sheet("card_transactions", place[1] + 1) if place else None
            if place is not None and target is not None:
                sheet, _, at = place
                tag = ("redelivered_row", "", sheet.row(at)["customerNumber"], "raw_twice")
                self._insert("card_transactions", target, target.pick(self._count), sheet.lines[at], tag)

    def notes(self) -> None:
        """Write a long number that is no card number into the notes of two postings."""
        for _ in range(2):
            place = self.next("account_transactions")
            if place is not None:
                sheet, _, at = place
                row = sheet.row(at)
                row["notes"] = f"reference {luhn_number(self._count, valid=False)}"
                sheet.lines[at] = to_line(list(row.values()))
                sheet.tags[at] = ("not_a_card_number", "notes", row["transaction_id"], "raw_once")

    def save(self) -> tuple[list[Planted], list[Path]]:
        """Write the changed files, then copy a few of them under another name."""
        planted = [entry for _, sheet in sorted(self._sheets.items()) for entry in sheet.save()]
        copies = []
        for table in COPIED_FILES:
            place = self.next(table)
            if place is not None:
                copy = place[0].path.with_name(f"{place[0].path.stem}_2.csv")
                shutil.copyfile(place[0].path, copy)
                self.added[table] += len(place[0].lines)
                original = place[0].path.name
                planted.append(Planted("duplicate_file", copy.name, None, "", original, "nothing_loaded"))
                copies.append(copy)
        return planted, copies

    def _insert(self, table: str, sheet: Sheet, at: int, line: bytes, tag: Tag) -> None:
        sheet.insert(at, line, tag)
        self.added[table] += 1


def plant(out: Path, world: World, store: Store) -> tuple[tuple[Planted, ...], list[Path], Counter[str]]:
    """Plant the defects and write their list.

    Returns:
        What was planted, the copied files, and the rows that came on top by table.
    """
    planter = Planter(out, world)
    planter.tag_late(store)
    planter.edits()
    planter.broken_lines()
    planter.repeats()
    planter.notes()
    planter.redeliveries()
    planted, copies = planter.save()
    rows = [
        [entry.kind, entry.file, str(entry.row_number or ""), entry.column, entry.key, entry.expected]
        for entry in planted
    ]
    header = ["kind", "file", "row_number", "column", "key", "expected"]
    (out / LISTING).write_bytes(b"".join(map(to_line, [header, *rows])))
    return tuple(planted), copies, planter.added
