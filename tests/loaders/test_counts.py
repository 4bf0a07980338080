"""Counts: what is reported is what an independent count finds in the file, the ledger and the tables."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from loaders.cli.app import app

value = st.sampled_from(["a", "", "é", 'say "hi"', "x,y", "two\nlines", "4111111111111111", "n" * 50])
row = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["a", "b", "", "waytoolongforit"]),
        "day": st.sampled_from(["2025-01-01", "", "soon", "1999-01-01"]),
        "amount": st.sampled_from(["1", "1.5", "1.005", "x", ""]),
        "note": value,
    }
)
defect = st.sampled_from(["none"] * 6 + ["short", "long", "bad_byte", "blank"])


def written(rows: list[tuple[dict[str, str], str]], end: str) -> tuple[bytes, int]:
    """Write a file with defects in it, and count its rows with Python's reader."""
    out = bytearray(f"id,day,amount,note{end}".encode())
    for values, kind in rows:
        line = io.StringIO()
        fields = list(values.values())
        fields = fields[:2] if kind == "short" else [*fields, "x"] if kind == "long" else fields
        csv.writer(line, lineterminator=end).writerow(fields)
        text = line.getvalue().encode()
        out += b"\xff" + text if kind == "bad_byte" else end.encode() if kind == "blank" else text
    text = out.decode("latin-1")
    return bytes(out), sum(1 for fields in csv.reader(io.StringIO(text, newline="")) if fields) - 1


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rows=st.lists(st.tuples(row, defect), max_size=25), end=st.sampled_from(["\n", "\r\n"]))
def test_reported_is_source_is_read_back(bank: Any, rows: list[tuple[dict[str, str], str]], end: str) -> None:
    content, physical = written(rows, end)
    bank.declare(key="id")
    bank.mapping()
    bank.write("sales.csv", content)
    mapping = bank.settings.project_dir / "test.yml"
    before = _totals(bank)
    environment = {"BANKMART_PROJECT_DIR": str(bank.settings.project_dir)}
    arguments = ["load", str(bank.settings.landing), "--mapping", str(mapping), "--format", "json"]
    ended = CliRunner().invoke(app, arguments, env=environment)
    [result] = json.loads(ended.stdout)["files"]
    if result["status"] == "already_loaded":
        return
    if result["status"] == "failed":
        assert ended.exit_code == result["exit_code"] > 0
        assert result["error"]
        assert _totals(bank) == before
        return
    assert result["rows_in"] == physical
    assert result["rows_in"] == result["rows_loaded"] + result["rows_dead"]
    found = _totals(bank)
    assert found["raw"] - before["raw"] == result["rows_loaded"]
    assert found["dead"] - before["dead"] == result["rows_dead"]
    [ledger] = bank.query("select * from ops.load_ledger order by load_id desc limit 1")
    assert [ledger[k] for k in ("rows_in", "rows_loaded", "rows_dead")] == [
        result[k] for k in ("rows_in", "rows_loaded", "rows_dead")
    ]
    bank.check_books()


def _exists(bank: Any) -> bool:
    return bool(bank.settings.duckdb_path.exists())


def _totals(bank: Any) -> dict[str, int]:
    if not _exists(bank):
        return {"raw": 0, "dead": 0}
    tables = {"raw": "raw.shop__sales", "dead": "ops.dead_letters"}
    return {k: bank.query(f"select count(*) as n from {t}")[0]["n"] for k, t in tables.items()}  # noqa: S608
