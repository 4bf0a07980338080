"""The draw of the persistent hold-out, held fast: a customer who is in it today is in it for good."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from tests.parity.twins import Twins, twins
from tests.redshift.standin.server import StandIn

# Whoever changes these lets customers be contacted who were kept apart, and spoils every measured increment:
# the first seven digits of the MD5 of `bankmart:<customer>`, and whether they are below a tenth of all.
DRAWN = {
    "10000001": (0x057A882, True),
    "10000035": (0x19C4238, False),
    "Ä-42": (0x4124D19, False),
    "10000012": (0xFC117A1, False),
}
CUSTOMERS = " union all ".join(f"select '{customer}' as customer_id" for customer in DRAWN)
SHARE = "{{ hash_share('customer_id', var('holdout_salt')) }}"
DRAWS = f"""
    select
        customer_id, cast({SHARE} * 268435456 as bigint) as drawn,
        {SHARE} < {{{{ var('holdout_share') }}}} as is_holdout
    from ({CUSTOMERS}) as customers
"""  # noqa: S608 - constants


@pytest.fixture(scope="module")
def banks(tmp_path_factory: pytest.TempPathFactory, standin: StandIn, s3: Any) -> Iterator[Twins]:
    with twins(tmp_path_factory.mktemp("draw"), standin, s3, "draw") as both:
        yield both


@pytest.mark.parametrize("engine", ["duckdb", "redshift"])
def test_the_draw_of_a_customer_never_changes(banks: Twins, engine: str) -> None:
    bank = getattr(banks, engine)
    found = bank.query(bank.project.compile(DRAWS, date(2026, 1, 1)))
    assert {row["customer_id"]: (row["drawn"], row["is_holdout"]) for row in found} == DRAWN
