"""Columns that are added, dropped, renamed, retyped or reordered, in each format, under each policy."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

ROWS = [{"id": f"r{i}", "day": "2025-01-01", "amount": f"{i}.50", "note": f"n{i}"} for i in range(30)]
FORMATS = ("csv", "ndjson", "json", "parquet")
DRIFTS = ("add", "drop", "drop_optional", "rename", "retype", "reorder")
# What a drift ends in: the words of its error, or the columns that are told of.
SAME_ENDS = {
    "drop": "lacks the column 'amount'",
    "drop_optional": None,
    "rename": "lacks the column 'amount'; it has 'total' instead",
    "retype": "has no decimal(18,2) in the column 'amount': 30 of 30 fail",
    "reorder": None,
}
ADDED = {
    "strict": "has the column 'total', which the contract doesn't know",
    "ignore_extra": "columns left out: total",
    "evolve": "columns added: total",
}


def drifted(kind: str) -> list[dict[str, Any]]:
    def change(row: dict[str, str]) -> dict[str, str]:
        if kind == "add":
            return {**row, "total": "7"}
        if kind in ("drop", "drop_optional"):
            return {k: v for k, v in row.items() if k != {"drop": "amount"}.get(kind, "note")}
        if kind == "rename":
            return {("total" if k == "amount" else k): v for k, v in row.items()}
        if kind == "retype":
            return {**row, "amount": "much"}
        return dict(reversed(row.items()))

    return [change(row) for row in ROWS]


def written(rows: list[dict[str, Any]], form: str) -> bytes:
    if form == "csv":
        out = io.StringIO()
        writer = csv.DictWriter(out, rows[0])
        writer.writeheader()
        writer.writerows(rows)
        return out.getvalue().encode()
    if form == "parquet":
        sink = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(rows), sink)
        return sink.getvalue()
    lines = [json.dumps(row) for row in rows]
    return ("[" + ",".join(lines) + "]" if form == "json" else "\n".join(lines)).encode()


@pytest.mark.parametrize("policy", ["strict", "ignore_extra", "evolve"])
@pytest.mark.parametrize("form", FORMATS)
def test_each_drift_ends_as_the_contract_says(bank: Any, form: str, policy: str) -> None:
    # Each drift is a file of its own day, so that what loads is told apart.
    bank.declare(policy)
    expected = SAME_ENDS | {"add": ADDED[policy]}
    loaded = 0
    for kind in DRIFTS:
        result = bank.load_file(f"sales_{kind}.{form}", written(drifted(kind), form))
        end = expected[kind]
        if end is None or (kind == "add" and policy != "strict"):
            loaded += 1
            assert (result.status, result.rows_loaded, result.rows_dead) == ("loaded", 30, 0), result
            assert end is None or end in result.notes
        else:
            assert (result.status, result.exit_code) == ("failed", 8), result
            assert end in result.error, result.error
    right = "id = 'r' || (_row_number - 1) and amount = _row_number - 0.5 and day = date '2025-01-01'"
    found = bank.query(f"select count(*) as n from raw.shop__sales where {right}")  # noqa: S608
    assert found == [{"n": 30 * loaded}]
    assert bank.query("select count(note) as n from raw.shop__sales") == [{"n": 30 * (loaded - 1)}]
    bank.check_books()


def test_columns_of_parquet_are_taken_by_name_where_types_would_let_them_swap(bank: Any) -> None:
    table = pa.table({"note": ["n"], "id": ["i"], "kind": ["k"], "amount": ["1"], "day": ["2025-01-01"]})
    for order in (table.column_names, table.column_names[::-1]):
        sink = io.BytesIO()
        pq.write_table(table.select(order), sink)
        assert bank.load_file(f"sales_{order[0]}.parquet", sink.getvalue()).rows_loaded == 1
    assert bank.rows("id, note, kind") == [("i", "n", "k")] * 2
