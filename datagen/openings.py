"""What becomes of a decision for a product: an account, a card, a loan or a policy, and the news of it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from datagen.campaigns import CONVERSION, ORGANIC
from datagen.chunk import PRODUCT, PRODUCT_CODES, Chunk, news
from datagen.holdings import GOLD, issue_cards, open_accounts
from datagen.lending import grant
from datagen.model import Ints, Step, coded, pick

LOANS = [PRODUCT[code] for code in ("LPERS", "LAUTO", "LHOME")]
ACCOUNTS = [PRODUCT[code] for code in ("SAV", "CD")]
SALES_CHANNELS = ["branch", "app", "web", "phone"]


def open_due(chunk: Chunk, step: Step) -> None:
    """Open what customers decided to take by a day of this step."""
    rows = chunk.openings.pop(chunk.openings["day"] < step.end)
    for product in np.unique(rows["product"]):
        at = np.flatnonzero(rows["product"] == product)
        who, day = rows["who"][at], rows["day"][at]
        digital = chunk.people.traits.digital[who] > 0
        channel = np.where(
            digital, pick(chunk.rng, [10, 55, 30, 5], len(at)), pick(chunk.rng, [65, 5, 10, 20], len(at))
        )
        holding = _open(chunk, int(product), who, day, channel)
        by_contact = rows["contact"][at] != ORGANIC
        if by_contact.any():
            chunk.answers.append(
                contact=rows["contact"][at][by_contact], who=who[by_contact], campaign=0,
                channel=0, kind=CONVERSION,
                day=day[by_contact], holding=holding[by_contact],
            )  # fmt: skip


def _open(chunk: Chunk, product: int, who: Ints, day: Ints, channel: Ints) -> Ints:
    """Open a product for customers, each once, and return the numbers of the holdings."""
    if product in ACCOUNTS:
        open_accounts(chunk, who, np.full(len(who), product), day, channel)
    elif product in LOANS:
        grant(chunk, who, product, day, channel)
    elif product == PRODUCT["CGOLD"]:
        issue_cards(chunk, who, np.full(len(who), GOLD), day, channel)
    else:
        chunk.open_holding(who, product, day, channel)
    return chunk.holdings["holding"][-len(who) :]


def tell_holdings(chunk: Chunk, step: Step) -> None:
    """Send what became known of product holdings."""
    rows = chunk.holdings
    at = news(rows, step.end)
    chunk.emit(
        "product_holdings",
        pa.table(
            {
                "holding": rows["holding"][at],
                "customer": chunk.people.customer[rows["who"][at]],
                "product": coded(rows["product"][at], list(PRODUCT_CODES)),
                "since": chunk.world.dates(rows["since"][at]),
                "until": chunk.world.dates_or_null(rows["until"][at], rows["until"][at] < step.end),
                "channel": coded(rows["channel"][at], list(SALES_CHANNELS)),
            }
        ),
    )
