"""Writes the rows of each step into the file of their day, and holds some back to a later file."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from string import Template

import duckdb
import numpy as np
import pyarrow as pa

from datagen.exports import EXPORTS
from datagen.model import Ints, Planted, Step, World
from datagen.references import REFERENCES, cities, references

# the column by which a late row is listed, as the generator and as the file name it
LATE_TABLES = {
    "card_transactions": ("customer", "transactionDate"),
    "account_transactions": ("transaction", "transaction_date"),
}
LATE_SHARE, LEAST_LATE, LATEST = 0.0004, 2, 40


@dataclass(frozen=True)
class Held:
    """Rows that come late, with the day of the file that they come in."""

    table: str
    file_day: int
    rows: pa.Table


class Writer:
    """Appends tables to files; only what is held back stays in memory."""

    def __init__(self, out: Path, scratch: Path, world: World) -> None:
        """Write below `out`."""
        self._out, self._part, self._world = out, scratch / "part.csv", world
        self._db = duckdb.connect(
            config={"threads": 2, "memory_limit": "1GB", "temp_directory": str(scratch)}
        )
        self._db.register("cities", cities())
        self._references = references(world)
        self._held: list[Held] = []
        self._rng = np.random.default_rng([world.seed, 3])
        self._file_days = sorted({step.file_day for step in world.steps()})
        self.rows: Counter[str] = Counter()
        self.by_file: Counter[Path] = Counter()
        self.late: list[Planted] = []

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    @property
    def files(self) -> list[Path]:
        """The files written."""
        return list(self.by_file)

    def path(self, table: str, file_day: int) -> Path:
        """Name the file of a table and day."""
        return self._out / EXPORTS[table].folder / f"{table}_{self._world.date(file_day)}.csv"

    def write(self, table: str, rows: pa.Table, step: Step) -> None:
        """Append rows to the file of a step."""
        if table in LATE_TABLES:
            rows = self._hold_back(table, rows, step)
        if rows.num_rows:
            self._append(table, rows, step.file_day)

    def write_references(self, step: Step) -> None:
        """Write the pictures that don't depend on the customers."""
        for table in filter(lambda table: is_due(self._world, table, step), REFERENCES):
            if self._references[table].num_rows:
                self._append(table, self._references[table], step.file_day)

    def _append(self, table: str, rows: pa.Table, file_day: int) -> None:
        path = self.path(table, file_day)
        self._db.register("rows", rows)
        statement = Template(EXPORTS[table].statement).safe_substitute(day=file_day)
        target = self._part if path in self.by_file else path
        copy = f"copy ({statement}) to '{_quoted(target)}' (header {target is path}, delimiter ',')"
        count = int(self._db.execute(copy).fetchall()[0][0])
        if target is self._part:
            with path.open("ab") as whole, target.open("rb") as part:
                while block := part.read(1 << 20):
                    whole.write(block)
        elif not count:
            path.unlink()
        if count:
            self.by_file[path] += count
            self.rows[table] += count

    def _hold_back(self, table: str, rows: pa.Table, step: Step) -> pa.Table:
        """Keep a few rows for a later file, and add those whose file this is behind the others."""
        count = rows.num_rows
        landing = self._landing(np.asarray(rows["event_day"]), step)
        late = landing >= 0
        rows = rows.append_column("late", pa.array(np.zeros(count, dtype=np.int64)))
        for file_day in np.unique(landing[late]):
            self._held.append(Held(table, int(file_day), rows.filter(pa.array(landing == file_day))))
        rows = rows.filter(pa.array(~late))
        ready = [held for held in self._held if (held.table, held.file_day) == (table, step.file_day)]
        self._held = [held for held in self._held if (held.table, held.file_day) != (table, step.file_day)]
        key, column = LATE_TABLES[table]
        number = self.by_file[self.path(table, step.file_day)] + rows.num_rows
        for held in ready:
            numbers = np.arange(1, held.rows.num_rows + 1) + number
            self._list_late(self.path(table, step.file_day), numbers, held.rows[key], column)
            number += held.rows.num_rows
            behind = held.rows.set_column(held.rows.column_names.index("late"), "late", pa.array(numbers))
            rows = pa.concat_tables([rows, behind.cast(rows.schema)], promote_options="none")
        return rows

    def _list_late(self, path: Path, numbers: Ints, keys: pa.ChunkedArray, column: str) -> None:
        for number, key in zip(numbers, keys.to_pylist(), strict=True):
            self.late.append(Planted("late_row", path.name, int(number), column, str(key), "raw_once"))

    def _landing(self, days: Ints, step: Step) -> Ints:
        """Draw for a few rows the day of a later file that they come in; -1 for all others."""
        landing = np.full(len(days), -1, dtype=np.int64)
        later = np.array([day for day in self._file_days if day > step.file_day])
        possible = np.flatnonzero(days + LATEST > step.file_day)
        if not len(later) or not len(possible):
            return landing
        count = min(max(int(len(days) * LATE_SHARE), LEAST_LATE), len(possible))
        chosen = self._rng.choice(possible, count, replace=False)
        wanted = days[chosen] + np.where(
            np.arange(count) % 2 == 0, LATEST, self._rng.integers(1, LATEST, count)
        )
        at = np.minimum(np.searchsorted(later, wanted, side="right") - 1, len(later) - 1)
        fits = (at >= 0) & (later[at] - days[chosen] <= LATEST)
        landing[chosen[fits]] = later[at[fits]]
        return landing


def is_due(world: World, table: str, step: Step) -> bool:
    """Tell whether a picture is sent with the file of a step.

    The daily files hold the slow registers once a week; of the months before, only the first and the last
    hold those of which only the present state is asked.
    """
    if not step.closes_file:
        return False
    if step.first >= 0:
        return step.first % EXPORTS[table].every == 0
    return table in MONTHLY or step.end == 0 or (world.months is not None and step.number == 0)


MONTHLY = {"customers", "accounts", "loans", "campaigns", "campaign_costs"}


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
