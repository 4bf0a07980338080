"""The comparison itself: it must see each difference, and none where there is none."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from tests.parity.compare import Table, cell, differences

NEW_YORK = timezone(timedelta(hours=-5))
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC).replace(tzinfo=None)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (5, Decimal("5.00")),
        (100, Decimal("1E+2")),
        (Decimal("-0.00"), 0),
        (Decimal("12.50"), Decimal("12.5")),
        (0.1 + 0.2, 0.3),
        (NOON, datetime(2026, 1, 1, 7, tzinfo=NEW_YORK)),
    ],
)
def test_what_is_equal_is_written_alike(one: object, other: object) -> None:
    assert cell(one) == cell(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (None, ""),
        (None, "null"),
        ("", " "),
        ("a", "a "),
        ("1", 1),
        (True, 1),
        (True, "true"),
        (Decimal("0.01"), Decimal("0.02")),
        (100, 10),
        (1.0, 1.00000001),
        (date(2026, 1, 1), NOON),
        (NOON, NOON + timedelta(microseconds=1)),
    ],
)
def test_what_differs_is_written_otherwise(one: object, other: object) -> None:
    assert cell(one) != cell(other)


def test_a_type_without_a_rule_is_refused() -> None:
    with pytest.raises(TypeError, match="no rule for a list"):
        cell([1])


def test_order_says_nothing_and_number_does() -> None:
    one, other = Table(("a",), ((1,), (2,))), Table(("a",), ((2,), (1,)))
    twice = Table(("a",), ((1,), (2,), (2,)))
    assert not list(differences("t", one, other))
    assert one.digest() == other.digest() != twice.digest()
    assert list(differences("t", one, twice)) == [
        "t: 2 rows <> 3 rows",
        "t: 0 rows on the left alone, 1 on the right alone",
        "t: right alone: {'a': '2'}",
    ]


def test_the_first_differing_rows_are_told_with_their_columns() -> None:
    one, other = Table(("k", "v"), ((1, "x"), (2, None))), Table(("k", "v"), ((1, "x"), (2, "")))
    assert list(differences("t", one, other)) == [
        "t: 1 rows on the left alone, 1 on the right alone",
        "t: k=2: v null <> ''",
    ]


def test_columns_of_other_names_or_order_differ() -> None:
    assert list(differences("t", Table(("a", "b"), ()), Table(("b", "a"), ())))
