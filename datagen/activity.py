"""Card purchases and refunds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from datagen import vocab
from datagen.holdings import Cards
from datagen.model import Bools, Counters, Floats, Ints, World, chance, coded, pick
from datagen.population import People

ONLINE = len(vocab.CITIES)
PER_DAY = 0.22


@dataclass(frozen=True)
class Merchants:
    """The merchants, ordered by category; `spellings` holds each name three times, as terminals send it."""

    category: Ints
    home: Ints
    is_chain: Ints
    weight: Floats
    spellings: list[str]


def make_merchants(seed: int) -> Merchants:
    """Name twenty merchants in each category, some of them in every city."""
    rng = np.random.default_rng([seed, 1])
    count, size = len(vocab.CATEGORIES) * len(vocab.MERCHANT_WORDS), len(vocab.MERCHANT_WORDS)
    names = [
        f"{word} {category[3][number % len(category[3])]}"
        for category in vocab.CATEGORIES
        for number, word in enumerate(vocab.MERCHANT_WORDS)
    ]
    online = np.array([category[4] for category in vocab.CATEGORIES]).repeat(size)
    return Merchants(
        category=np.arange(count) // size,
        home=np.where(online, ONLINE, rng.integers(0, len(vocab.CITIES), count)),
        is_chain=(chance(rng, 0.5, count)) & ~online,
        weight=1 / (1 + np.arange(count) % size) ** 0.9,
        spellings=[
            *names,
            *(name.upper() for name in names),
            *(name.replace(" ", "  ") + " " for name in names),
        ],
    )


@dataclass(frozen=True)
class Purchases:
    """Card purchases of one chunk as codes; `who` holds positions in People, days are offsets."""

    who: Ints
    card: Ints
    day: Ints
    minute: Ints
    cents: Ints
    merchant: Ints
    place: Ints
    decline: Ints
    fraud: Bools

    def take(self, rows: Ints) -> Purchases:
        """Keep the given rows."""
        return Purchases(**{name: values[rows] for name, values in vars(self).items()})


def card_transactions(
    rng: np.random.Generator,
    world: World,
    people: People,
    cards: Cards,
    merchants: Merchants,
    *,
    counters: Counters,
) -> pa.Table:
    """Let every card holder buy at their own rate, until they lapse or leave."""
    purchases = _purchases(rng, world, people, cards, merchants)
    refunds = _refunds(rng, world, people, purchases)
    both = {
        name: np.concatenate([bought, getattr(refunds, name)]) for name, bought in vars(purchases).items()
    }
    return _table(world, people, cards, merchants, Purchases(**both), rng=rng, counters=counters)


def active_window(rng: np.random.Generator, world: World, people: People, since: Ints) -> tuple[Ints, Ints]:
    """Return the days between which a customer is active; a quarter lapse on the way."""
    first = np.maximum(since, -world.history_days)
    lapse = first + (rng.random(len(first)) * (world.days - first)).astype(np.int64)
    end = np.where(chance(rng, 0.25, len(first)), lapse, world.days)
    return first, np.maximum(np.where(people.inactive, first, np.minimum(end, people.left)), first)


def _purchases(
    rng: np.random.Generator, world: World, people: People, cards: Cards, merchants: Merchants
) -> Purchases:
    holder = cards.first >= 0
    issued = np.where(holder, cards.issued[cards.first], 0)
    first, end = active_window(rng, world, people, issued)
    rate = rng.gamma(1.3, PER_DAY / 1.3, len(first)) * holder
    who = np.repeat(np.arange(len(first)), rng.poisson(rate * (end - first)))
    n = len(who)
    day = first[who] + (rng.random(n) * (end - first)[who]).astype(np.int64)
    on_second = chance(rng, 0.3, n) & (cards.issued[cards.second[who]] <= day)
    card = np.where(on_second, cards.second[who], cards.first[who])
    merchant = _merchant(rng, merchants, rng.integers(0, len(vocab.TASTES), len(first))[who])
    local = merchants.is_chain[merchant] & (chance(rng, 0.93, n))
    price = np.array([float(category[2]) for category in vocab.CATEGORIES])[merchants.category[merchant]]
    spender = np.clip((people.income[who] / 60_000) ** 0.35, 0.4, 4)
    hour = np.clip(rng.normal(14.5, 4.2, n), 0, 23.99)
    declined = chance(rng, 0.012, n)
    return Purchases(
        who=who,
        card=card,
        day=day,
        minute=(hour * 60).astype(np.int64),
        cents=np.maximum(np.round(price * spender * rng.lognormal(0, 0.55, n) * 100), 50).astype(np.int64),
        merchant=merchant,
        place=np.where(local, people.city[who], merchants.home[merchant]),
        decline=np.where(declined, 1 + pick(rng, [70, 15, 10, 5], n), 0),
        fraud=(chance(rng, 0.001, n)) & ~declined,
    )


def _merchant(rng: np.random.Generator, merchants: Merchants, taste: Ints) -> Ints:
    """Choose a merchant for each purchase by the customer's taste for its category."""
    chosen = np.empty(len(taste), dtype=np.int64)
    for code, likes in enumerate(vocab.TASTES):
        liked = np.array([likes.get(category[0], 1.0) for category in vocab.CATEGORIES])
        rows = np.flatnonzero(taste == code)
        chosen[rows] = pick(rng, liked[merchants.category] * merchants.weight, len(rows))
    return chosen


def _refunds(rng: np.random.Generator, world: World, people: People, bought: Purchases) -> Purchases:
    """Give one purchase in seventy back, days later, at the same merchant on the same card."""
    rows = np.flatnonzero((bought.decline == 0) & (chance(rng, 0.014, len(bought.who))))
    back = bought.day[rows] + rng.integers(1, 21, len(rows))
    in_time = back < np.minimum(people.left[bought.who[rows]], world.days)
    refund = vars(bought.take(rows[in_time])).copy()
    refund.update(day=back[in_time], cents=-refund["cents"], fraud=np.zeros(int(in_time.sum()), dtype=bool))
    return Purchases(**refund)


def _table(
    world: World,
    people: People,
    cards: Cards,
    merchants: Merchants,
    rows: Purchases,
    *,
    rng: np.random.Generator,
    counters: Counters,
) -> pa.Table:
    spelling = pick(rng, [94, 3, 3], len(rows.who)) * len(merchants.category)
    mcc = [category[1] for category in vocab.CATEGORIES]
    return pa.table(
        {
            "seq": counters.take("purchase", len(rows.who)),
            "customer": people.customer[rows.who],
            "last4": cards.last4[rows.card],
            "bought": world.dates(rows.day),
            "minute": rows.minute,
            "cents": rows.cents,
            "scheme": coded(cards.scheme[rows.card], list(vocab.SCHEMES)),
            "merchant": coded(rows.merchant + spelling, list(merchants.spellings)),
            "place": rows.place,
            "mcc": coded(merchants.category[rows.merchant], list(mcc)),
            "decline": coded(rows.decline, [None, *vocab.DECLINES]),
            "fraud": rows.fraud,
            "file_day": np.maximum(rows.day, 0),
        }
    )
