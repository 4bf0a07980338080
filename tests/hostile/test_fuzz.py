"""Names and values of any kind: they arrive to the byte or are refused, and none of them becomes SQL."""

from __future__ import annotations

import csv
import io
import json
import random
from typing import Any

import duckdb
import pytest
import yaml

from loaders import sql
from loaders.warehouse import open_warehouse

COLUMNS = 250
ROWS = 8
SEEDS = range(10)
# Pieces of SQL, of paths, of JSON, of what the loader itself calls things, and letters of all kinds. There
# is no @ in them: what looks like an e-mail address is masked on purpose.
PIECES = [
    '"',
    '""',
    "'",
    "''",
    ";",
    "--",
    "/*",
    "*/",
    "\\",
    "$$",
    "$1",
    "?",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    ",",
    ".",
    "~",
    "drop table canary",
    "'; drop table canary; --",
    '"; drop table canary; --',
    "select",
    " union all ",
    "%",
    "*",
    "{{ canary }}",
    "{% raw %}",
    "..",
    "/",
    "`",
    "\t",
    " ",
    "\u00a0",
    "\u200b",
    "é",
    "ß",
    "İ",
    "中",
    "🏦",
    "\x01",
    "\x7f",
    "a",
    "B",
    "null",
    "NaN",
    "=1+1",
    "~v0",
    "~t0",
    "~m0",
    "~verdict",
    "~reason",
    "~raw",
    "~line",
    "~problem",
    "_row_number",
    "file_row_number",
    "cells",
    "line",
    "fault",
    "kinds",
    "rowid",
    "bm_has_card",
    "\ufeff",
    "\u202e",
]
# What the loader's own SQL calls things: those with a tilde are refused as names, the others are free.
TAKEN = ["~v0", "~t0", "~M0", "~verdict", "~reason", "~column", "~detail", "~raw", "~line", "~problem"]
OWN = ["cells", "line", "fault", "kinds", "file_row_number", "_row_number", "rowid", "position", "filename"]


def text(rng: random.Random) -> str:
    return "".join(rng.choice(PIECES) for _ in range(rng.randrange(1, 6)))


def names_of(rng: random.Random, count: int) -> list[str]:
    """Make different names, those first that the loader's own SQL uses."""
    names: dict[str, str] = {name: name for name in OWN}
    while len(names) < count:
        name = text(rng).strip().removeprefix("\ufeff").strip()
        if name and not name.startswith(("$", "~")):
            names.setdefault(name.lower(), name)
    return list(names.values())[:count]


def declare(bank: Any, names: list[str]) -> None:
    columns = [
        {"name": f"c{i}", "data_type": "varchar(400)", "config": {"meta": {"pii": "none"}}}
        for i in range(len(names))
    ]
    contract = yaml.safe_load(bank.contract)
    table = contract["sources"][0]["tables"][0]
    table["columns"] = columns
    table["config"]["meta"] |= {"key": [], "columns": "strict"}
    bank.contract = yaml.safe_dump(contract)
    bank.declare()
    mapping = yaml.safe_load(bank.mapping_text)
    mapping["defaults"] = {"trim": False, "null_values": ["never"]}
    mapping["files"][0]["columns"] = {f"c{i}": {"from": name} for i, name in enumerate(names)}
    bank.mapping_text = yaml.safe_dump(mapping)


