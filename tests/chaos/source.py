"""The files that are loaded under fire, and an independent reading of them with the csv module."""

from __future__ import annotations

import csv
import hashlib
import random
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path

from loaders.settings import PROJECT_ROOT

SALES, PRICES = "sales", "prices"
SALES_DAY = date(2025, 1, 31)
HEADER = ("id", "day", "amount", "pieces", "note")
NOTES = ("plain", "with, comma", 'with ""quotes""', "Zürich", "näïve ☂")
_HELD_BACK = re.compile(r"prices_(\d{4}-\d{2}-\d{2})")

CONTRACT = """
version: 2
sources:
  - name: shop
    schema: raw
    tables:
"""
TABLE = """
      - name: {name}
        identifier: shop__{name}
        config: {{meta: {{delivery: {delivery}, columns: strict, contract_version: 1, key: [id]}}}}
        columns:
          - {{name: id, data_type: varchar(20), config: {{meta: {{pii: none, nullable: false}}}}}}
          - {{name: day, data_type: date, config: {{meta: {{pii: none, min: "2000-01-01"}}}}}}
          - {{name: amount, data_type: "decimal(18,2)", config: {{meta: {{pii: none}}}}}}
          - {{name: pieces, data_type: integer, config: {{meta: {{pii: none}}}}}}
          - {{name: note, data_type: varchar(40), config: {{meta: {{pii: none}}}}}}
"""
MAPPING = r"""
name: chaos
description: Files that are loaded under fire.
files:
  - pattern: "sales*"
    table: shop.sales
    file_date: 2025-01-31
  - pattern: "prices*"
    table: shop.prices
    file_date: {regex: '_(\d{4}-\d{2}-\d{2})'}
"""

Values = tuple[str, ...]
Identity = tuple[str, str, date | None]


@dataclass(frozen=True)
class Planned:
    """What must become of one content: its good rows by number, and the numbers of its bad ones."""

    identity: Identity
    good: dict[int, Values]
    dead: frozenset[int]


def identity(table: str, sha256: str, file_date: date) -> Identity:
    """Tell what counts as the same load: an event's content, a picture's content and day."""
    return (table, sha256, file_date if table == PRICES else None)


def write_project(folder: Path) -> None:
    """Write a project of two tables, with the loader's own tables and targets as the real one has them."""
    staging = folder / "models" / "staging"
    tables = TABLE.format(name=SALES, delivery="events") + TABLE.format(name=PRICES, delivery="full")
    (staging / "shop").mkdir(parents=True)
    (staging / "shop" / "_shop__sources.yml").write_text(CONTRACT + tables)
    real = PROJECT_ROOT / "models" / "staging" / "ops"
    shutil.copytree(real, staging / "ops")
    shutil.copy(PROJECT_ROOT / "profiles.yml", folder)
    (folder / "chaos.yml").write_text(MAPPING)


def write_files(landing: Path, seed: int, rows: int = 200) -> None:
    """Write five files: events and pictures, with and without bad rows, one copied, one that is all bad."""
    rng = random.Random(f"source {seed}")  # noqa: S311 - no secret
    landing.mkdir(parents=True)
    (landing / "sales_1.csv").write_text(_table(rng, rows, 0.1), "utf-8")
    shutil.copy(landing / "sales_1.csv", landing / "sales_1_copy.csv")
    (landing / "sales_bad.csv").write_text(_table(rng, 6, 1.0), "utf-8")
    picture = _table(rng, rows, 0.0)
    for day in range(2):
        (landing / f"prices_{SALES_DAY + timedelta(days=day)}.csv").write_text(picture, "utf-8")


def write_many(landing: Path, files: int, rows: int = 12) -> None:
    """Write many small files of events, for races."""
    rng = random.Random(f"many {files}")  # noqa: S311 - no secret
    landing.mkdir(parents=True)
    for number in range(files):
        (landing / f"sales_{number:03}.csv").write_text(_table(rng, rows, 0.1), "utf-8")


def _table(rng: random.Random, rows: int, bad: float) -> str:
    lines = [",".join(HEADER)]
    first = rng.randrange(10**9)
    for number in range(rows):
        cells = [
            f"k{first + number}",
            str(date(2025, 1, 1) + timedelta(days=rng.randrange(365))),
            f"{rng.randrange(-(10**7), 10**7) / 100:.2f}",
            str(rng.randrange(100)) if rng.random() < 0.9 else "",
            f'"{rng.choice(NOTES)}"',
        ]
        lines.append(",".join(_spoil(rng, cells) if rng.random() < bad else cells))
        if rng.random() < bad / 3:
            lines.append(lines[-1])
    return "\n".join(lines) + "\n"


def _spoil(rng: random.Random, cells: list[str]) -> list[str]:
    kind = rng.randrange(6)
    if kind == 0:
        return [*cells, "one too many"]
    place, value = ((0, ""), (0, "k" * 21), (1, "2025-02-30"), (2, "12,5x"), (3, "1.5"))[kind - 1]
    return [f'"{value}"' if i == place and value else "" if i == place else c for i, c in enumerate(cells)]


def read_source(landing: Path) -> dict[Identity, Planned]:
    """Read the files as a stranger would: with csv, and a judgement of each row of its own."""
    planned = {}
    for path in sorted(landing.iterdir()):
        table = path.name.partition("_")[0]
        found = _HELD_BACK.search(path.name)
        day = date.fromisoformat(found[1]) if found else SALES_DAY
        key = identity(table, hashlib.sha256(path.read_bytes()).hexdigest(), day)
        planned[key] = Planned(key, *_judge_all(path))
    return planned


def _judge_all(path: Path) -> tuple[dict[int, Values], frozenset[int]]:
    good: dict[int, Values] = {}
    dead: set[int] = set()
    keys: set[str] = set()
    for number, cells in _rows(path):
        values = _judge(cells)
        if values is None or values[0] in keys:
            dead.add(number)
        else:
            keys.add(values[0])
            good[number] = values
    return good, frozenset(dead)


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    with path.open(encoding="utf-8", newline="") as stream:
        lines = csv.reader(stream)
        next(lines)
        yield from enumerate(lines, start=1)


def _judge(cells: list[str]) -> Values | None:
    if len(cells) != len(HEADER):
        return None
    key, day, amount, pieces, note = cells
    try:
        date.fromisoformat(day)
        money = Decimal(amount).quantize(Decimal("0.01"))
        count = str(int(pieces)) if pieces else ""
    except (ValueError, InvalidOperation):
        return None
    return (key, day, str(money), count, note) if 0 < len(key) <= 20 else None
