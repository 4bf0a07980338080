"""Each rule of a contract: what passes, and what dies for which reason."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

HEADER = "id,day,amount,pieces,paid,note,kind\n"


def row(**values: str) -> str:
    given = {
        "id": "1",
        "day": "2025-01-02",
        "amount": "3.50",
        "pieces": "",
        "paid": "",
        "note": "",
        "kind": "",
        **values,
    }
    return HEADER + ",".join(given.values()) + "\n"


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"amount": "abc"}, "not_a_number"),
        ({"amount": "1_000"}, "not_a_number"),
        ({"amount": "0x10"}, "not_a_number"),
        ({"amount": "NaN"}, "not_a_number"),
        ({"amount": "20.259"}, "out_of_range"),
        ({"amount": "1e3"}, "out_of_range"),
        ({"amount": "99999999999999999.99"}, "out_of_range"),
        ({"pieces": "1.5"}, "out_of_range"),
        ({"pieces": "3000000000"}, "out_of_range"),
        ({"day": "31/02/2025"}, "not_a_date"),
        ({"day": "2025-02-29"}, "not_a_date"),
        ({"day": "infinity"}, "not_a_date"),
        ({"day": "epoch"}, "not_a_date"),
        ({"day": "1999-12-31"}, "out_of_range"),
        ({"day": "2100-01-02"}, "out_of_range"),
        ({"paid": "maybe"}, "not_a_boolean"),
        ({"id": ""}, "null_in_required"),
        ({"id": "ééééé1"}, "too_long"),
        ({"kind": "AB"}, "pattern_mismatch"),
        ({"kind": "abcd"}, "too_long"),
        ({"note": "a\0b"}, "bad_encoding"),
    ],
)
def test_a_value_that_breaks_its_rule_dies_with_the_reason_and_the_column(
    bank: Any, values: dict[str, str], reason: str
) -> None:
    result = bank.load_file("sales.csv", row(**values))
    assert (result.rows_in, result.rows_loaded, result.rows_dead) == (1, 0, 1)
    assert bank.dead() == [(1, reason, next(iter(values)))]
    bank.check_books()


@pytest.mark.parametrize(
    ("values", "column", "expected"),
    [
        ({"pieces": "91750.0"}, "pieces", 91750),
        ({"amount": "-0.50"}, "amount", Decimal("-0.50")),
        ({"amount": ".5"}, "amount", Decimal("0.50")),
        ({"amount": "12.500"}, "amount", Decimal("12.50")),
        ({"day": "2100-01-01"}, "day", date(2100, 1, 1)),
        ({"paid": "Yes"}, "paid", True),
        ({"paid": "f"}, "paid", False),
        ({"id": "ééééé"}, "id", "ééééé"),
        ({"note": " x "}, "note", "x"),
        ({"note": "   "}, "note", None),
    ],
)
def test_a_value_that_keeps_its_rule_lands_without_loss(
    bank: Any, values: dict[str, str], column: str, expected: object
) -> None:
    result = bank.load_file("sales.csv", row(**values))
    assert result.rows_dead == 0, bank.dead("*")
    assert bank.rows(column) == [(expected,)]


def test_a_dead_letter_keeps_the_raw_row_and_says_what_was_wanted(bank: Any) -> None:
    bank.load_file("sales.csv", row(amount="abc", note='say "hi"'))
    [(raw, detail, name, day)] = bank.dead("raw_row, detail, file_name, file_date")
    expected = {
        "id": "1",
        "day": "2025-01-02",
        "amount": "abc",
        "pieces": "",
        "paid": "",
        "note": 'say "hi"',
        "kind": "",
    }
    assert list(json.loads(raw).items()) == list(expected.items())
    assert detail == "found 'abc', wanted decimal(18,2)"
    assert (name, day) == ("sales.csv", date(2025, 1, 31))


@pytest.mark.parametrize(
    "number",
    [
        "4111111111111111",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "see 378282246310005.",
        "4111111111111111 2027",
    ],
)
def test_a_full_card_number_never_lands_anywhere(bank: Any, number: str) -> None:
    result = bank.load_file("sales.csv", row(note=number) + "2,x,1,,,,\n3,2025-01-01,4,,,fine,\n")
    assert (result.rows_loaded, result.rows_dead) == (1, 2)
    letters = bank.dead("reason_code, column_name, raw_row, detail")
    assert letters[0][:2] == ("card_number", "note")
    everything = str(letters) + str(bank.rows())
    assert "1111111" not in everything.replace(" ", "").replace("-", "")
    assert "[card number ending " in letters[0][2]
    for path in bank.settings.lake.rglob("*"):
        assert path.is_dir() or b"11111111" not in path.read_bytes()


def test_a_card_number_is_redacted_whatever_else_is_wrong_with_the_row(bank: Any) -> None:
    bank.load_file(
        "sales.csv",
        HEADER + "1,2025-01-01,4111111111111111x,,,,\n"  # fails its cast
        "2,2025-01-01,1,,,4111111111111111\n"  # lacks a field
        '3,2025-01-01,1,,,"4111111111111111"x,\n'  # quotes
        "4,2025-01-01,1,,,ok,\n",
    )  # fmt: skip
    letters = bank.dead("row_number, reason_code, raw_row, detail")
    assert [(n, r) for n, r, *_ in letters] == [(number, "card_number") for number in (1, 2, 3)]
    assert "411111" not in str(letters)
    assert all("[card number ending 1111]" in raw for _, _, raw, _ in letters)


@pytest.mark.parametrize(
    "note",
    ["4111111111111112", "2025-01-01 10:00:00", "DE89370400440532013000", "123456789012", "+1 415 555 1234"],
)
def test_other_long_numbers_are_no_card_numbers(bank: Any, note: str) -> None:
    assert bank.load_file("sales.csv", row(note=note)).rows_loaded == 1


def test_a_column_may_be_exempt_from_the_search_for_card_numbers(bank: Any) -> None:
    bank.mapping_text += "    others: by_name\n    columns: {note: {card_number_check: false}}\n"
    bank.load_file("sales.csv", row(note="4111111111111111") + "2,x,1,,,4111111111111111,\n")
    assert bank.rows("note") == [("4111111111111111",)]
    [(raw,)] = bank.dead("raw_row")
    assert "4111111111111111" in raw


def test_the_first_row_of_a_key_stays_and_later_ones_die(bank: Any) -> None:
    bank.declare(key="id")
    bank.load_file("sales.csv", HEADER + "a,,1,,,,\nb,,2,,,,\nx\na,,3,,,,\na,,bad,,,,\nb,,4,,,,\n")
    assert bank.rows("id, amount, _row_number") == [("a", 1, 1), ("b", 2, 2)]
    assert bank.dead() == [
        (3, "wrong_field_count", None),
        (4, "duplicate_key", "id"),
        (5, "not_a_number", "amount"),
        (6, "duplicate_key", "id"),
    ]
    assert '"amount":"3"' in bank.dead("raw_row")[1][0]
    bank.check_books()


def test_a_file_of_changes_may_name_a_key_twice(bank: Any) -> None:
    bank.contract = bank.contract.replace("delivery: events", "delivery: changes")
    bank.declare(key="id")
    assert bank.load_file("sales.csv", HEADER + "a,,1,,,,\na,,2,,,,\n").rows_loaded == 2
