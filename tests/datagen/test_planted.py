"""The planted defects are what the list says, where it says."""

from __future__ import annotations

import csv
from datetime import date, timedelta

import pytest

from datagen import GenerationReport
from datagen.sheets import luhn_number


def read_row(bank: GenerationReport, name: str, number: int) -> bytes:
    path = next(path for path in bank.files if path.name == name)
    return path.read_bytes().splitlines()[number]


def cells(bank: GenerationReport, name: str, number: int) -> dict[str, str]:
    path = next(path for path in bank.files if path.name == name)
    header = path.read_bytes().splitlines()[0].decode().split(",")
    values = next(csv.reader([read_row(bank, name, number).decode()]))
    return dict(zip(header, values, strict=True))


class TestPlanted:
    def test_the_list_holds_what_the_report_says(self, bank: GenerationReport) -> None:
        with (bank.out / "_planted_defects.csv").open(newline="") as listing:
            rows = list(csv.DictReader(listing))
        assert [(row["kind"], row["file"], row["row_number"]) for row in rows] == [
            (entry.kind, entry.file, str(entry.row_number or "")) for entry in bank.planted
        ]
        assert list(rows[0]) == ["kind", "file", "row_number", "column", "key", "expected"]

    def test_every_kind_is_there(self, bank: GenerationReport) -> None:
        assert {entry.kind for entry in bank.planted} == {
            "bad_date", "bad_number", "out_of_range", "missing_value", "too_long", "card_number", "orphan",
            "missing_field", "extra_field", "bad_encoding", "duplicate_row", "equal_rows", "redelivered_row",
            "late_row", "not_a_card_number", "duplicate_file", "unknown_value", "unknown_reason",
            "shared_email", "turned_columns",
            "drifted_columns",
        }  # fmt: skip

    def test_each_row_stands_where_the_list_says(self, bank: GenerationReport) -> None:
        for entry in bank.planted:
            if entry.row_number is None:
                continue
            line = read_row(bank, entry.file, entry.row_number)
            assert entry.key.encode() in line.split(b",")
            if entry.expected == "dead:bad_encoding":
                with pytest.raises(UnicodeDecodeError):
                    line.decode()
            elif entry.expected == "dead:wrong_field_count":
                with pytest.raises(ValueError, match="zip"):
                    cells(bank, entry.file, entry.row_number)
            elif entry.column:
                assert is_wrong(entry.kind, cells(bank, entry.file, entry.row_number)[entry.column])

    def test_duplicate_files_have_the_same_bytes(self, bank: GenerationReport) -> None:
        copies = [entry for entry in bank.planted if entry.kind == "duplicate_file"]
        content = {path.name: path.read_bytes() for path in bank.files}
        assert len(copies) == 4
        assert all(content[entry.file] == content[entry.key] for entry in copies)

    def test_repeated_rows_are_repeated(self, bank: GenerationReport) -> None:
        for entry in bank.planted:
            if entry.kind in {"duplicate_row", "equal_rows", "redelivered_row"}:
                assert entry.row_number is not None
                line = read_row(bank, entry.file, entry.row_number)
                day = date.fromisoformat(entry.file[-14:-4])
                before = entry.file.replace(str(day), str(day - timedelta(days=1)))
                content = {path.name: path.read_bytes().splitlines() for path in bank.files}
                here, earlier = content[entry.file].count(line), content.get(before, []).count(line)
                assert (here, earlier) == ((1, 1) if entry.kind == "redelivered_row" else (2, 0)) or (
                    entry.file.startswith("customers") and here == 2
                )

    def test_test_numbers_pass_luhn_and_the_others_do_not(self) -> None:
        assert luhn_number(11111111111) == "4111111111111111"
        assert luhn_number(11111111111, valid=False) == "4111111111111112"


def is_wrong(kind: str, value: str) -> bool:
    wrong = {
        "bad_date": value
        in {"02/31/2026", "31/02/1980", "yesterday", "2026-13-01", "2026-02-30", "2026-01-05 25:00"},
        "bad_number": value in {"twelve", "12.3.4"},
        "out_of_range": value.startswith("-") or value.endswith("1850"),
        "missing_value": value == "",
        "too_long": len(value.encode()) > 60,
        "card_number": "4111" in value,
        "not_a_card_number": "4111" in value,
        "orphan": value.startswith(("17", "18", "48")),
        "unknown_value": value == "shrug",
        "unknown_reason": value == "whim",
    }
    return wrong.get(kind, True)
