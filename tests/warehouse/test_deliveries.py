"""Files of each kind through S3 and COPY: rows, dead letters, and what is loaded already."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from loaders.ledger import utc_now
from loaders.rejects import export, group_rejects, list_rejects, replay, show
from loaders.report import table_status
from loaders.warehouse import open_warehouse

HEAD = "id,day,amount\n"
EVERY_TYPE = (
    "id,day,amount,pieces,paid,note,kind\n"
    "a,2025-01-30,-1234567890123456.78,7,true,naïve 東京 'q' \\ %s,abc\n"
    "b,,,,,,\n"
)


def test_values_of_every_type_arrive_as_they_are(bank: Any) -> None:
    assert bank.load_file("sales.csv", EVERY_TYPE).rows_loaded == 2
    assert bank.rows("id, day, amount, pieces, paid, note, kind, _row_number, _source_file, _file_date") == [
        (
            *("a", date(2025, 1, 30), Decimal("-1234567890123456.78"), 7, True),
            *("naïve 東京 'q' \\ %s", "abc", 1, "sales.csv", date(2025, 1, 31)),
        ),
        ("b", None, None, None, None, None, None, 2, "sales.csv", date(2025, 1, 31)),
    ]
    bank.check_books()


def test_bad_rows_become_dead_letters_in_the_same_load(bank: Any) -> None:
    content = HEAD + "a,2025-01-01,1\nb,never,1\n" + "ü" * 6 + ",,\nc,,2\n"
    result = bank.load_file("sales.csv", content)
    assert (result.rows_in, result.rows_loaded, result.rows_dead) == (4, 2, 2)
    assert bank.dead() == [(2, "not_a_date", "day"), (3, "too_long", "id")]
    assert bank.rows("id, _row_number") == [("a", 1), ("c", 4)]
    bank.check_books()


def test_a_file_of_bad_rows_alone_is_loaded_as_such(bank: Any) -> None:
    result = bank.load_file("sales.csv", HEAD + "a,never,1\n")
    assert (result.status, result.rows_dead) == ("loaded", 1)
    assert bank.rows() == []
    bank.check_books()


def test_an_event_is_told_once(bank: Any) -> None:
    bank.load_file("sales.csv", HEAD + "a,,1\n")
    assert bank.load_file("sales_copy.csv", HEAD + "a,,1\n").status == "already_loaded"
    assert bank.rows("id") == [("a",)]


@pytest.mark.parametrize("delivery", ["full", "changes"])
def test_a_picture_may_come_back_after_a_corrected_one(bank: Any, delivery: str) -> None:
    bank.contract = bank.contract.replace("delivery: events", f"delivery: {delivery}")
    bank.declare()
    first, second = HEAD + "a,,1\n", HEAD + "a,,2\n"
    statuses = [bank.load_file("sales.csv", content).status for content in (first, first, second, first)]
    assert statuses == ["loaded", "already_loaded", "loaded", "loaded"]
    assert bank.rows("_load_id, amount") == [(1, Decimal(1)), (2, Decimal(2)), (3, Decimal(1))]


def test_columns_that_a_file_brings_are_added_where_the_contract_lets_them(bank: Any) -> None:
    bank.declare("evolve")
    result = bank.load_file("sales.csv", "id,day,amount,colour\na,,1,red\n")
    assert (result.status, result.notes) == ("loaded", ("columns added: colour",))
    bank.load_file("sales_2.csv", HEAD + "b,,1\n")
    assert bank.rows("id, colour") == [("a", "red"), ("b", None)]


def test_json_arrives_as_super_and_what_redshift_could_not_parse_stays_out(bank: Any) -> None:
    bank.contract = bank.contract.replace("note, data_type: varchar(40)", "note, data_type: json")
    bank.declare()
    notes = [
        '{"tags":["x","ü"],"n":1.5}',
        "[1,]",
        '{"n":NaN}',
        None,
        "no",
        '"text"',
        '{"a": "O\'Brien \\\\"}',
    ]
    rows = [{"id": str(place), "day": None, "amount": None, "note": note} for place, note in enumerate(notes)]
    path = bank.settings.landing / "sales.parquet"
    types = pa.schema([(name, pa.string()) for name in ("id", "day", "amount", "note")])
    pq.write_table(pa.Table.from_pylist(rows, types), path)
    result = bank.load(path).results[0]
    assert (result.error, result.rows_loaded, result.rows_dead) == (None, 4, 3)
    assert {row[1] for row in bank.dead()} == {"not_json"}
    found = bank.query("select id, json_serialize(note) as note from raw.shop__sales order by id")
    assert {row["id"]: row["note"] and json.loads(row["note"]) for row in found} == {
        str(place): notes[place] and json.loads(notes[place]) for place in (0, 3, 5, 6)
    }


def test_dead_letters_are_listed_shown_exported_and_replayed(bank: Any) -> None:
    bank.load_file("sales.csv", HEAD + "a,,1\nb,31.01.2025,=1+1\nc,31.01.2025,2\nd,,3,4\n")
    with open_warehouse(bank.settings) as warehouse:
        groups = [(g["reason_code"], g["n_rows"], g["n_replayable"]) for g in group_rejects(warehouse)]
        assert groups == [("not_a_date", 2, 2), ("wrong_field_count", 1, 0)]
        letters = list_rejects(warehouse, table="shop.sales", reason="not_a_date")
        assert [(row["row_number"], row["not_replayable"]) for row in letters] == [(2, None), (3, None)]
        letter = show(warehouse, 1, 4)
        assert (letter["raw_row"], letter["not_replayable"]) == ("d,,3,4", "not split into columns")
        for kind in ("csv", "json", "parquet"):
            path = bank.settings.landing.parent / f"rejects.{kind}"
            assert export(warehouse, path, table="shop.sales") == 3
        assert pq.read_table(path).column("row_number").to_pylist() == [2, 3, 4]
    bank.mapping_text += "    others: by_name\n    columns: {day: {formats: ['%d.%m.%Y']}}\n"
    report = replay(bank.settings, bank.mapping())
    assert (report.rows_in, report.rows_loaded, report.rows_dead) == (3, 1, 2)
    assert bank.rows("id, _load_id, _row_number") == [("a", 1, 1), ("c", 2, 3)]
    assert replay(bank.settings, bank.mapping()).rows_loaded == 0
    bank.check_books()


def test_a_replay_never_takes_a_key_that_its_file_has_loaded(bank: Any) -> None:
    bank.declare(key="id")
    bank.load_file("sales.csv", HEAD + "a,,1\na,,2\nb,x,3\n")
    bank.mapping_text += "    others: by_name\n    columns: {day: {null_values: ['', x]}}\n"
    report = replay(bank.settings, bank.mapping())
    assert (report.rows_loaded, report.rows_dead) == (1, 1)
    assert bank.rows("id, amount") == [("a", Decimal(1)), ("b", Decimal(3))]
    bank.check_books()


def test_the_status_counts_what_redshift_holds(bank: Any) -> None:
    bank.load_file("sales.csv", HEAD + "a,,1\nb,never,1\n")
    with open_warehouse(bank.settings) as warehouse:
        [row] = table_status(warehouse, bank.mapping().contracts, utc_now().astimezone())
    assert {key: row[key] for key in ("files", "rows_in", "rows_loaded", "rows_dead", "rows_dead_open")} == {
        "files": 1,
        "rows_in": 2,
        "rows_loaded": 1,
        "rows_dead": 1,
        "rows_dead_open": 1,
    }
