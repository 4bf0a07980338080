"""What still differs between the engines, each with a test that says so and fails once it is gone.

| Difference | Where it comes from | What to do |
| --- | --- | --- |
| A blank at the end of a text is part of it on DuckDB and nothing on Redshift | a mapping with `trim: false` | leave `trim` at its default for keys and for what history is kept of |
"""  # noqa: E501

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.parity.twins import Twins, twins
from tests.redshift.standin.server import StandIn

MAPPING = """
name: blanks
description: Products with their blanks.
file_date: 2026-01-01
defaults: {trim: false}
files:
  - {pattern: products.csv, table: core_banking.products}
"""
PRODUCTS = 'product_code,product_name,product_family\nP1,Gold,card\n"P1 ",Gold ,card\n'


@pytest.fixture(scope="module")
def banks(tmp_path_factory: pytest.TempPathFactory, standin: StandIn, s3: Any) -> Iterator[Twins]:
    folder = tmp_path_factory.mktemp("blanks")
    (folder / "blanks.yml").write_text(MAPPING)
    (folder / "landing").mkdir()
    (folder / "landing" / "products.csv").write_text(PRODUCTS)
    with twins(folder, standin, s3, "blanks") as both:
        both.load(folder / "landing", folder / "blanks.yml")
        yield both


@pytest.mark.parametrize(
    ("question", "on_duckdb", "on_redshift"),
    [
        ("select count(distinct product_name) as n from raw.core_banking__products", 2, 1),
        ("select count(*) as n from raw.core_banking__products where product_code = 'P1'", 1, 2),
    ],
)
def test_blanks_at_the_end_count_on_duckdb_alone_where_a_mapping_keeps_them(
    banks: Twins, question: str, on_duckdb: int, on_redshift: int
) -> None:
    assert banks.duckdb.query(question) == [{"n": on_duckdb}]
    assert banks.redshift.query(question) == [{"n": on_redshift}]


def test_blanks_are_kept_as_they_came(banks: Twins) -> None:
    assert not (found := banks.differences(["raw.core_banking__products"])), "\n".join(found)
