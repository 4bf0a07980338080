"""The marts' purchase history against published values."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

from tests.models.conftest import Bank

END_OF_OBSERVATION = date(1997, 9, 30)
MAPPING = Path(__file__).parent / "mappings" / "cdnow.yml"


def test_all_2357_cdnow_customers_have_the_published_frequency_recency_and_t(
    bank: Bank, shared_data: Path
) -> None:
    with (shared_data / "cdnow" / "cdnow_customers_summary.csv").open() as summary:
        expected = {
            int(row["ID"]): (int(row["frequency"]), Decimal(row["recency"]), Decimal(row["T"]))
            for row in csv.DictReader(summary)
        }
    assert len(expected) == 2357

    # The file is known on the last day of observation and tells of purchases after it: those must not count.
    bank.load(shared_data / "cdnow", MAPPING)
    bank.build(END_OF_OBSERVATION)

    found = {
        int(customer): (frequency, recency.quantize(Decimal("0.01")), t.quantize(Decimal("0.01")))
        for customer, frequency, recency, t in bank.query(
            "select customer_id, frequency, recency_weeks, t_weeks from marketing.customer_segments"
        )
    }
    assert found == expected
    [(rows, later)] = bank.query(
        "select count(*), count(*) filter (transaction_date > $1) from core.fct_card_transactions",
        END_OF_OBSERVATION,
    )
    assert rows == 6919
    assert later > 0
