"""Plants defects in the daily files, by rate, and lists each with its place and where it should end.

`expected` in the list is one of
    dead:<reason>    the row becomes a dead letter with this reason code,
    raw_once         the row is good and stands in raw once,
    raw_twice        the row stands in raw twice: equal rows of one file are two transactions, a
                     redelivered row of the next day's file is the same transaction again,
    inferred_member  the row is loaded, and its customer or account is known from it alone,
    unknown_rule     the row is loaded, and forbids contact by the rule for what nobody understands,
    nothing_loaded   the file has the content of another and adds nothing,
    all_loaded       the file is odd as a whole, and all of its rows are loaded,
    refused          the file lacks a column or has one too many: it stays out whole (in `_drifted/`, apart).
All but late, repeated, noted and shared rows are extra rows with ids of their own: the bank stays whole.
"""

from __future__ import annotations

import shutil
from collections import Counter, defaultdict
from pathlib import Path

from datagen.exports import EXPORTS
from datagen.faults import (
    EDITS,
    KEYS,
    Act,
    break_line,
    edit_row,
    note_number,
    repeat_row,
    share_address,
)
from datagen.model import Planted, World
from datagen.sheets import Sheet, to_line
from datagen.writer import Writer

LISTING, DRIFTED = "_planted_defects.csv", "_drifted"
HEADER = ["kind", "file", "row_number", "column", "key", "expected"]
# each defect comes as often as said below for every so many rows of its table in the daily files
ROWS_PER_ROUND = 20_000
REPEATS = [("account_transactions", 2), ("customers", 1), ("payments", 1)]
BROKEN_LINES = ["missing_field", "extra_field", "bad_encoding"]
COPIED_FILES = ["customers", "account_transactions", "card_transactions", "digital_sessions"]
TURNED_FILES = ["payments", "branch_visits"]
DRIFTED_FILES = [("payments", "payment_method", "method"), ("campaign_contacts", "channel", "")]


