"""Dead letters: listed, shown, exported, and replayed once mapping or contract is mended."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from loaders import rejects
from loaders.errors import BankmartError
from loaders.warehouse import open_warehouse

CSV = (
    "id,day,amount,note\na,2025-01-01,1,x\nb,31.01.2025,2,=1+1\nc,2025-01-03\nd,2025-01-04,4,4111111111111111\n"
    "e,2025-01-05,five,y\n"
)
GERMAN = "    others: by_name\n    columns: {day: {formats: ['%Y-%m-%d', '%d.%m.%Y']}}\n"


@pytest.fixture
def loaded(bank: Any) -> Any:
    result = bank.load_file("sales.csv", CSV)
    assert (result.rows_loaded, result.rows_dead) == (1, 4)
    return bank


def test_rejects_are_listed_grouped_and_shown(loaded: Any) -> None:
    with open_warehouse(loaded.settings) as warehouse:
        listed = rejects.list_rejects(warehouse)
        assert [(r["row_number"], r["reason_code"], r["not_replayable"]) for r in listed] == [
            (2, "not_a_date", None),
            (3, "wrong_field_count", "not split into columns"),
            (4, "card_number", "redacted"),
            (5, "not_a_number", None),
        ]
        assert len(rejects.list_rejects(warehouse, reason="not_a_date", table="shop.sales")) == 1
        groups = {
            g["reason_code"]: (g["n_rows"], g["n_replayable"]) for g in rejects.group_rejects(warehouse)
        }
        assert groups == {
            "not_a_date": (1, 1), "wrong_field_count": (1, 0), "card_number": (1, 0), "not_a_number": (1, 1)
        }  # fmt: skip
        assert rejects.show(warehouse, 1, 3)["raw_row"] == "c,2025-01-03"
        with pytest.raises(BankmartError, match="no dead letter in row 9"):
            rejects.show(warehouse, 1, 9)


@pytest.mark.parametrize("kind", ["csv", "json", "parquet"])
def test_rejects_are_exported_and_no_spreadsheet_runs_them(loaded: Any, tmp_path: Path, kind: str) -> None:
    target = tmp_path / f"rejects.{kind}"
    with open_warehouse(loaded.settings) as warehouse:
        warehouse.query("update ops.dead_letters set detail = '=cmd()' where row_number = 2")
        assert rejects.export(warehouse, target, table="shop.sales") == 4
        with pytest.raises(BankmartError, match="no name to export to"):
            rejects.export(warehouse, tmp_path / "x.xls")
    if kind == "csv":
        with target.open(newline="") as stream:
            assert next(csv.DictReader(stream))["detail"] == "'=cmd()"
    assert target.stat().st_size


def test_a_replay_loads_what_passes_now_and_a_second_one_nothing(loaded: Any) -> None:
    nothing = rejects.replay(loaded.settings, loaded.mapping())
    assert (nothing.rows_loaded, nothing.rows_dead) == (0, 4)
    loaded.mapping_text += GERMAN
    report = rejects.replay(loaded.settings, loaded.mapping())
    assert [(r.status, r.rows_in, r.rows_loaded, r.rows_dead) for r in report.results] == [
        ("loaded", 4, 1, 3)
    ]
    assert "2 rows can't be replayed" in report.results[0].notes[0]
    day = date(2025, 1, 31)
    assert loaded.rows("id, day, _load_id, _source_file, _row_number, _file_date")[1] == (
        "b", day, 2, "sales.csv", 2, day
    )  # fmt: skip
    assert loaded.dead("row_number, replayed_load_id") == [(2, 2), (3, None), (4, None), (5, None)]
    [row] = loaded.query("select * from ops.load_ledger where load_id = 2")
    assert (row["replay_of_load_id"], row["rows_in"], row["rows_loaded"], row["rows_dead"]) == (1, 1, 1, 0)
    loaded.check_books()
    again = rejects.replay(loaded.settings, loaded.mapping())
    assert again.rows_loaded == 0
    assert len(loaded.rows()) == 2
    assert {r.status for r in loaded.load().results} == {"already_loaded"}


def test_a_replay_after_the_contract_is_mended(loaded: Any) -> None:
    loaded.contract = loaded.contract.replace("data_type: varchar(40)", "data_type: varchar(80)")
    loaded.declare()
    loaded.mapping_text += "    others: by_name\n    columns: {amount: {map: {five: '5'}, default: '0'}}\n"
    report = rejects.replay(loaded.settings, loaded.mapping(), reason="not_a_number", load_id=1)
    assert (report.rows_in, report.rows_loaded) == (1, 1)
    assert loaded.rows("id, amount")[-1] == ("e", 5)


def test_the_same_dead_rows_of_two_files_are_replayed_for_each(bank: Any) -> None:
    bank.load_file("sales_1.csv", "id,day,amount\na,31.01.2025,1\n")
    bank.load_file("sales_2.csv", "id,day,amount\r\na,31.01.2025,1\r\n")
    bank.mapping_text += GERMAN
    assert rejects.replay(bank.settings, bank.mapping()).rows_loaded == 2
    assert [row[0] for row in bank.rows("_source_file")] == ["sales_1.csv", "sales_2.csv"]
    bank.check_books()


def test_a_replayed_key_that_the_file_holds_already_stays_dead(bank: Any) -> None:
    bank.declare(key="id")
    bank.load_file("sales.csv", "id,day,amount\na,,1\na,,2\na,x,3\nb,x,4\nb,x,5\n")
    bank.mapping_text += "    others: by_name\n    columns: {day: {null_values: ['', x]}}\n"
    report = rejects.replay(bank.settings, bank.mapping())
    assert (report.rows_loaded, report.rows_dead) == (1, 3)
    assert bank.rows("id, amount") == [("a", 1), ("b", 4)]
    bank.declare(key="")
    assert rejects.replay(bank.settings, bank.mapping()).rows_loaded == 3
    bank.check_books()
