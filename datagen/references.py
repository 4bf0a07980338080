"""What doesn't depend on the customers: cities, branches, products, offers, campaigns and their costs."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from datagen import vocab
from datagen.activity import ONLINE
from datagen.campaigns import (
    CONTACT_COSTS,
    CONTACT_DAYS,
    FIXED_BY_CUSTOMER,
    FIXED_COST,
    NOTICE_DAYS,
    Campaign,
    campaigns,
)
from datagen.model import World
from datagen.offers import CHANNELS, OFFERS, PROMOTED, WINDOW
from datagen.truth import campaign_id

REFERENCES = ["branches", "products", "offers", "campaigns", "campaign_costs"]
OFFERED_SINCE = date(2020, 1, 1)


def references(world: World) -> dict[str, pa.Table]:
    """Make the tables of which each file is a picture."""
    calendar = campaigns(world)
    return {
        "branches": _branches(world.seed),
        "products": _products(),
        "offers": _offers(),
        "campaigns": _campaigns(world, calendar),
        "campaign_costs": _costs(world, calendar),
    }


def cities() -> pa.Table:
    """List the cities and the place of what is sold online."""
    rows = [(place, *city[:4]) for place, city in enumerate(vocab.CITIES)]
    return _table(["place", "name", "code", "state", "zip"], [*rows, (ONLINE, "ONLINE", None, None, None)])


def _table(names: list[str], rows: list[tuple[Any, ...]]) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    return pa.table({name: pa.array(column) for name, column in zip(names, columns, strict=True)})


def _branches(seed: int) -> pa.Table:
    rng = np.random.default_rng([seed, 2])
    n = 2 * len(vocab.CITIES)
    places = [vocab.CITIES[branch // 2] for branch in range(n)]
    regions = {code: region for region, codes in vocab.REGIONS.items() for code in codes}
    return pa.table(
        {
            "branch": np.arange(n),
            "branch_name": [
                f"{city[0]} {('Central', 'Park')[branch % 2]}" for branch, city in enumerate(places)
            ],
            "city": [city[0] for city in places],
            "state_code": [city[1] for city in places],
            "region": [regions[city[1]] for city in places],
            "inhabitants": rng.integers(80_000, 1_500_000, n),
            "average_salary": rng.integers(3_200, 6_800, n),
            "unemployment_rate": np.round(rng.uniform(2.5, 7.5, n), 2),
        }
    )


def _products() -> pa.Table:
    rows = [(*product, -10_000) for product in vocab.PRODUCTS] + [(*vocab.NEW_PRODUCT, -10_000)]
    return _table(["product_code", "product_name", "product_family", "from_day"], rows)


def _offers() -> pa.Table:
    names = [
        "offer_id", "offer_name", "product_code", "terms", "rate_percent", "fee_amount", "currency",
        "conversion_value", "conversion_window_days", "valid_from", "valid_to",
    ]  # fmt: skip
    rows = [
        (
            offer.offer, offer.name, offer.product, offer.terms, offer.rate, offer.fee, "USD", offer.value,
            WINDOW, OFFERED_SINCE, None,
        )
        for offer in OFFERS
    ]  # fmt: skip
    table = _table(names, rows)
    return table.set_column(len(names) - 1, "valid_to", pa.nulls(len(rows), pa.date32()))


def _campaigns(world: World, calendar: list[Campaign]) -> pa.Table:
    names = {product[0]: product[1] for product in (*vocab.PRODUCTS, vocab.NEW_PRODUCT)}
    rows = []
    for campaign in calendar:
        first, code = world.date(campaign.first), PROMOTED[campaign.promoted]
        rows.append(
            (
                campaign_id(campaign.number), f"{names[code]} {first:%B %Y}", code, "cross-sell", world.date(
                    campaign.first + 1
                ), world.date(campaign.first + CONTACT_DAYS), campaign.holdout, campaign.first - NOTICE_DAYS,
            )
        )  # fmt: skip
    columns = [
        "campaign_id", "campaign_name", "product_code", "objective", "start_date", "end_date",
        "holdout_share",
        "known_day",
    ]  # fmt: skip
    return _table(columns, rows)


def _costs(world: World, calendar: list[Campaign]) -> pa.Table:
    rows: list[tuple[Any, ...]] = []
    fixed = round(FIXED_COST + FIXED_BY_CUSTOMER * world.customers, 2)
    for campaign in calendar:
        name, known = campaign_id(campaign.number), campaign.first - NOTICE_DAYS
        rows.append((f"K{campaign.number:05d}-0", name, None, "fixed", fixed, "USD", known))
        for number, (channel, cost) in enumerate(zip(CHANNELS, CONTACT_COSTS, strict=True), start=1):
            rows.append(
                (f"K{campaign.number:05d}-{number}", name, channel, "per_contact", cost, "USD", known)
            )
    columns = ["cost_id", "campaign_id", "channel", "cost_type", "amount", "currency", "known_day"]
    return _table(columns, rows)
