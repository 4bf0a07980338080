"""Files with a card number and an e-mail address in every text column of every table, and what finds them.

Names and telephone numbers, which nothing can tell from other words, are in the columns classed as direct.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from loaders.contract import Column, TableContract

SUBJECT = "7000001"
MAIL = "sue@canary.example"
PHONE = "+1 555 010 0199"
NAME = "Sue Canary"
BIN = "4000001"  # every planted card number begins so, and nothing else does
CARD = re.compile(BIN.encode() + rb"[0-9]{9}")
FORMS = ("{0}{1}{2}{3}", "{0} {1} {2} {3}", "{0}-{1}-{2}-{3}", "no {0}{1}{2}{3}, or so")
DAYS = {"csv": "2025-01-30", "ndjson": "2025-01-31"}
DAY = r"_(\d{4}-\d\d-\d\d)"
MAPPING = """
name: canary
description: For the canaries.
file_date: 2025-01-01
files:
"""
ENTRY = """
  - pattern: "{source}/{{table}}_*.{kind}"
    table: "{source}.{{table}}"
    file_date: {{regex: '{day}'}}
"""


def card(number: int) -> str:
    """Give the n-th card number, valid by Luhn's rule, written plainly or in groups."""
    digits = f"{BIN}{number:08d}"
    total = sum(int(d) if place % 2 else (2 * int(d) - 9 * (int(d) > 4)) for place, d in enumerate(digits))
    whole = digits + str(-total % 10)
    groups = [whole[start : start + 4] for start in range(0, 16, 4)]
    return FORMS[number % len(FORMS)].format(*groups)


@dataclass
class Planter:
    """Makes rows and keeps count of the canaries."""

    contracts: Mapping[str, TableContract]
    cards: int = 0
    keys: int = 0

    def write(self, folder: Path) -> None:
        """Write a file of each format for each table."""
        for contract in self.contracts.values():
            for kind, day in DAYS.items():
                path = folder / contract.source / f"{contract.name}_{day}.{kind}"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(_text(kind, list(self.rows(contract)), self.broken(contract)))

    def rows(self, contract: TableContract) -> Iterator[dict[str, Any]]:
        """Give a plain row, and two for each column of text: with a card number, with an address."""
        columns = [column for column in contract.columns if not column.token_of]
        for _ in range(12):  # so many good ones that no column looks as if it had changed its type
            yield self.row(contract, columns)
        for column in columns:
            row = self.row(contract, columns)
            if column.card_number_check:  # a digest of sixteen digits may look like a card's number
                self.cards += 1
                yield row | {column.name: card(self.cards)}
            if column.base_type == "varchar":
                yield self._with_address(contract, columns, column)

    def _with_address(self, contract: TableContract, columns: list[Column], column: Column) -> dict[str, Any]:
        row = self.row(contract, columns) | {column.name: MAIL}
        if column.identifies == "customer" and "email" in row:
            # The row names another customer, so its own ways to reach him must be others too.
            row |= {"email": "other@safe.example", "phone": "+1 555 010 0111"}
        if column.identifies == "customer":
            row |= {c.name: "other" for c in columns if c.pii == "direct" and not c.identifies}
        return row

    def row(self, contract: TableContract, columns: list[Column]) -> dict[str, Any]:
        """Give a good row of the customer who will be erased."""
        self.keys += 1
        return {column.name: self.value(contract, column) for column in columns}

    def value(self, contract: TableContract, column: Column) -> str:
        """Give a value that the contract takes."""
        if column.identifies == "customer":
            return SUBJECT
        if column.name in contract.key and column.base_type in {"varchar", "integer"}:
            return f"{column.name[:1] if column.base_type == 'varchar' else ''}{self.keys}"
        known = {"account_id": "a1", "holder_id": "h1", "loan_id": "l1"}
        known |= {"transactiontime": "10:00", "email": MAIL, "phone": PHONE}
        if column.pii == "direct" and not column.identifies:
            return f"{NAME} {PHONE}"
        if column.matches and not re.fullmatch(column.matches, known.get(column.name, "")):
            return column.matches.partition("|")[0]
        plain = {"date": "2020-01-01", "timestamp": "2020-01-01 10:00:00", "boolean": "true"}
        plain |= {"integer": "1", "bigint": "1", "decimal": "1.00"}
        return known.get(column.name) or plain.get(column.base_type, "x")

    def broken(self, contract: TableContract) -> str:
        """Give a line that can't be split into columns, with a canary of each kind."""
        self.cards += 1
        return f"{SUBJECT},{MAIL},{card(self.cards)}" + ",x" * (len(contract.columns) + 2)


def _text(kind: str, rows: list[dict[str, Any]], broken: str) -> str:
    if kind == "ndjson":
        lines = [json.dumps({name: _plain(value) for name, value in row.items()}) for row in rows]
        return "\n".join([*lines, "{" + broken]) + "\n"
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue() + broken + "\n"


def _plain(value: str) -> str | int:
    # A plain card number is a number in JSON, not a text.
    return int(value) if CARD.fullmatch(value.encode()) else value


def mapping_text(contracts: Mapping[str, TableContract]) -> str:
    """Give a mapping that reads all the files."""
    sources = sorted({contract.source for contract in contracts.values()})
    return MAPPING.strip() + "".join(
        ENTRY.rstrip().format(source=source, kind=kind, day=DAY) for source in sources for kind in DAYS
    )


def cards_in_files(folder: Path, *, without: Path) -> list[str]:
    """Give the files below a folder that hold a card number; Parquet is read, others searched as bytes."""
    found = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and not p.is_relative_to(without)):
        content = _parquet_text(path) if path.suffix == ".parquet" else path.read_bytes()
        if CARD.search(re.sub(rb"[ -]", b"", content)):
            found.append(str(path))
    return found


def texts_in_files(text: str, folder: Path, *, without: Path) -> list[str]:
    """Give the files below a folder that hold a text, in any case."""
    found = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and not p.is_relative_to(without)):
        content = _parquet_text(path) if path.suffix == ".parquet" else path.read_bytes()
        if text.lower().encode() in content.lower():
            found.append(str(path))
    return found


def _parquet_text(path: Path) -> bytes:
    return str(duckdb.sql(f"select * from read_parquet('{path}')").fetchall()).encode()  # noqa: S608