class Planter:
    """Plans where each defect goes and changes one file at a time, day by day."""

    def __init__(self, out: Path, world: World, writer: Writer) -> None:
        """Plan nothing yet."""
        self._out, self._world, self._writer = out, world, writer
        self._plans: dict[tuple[int, str], list[tuple[Act, int]]] = defaultdict(list)
        self._count = 0
        self._first = 0 if world.days == 1 else 1
        self.planted: list[Planted] = []
        self.copies: list[Path] = []
        self.added: Counter[str] = Counter()

    def days(self, table: str) -> list[int]:
        """List the days with a daily file of a table after the first, or the first if there is no other."""
        there = range(self._first, self._world.days)
        return [day for day in there if self._writer.path(table, day) in self._writer.by_file]

    def rounds(self, table: str) -> int:
        """Tell how often each defect of a table is planted."""
        rows = sum(self._writer.by_file[self._writer.path(table, day)] for day in self.days(table))
        return max(rows // ROWS_PER_ROUND, 1)

    def plan(self, table: str, act: Act, times: int, *, last: int | None = None, rows: int = 1) -> None:
        """Spread a defect over the daily files of a table that have rows enough for it."""
        enough = [
            day for day in self.days(table) if self._writer.by_file[self._writer.path(table, day)] >= rows
        ]
        days = [day for day in enough if last is None or day <= last]
        for _ in range(times * self.rounds(table)):
            self._count += 1
            if days:
                self._plans[days[self._count % len(days)], table].append((act, self._count))

    def plan_all(self) -> None:
        """Plan every kind."""
        for kind, table, column, edit, expected, times in EDITS:
            self.plan(table, edit_row(table, column, edit, (kind, expected)), times)
        for kind in BROKEN_LINES:
            for table in ("card_transactions", "account_transactions"):
                self.plan(table, break_line(table, kind), 1)
        for table, times in REPEATS:
            self.plan(table, repeat_row(KEYS[table][0], "duplicate_row", "dead:duplicate_key"), times)
        self.plan("card_transactions", repeat_row("customerNumber", "equal_rows", "raw_twice"), 2)
        self.plan("account_transactions", note_number, 2)
        self.plan("customer_contacts", share_address, 3, rows=2)
        if self._world.days > 2:  # noqa: PLR2004
            self.plan("card_transactions", self._redeliver, 3, last=self._world.days - 2)

    def _redeliver(self, sheet: Sheet, number: int) -> None:
        """Repeat a card row of one day in the file of the next."""
        at, day = sheet.pick(number), self._world.offset_of(sheet.path.stem[-10:])
        line, key = sheet.lines[at], sheet.row(at)["customerNumber"]

        def insert(target: Sheet, count: int) -> None:
            target.insert(target.pick(count), line, ("redelivered_row", "", key, "raw_twice"))

        if at >= 0 and self._writer.path("card_transactions", day + 1) in self._writer.by_file:
            sheet.tags[at] = ("redelivered_row_before", "", key, "raw_twice")
            self._plans[day + 1, "card_transactions"].append((insert, number))

    def carry_out(self) -> None:
        """Change the files, the earlier days first."""
        late: dict[str, list[Planted]] = defaultdict(list)
        for entry in self._writer.late:
            late[entry.file].append(entry)
        for day in range(self._world.days):
            for table in EXPORTS:
                path = self._writer.path(table, day)
                if (day, table) in self._plans or (path.name in late and path in self._writer.by_file):
                    self._change(
                        Sheet(path), table, self._plans.get((day, table), []), late.pop(path.name, [])
                    )
        self.planted += [entry for entries in late.values() for entry in entries]

    def _change(self, sheet: Sheet, table: str, acts: list[tuple[Act, int]], late: list[Planted]) -> None:
        for entry in late:
            sheet.tags[(entry.row_number or 0) - 1] = (entry.kind, entry.column, entry.key, entry.expected)
        for act, number in acts:
            if sheet.pick(number) >= 0:
                act(sheet, number)
        self.added[table] += sheet.added
        self._writer.by_file[sheet.path] += sheet.added
        self.planted += [entry for entry in sheet.save() if entry.kind != "redelivered_row_before"]

    def odd_files(self) -> None:
        """Copy files under another name, turn the columns of some, and put drifted ones apart."""
        for number, table in enumerate(COPIED_FILES):
            for path in self._some_file(table, number):
                copy = path.with_name(f"{path.stem}_2.csv")
                shutil.copyfile(path, copy)
                self.added[table] += self._writer.by_file[path]
                self.planted.append(
                    Planted("duplicate_file", copy.name, None, "", path.name, "nothing_loaded")
                )
                self.copies.append(copy)
        for number, table in enumerate(TURNED_FILES):
            for path in self._some_file(table, number + 3):
                sheet = Sheet(path)
                if not any(entry.file == path.name for entry in self.planted):
                    sheet.turn_columns()
                    sheet.save()
                    column = sheet.columns[0]
                    self.planted.append(Planted("turned_columns", path.name, None, column, "", "all_loaded"))
        for number, (table, column, new_name) in enumerate(DRIFTED_FILES):
            for path in self._some_file(table, number + 5):
                self._drift(path, table, column, new_name)

    def _some_file(self, table: str, number: int) -> list[Path]:
        untouched = [
            path
            for day in self.days(table)
            if not any(entry.file == (path := self._writer.path(table, day)).name for entry in self.planted)
        ] or [self._writer.path(table, day) for day in self.days(table)]
        return untouched[number % len(untouched) :][:1] if untouched else []

    def _drift(self, path: Path, table: str, column: str, new_name: str) -> None:
        """Write a file as a source might that has changed its columns without a word."""
        target = self._out / DRIFTED / EXPORTS[table].folder / f"{path.stem}_3.csv"
        target.parent.mkdir(parents=True, exist_ok=True)
        header, _, body = path.read_bytes().partition(b"\n")
        names = header.decode().split(",")
        drifted = [new_name if name == column and new_name else name for name in names]
        if not new_name:
            drifted.append("surplus")
            body = b"".join(line + b",1\n" for line in body.splitlines())
        target.write_bytes(",".join(drifted).encode() + b"\n" + body)
        missing = column if new_name else "surplus"
        self.planted.append(Planted("drifted_columns", f"{target.name}", None, missing, path.name, "refused"))


def plant(out: Path, world: World, writer: Writer) -> tuple[tuple[Planted, ...], list[Path], Counter[str]]:
    """Plant the defects and write their list.

    Returns:
        What was planted, the copied files, and the rows that came on top by table.
    """
    planter = Planter(out, world, writer)
    planter.plan_all()
    planter.carry_out()
    planter.odd_files()
    rows = [
        [entry.kind, entry.file, str(entry.row_number or ""), entry.column, entry.key, entry.expected]
        for entry in planter.planted
    ]
    (out / LISTING).write_bytes(b"".join(map(to_line, [HEADER, *rows])))
    return tuple(planter.planted), planter.copies, planter.added