def as_csv(names: list[str], rows: list[list[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([names, *rows])
    return out.getvalue().encode()


def as_ndjson(names: list[str], rows: list[list[str]]) -> bytes:
    return "\n".join(json.dumps(dict(zip(names, row, strict=True))) for row in rows).encode()


@pytest.mark.parametrize("seed", SEEDS)
def test_fuzzed_headers_keys_and_values_arrive_to_the_byte(bank: Any, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311
    names = names_of(rng, COLUMNS)
    rows = [[text(rng) for _ in names] for _ in range(ROWS)]
    declare(bank, names)
    with open_warehouse(bank.settings) as warehouse:
        warehouse.query("create table canary as select 1 as alive")
    write, kind = [(as_csv, "csv"), (as_ndjson, "ndjson")][seed % 2]
    result = bank.load_file(f"sales{text(rng).replace('/', '')[:20]}.{kind}", write(names, rows))
    if "control characters" in (result.error or ""):
        result = bank.load_file(f"sales.{kind}", write(names, rows))
    assert (result.error, result.rows_loaded) == (None, ROWS), bank.dead("reason_code, column_name, detail")
    found = bank.rows(", ".join(f"c{i}" for i in range(len(names))))
    pairs = zip(found, rows, strict=True)
    assert [x for row, want in pairs for x in zip(row, want, names, strict=True) if x[0] != x[1]] == []
    assert bank.rows("file_name", "ops.load_ledger") == [(result.file_name,)]
    assert bank.query("select alive from canary") == [{"alive": 1}]


@pytest.mark.parametrize("policy", ["strict", "ignore_extra", "evolve"])
def test_a_column_never_takes_the_place_of_the_loaders_own(bank: Any, policy: str) -> None:
    bank.declare(policy)
    for name in [*TAKEN, *(["file_row_number", "_load_id"] if policy == "evolve" else [])]:
        result = bank.load_file("sales.csv", f'id,day,amount,"{name}"\n1,,1,good\n')
        assert (result.status, result.exit_code, name in result.error) == ("failed", 8, True), result


def test_fuzzed_settings_of_a_mapping_are_refused_or_mean_what_they_say(bank: Any) -> None:
    rng = random.Random(1)  # noqa: S311
    with open_warehouse(bank.settings) as warehouse:
        warehouse.query("create table canary as select 1 as alive")
    plain = yaml.safe_load(bank.mapping_text)
    for index in range(25):
        old, new = text(rng), text(rng)
        entry: dict[str, Any] = {
            "others": "by_name",
            "columns": {"note": {"map": {old: new}, "default": text(rng)[:9]}},
        }
        entry["columns"]["id"] = {"value": f"v{index}"}
        plain["defaults"] = {"delimiter": rng.choice([",", ";", "'", "|", "\\"]), "quote": '"'}
        bank.mapping_text = yaml.safe_dump(
            plain | {"files": [plain["files"][0] | entry]}, allow_unicode=False
        )
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter=plain["defaults"]["delimiter"], quoting=csv.QUOTE_ALL)
        writer.writerows([["day", "amount", "note"], ["2025-01-01", str(index), old]])
        result = bank.load_file("sales.csv", out.getvalue())
        if result.error is None and result.rows_loaded:
            kept = new if old.strip() and old == old.strip() else None
            found = bank.query(f"select note from raw.shop__sales where id = 'v{index}'")  # noqa: S608
            assert kept is None or found == [{"note": kept}], (old, new)
    assert bank.query("select count(*) > 5 as many from raw.shop__sales") == [{"many": True}]
    assert bank.query("select alive from canary") == [{"alive": 1}]


def test_names_and_literals_come_back_as_they_were() -> None:
    rng = random.Random(7)  # noqa: S311
    names = names_of(rng, 10_000)
    values = [text(rng) + rng.choice(["", "\0", "\0\0x"]) for _ in names]
    with duckdb.connect() as connection:
        connection.execute("create table canary as select 1 as alive")
        for start in range(0, len(names), 1000):
            part, held = names[start : start + 1000], values[start : start + 1000]
            pairs = ", ".join(f"{sql.literal(v)} as {sql.name(n)}" for n, v in zip(part, held, strict=True))
            found = connection.execute(f"select {pairs}")
            assert [column[0] for column in found.description or ()] == part
            assert list(found.fetchone() or ()) == held
        assert connection.execute("select alive from canary").fetchone() == (1,)
