"""Keeps the generated bank in a DuckDB file on disk and writes its daily files from there."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from datagen import vocab
from datagen.activity import ONLINE
from datagen.exports import FILES
from datagen.model import Tables, World

LATE_ROWS = {"card_transactions": ("seq", "bought", 12), "account_transactions": ("transaction", "posted", 8)}
LATEST = 40


class Store:
    """The generated bank on disk; memory holds one chunk of customers at a time."""

    def __init__(self, folder: Path, world: World) -> None:
        """Open an empty store in `folder`."""
        self._world = world
        self._db = duckdb.connect(
            str(folder / "bank.duckdb"),
            config={"threads": 2, "memory_limit": "1GB", "temp_directory": str(folder / "spill")},
        )
        self._seen: set[str] = set()

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def add(self, tables: Tables) -> None:
        """Append the rows of one chunk."""
        for name, rows in tables.items():
            self._db.register("chunk", rows)
            verb = f"insert into {name}" if name in self._seen else f"create table {name} as"
            self._db.execute(f"{verb} select * from chunk")  # noqa: S608
            self._db.unregister("chunk")
            self._seen.add(name)

    def add_reference(self) -> None:
        """Add cities, branches and products."""
        self.add({"cities": _cities(), "branches": _branches(self._world.seed), "products": _products()})

    def delay_some(self) -> None:
        """Hold a few events back, so that they stand in the file of a later day, up to 40 days late."""
        for table, (key, day, count) in LATE_ROWS.items():
            self._db.execute(f"alter table {table} add column is_late boolean default false")
            for number in range(count if self._world.days > 1 else 0):
                file_day = 1 + number % (self._world.days - 1)
                lag = LATEST if number == 0 else 1 + number * 7 % LATEST
                self._db.execute(
                    f"""update {table} set file_day = $file_day, is_late = true
                    where {key} = (select min({key}) from {table} where {day} = $start::date + $offset
                    and not is_late)""",  # noqa: S608
                    {"file_day": file_day, "start": self._world.start, "offset": file_day - lag},
                )

    def late_rows(self, table: str, file_day: int) -> list[tuple[int, str, int]]:
        """List row number, key and days late of the late rows of one file, as it was written."""
        key, day, _ = LATE_ROWS[table]
        name, order = ("customer", "bought, minute, seq") if table == "card_transactions" else (key, key)
        return self._db.execute(
            f"""select number, {name}::varchar, $start::date + $day - {day} from (
                select *, row_number() over (order by {order}) as number from {table} where file_day = $day
            ) where is_late order by number""",  # noqa: S608
            {"start": self._world.start, "day": file_day},
        ).fetchall()

    def write(self, out: Path, table: str, day: int) -> tuple[Path, int] | None:
        """Write the file of a table for a day, and return it with its rows; None if there is none."""
        folder, statement, every = FILES[table]
        if day % every:
            return None
        name = f"{table}_{self._world.start + timedelta(days=day)}.csv"
        path = out / folder / name
        copy = f"copy ({statement.substitute(day=day)}) to '{_quoted(path)}' (header, delimiter ',')"
        rows = int(self._db.execute(copy).fetchall()[0][0])
        if not rows:
            path.unlink()
            return None
        return path, rows


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _cities() -> pa.Table:
    rows = [(place, *city[:4]) for place, city in enumerate(vocab.CITIES)]
    columns = list(zip(*[*rows, (ONLINE, "ONLINE", None, None, None)], strict=True))
    return pa.table(
        {
            "place": pa.array(columns[0], pa.int64()),
            "name": pa.array(columns[1], pa.string()),
            "code": pa.array(columns[2], pa.string()),
            "state": pa.array(columns[3], pa.string()),
            "zip": pa.array(columns[4], pa.string()),
        }
    )


def _branches(seed: int) -> pa.Table:
    rng = np.random.default_rng([seed, 2])
    n = 2 * len(vocab.CITIES)
    cities = [vocab.CITIES[branch // 2] for branch in range(n)]
    regions = {code: region for region, codes in vocab.REGIONS.items() for code in codes}
    return pa.table(
        {
            "branch": np.arange(n),
            "branch_name": [
                f"{city[0]} {('Central', 'Park')[branch % 2]}" for branch, city in enumerate(cities)
            ],
            "city": [city[0] for city in cities],
            "state_code": [city[1] for city in cities],
            "region": [regions[city[1]] for city in cities],
            "inhabitants": rng.integers(80_000, 1_500_000, n),
            "average_salary": rng.integers(3_200, 6_800, n),
            "unemployment_rate": np.round(rng.uniform(2.5, 7.5, n), 2),
        }
    )


def _products() -> pa.Table:
    rows = [(*product, 0) for product in vocab.PRODUCTS] + [(*vocab.NEW_PRODUCT, 7)]
    names = ["product_code", "product_name", "product_family", "from_day"]
    return pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))
