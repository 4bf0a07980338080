"""Card purchases and refunds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from datagen import vocab
from datagen.chunk import Chunk
from datagen.model import Bools, Floats, Ints, Step, chance, coded, pick, pick_each

ONLINE = len(vocab.CITIES)
PER_DAY = 0.13
FRAUD, DECLINED, REFUNDED = 0.001, 0.012, 0.014
PAY_DAYS, PAY_SHARE = 5, 0.2
WEEKDAYS = np.array([0.9, 0.9, 0.95, 1.0, 1.2, 1.25, 0.8])
MONTHS = np.array([0.9, 0.92, 0.97, 1.0, 1.0, 1.02, 1.05, 1.02, 0.98, 1.0, 1.1, 1.25])
NAMES = [category[0] for category in vocab.CATEGORIES]
LIKES = np.array([[likes.get(name, 1.0) for name in NAMES] for likes in vocab.TASTES])
TRAVEL, AT_HOME = np.isin(NAMES, vocab.TRAVEL), np.isin(NAMES, vocab.AT_HOME)
PRICES = np.array([float(category[2]) for category in vocab.CATEGORIES])


@dataclass(frozen=True)
class Merchants:
    """The merchants, ordered by category; `spellings` holds each name three times, as terminals send it."""

    category: Ints
    home: Ints
    is_chain: Bools
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
        weight=1 / (1 + np.arange(size)) ** 0.9,
        spellings=[
            *names,
            *(name.upper() for name in names),
            *(name.replace(" ", "  ") + " " for name in names),
        ],
    )


def spend_rate(chunk: Chunk) -> Floats:
    """Purchases a day that each card holder makes on average, none while dormant."""
    people = chunk.people
    holder = (chunk.first_card >= 0) & ~people.dormant
    rate: Floats = PER_DAY * np.exp(0.7 * people.traits.spend - 0.2) * holder
    return rate


def category_mix(chunk: Chunk, step: Step) -> Floats:
    """Weigh the categories for each customer by life stage, tastes and season."""
    people, month = chunk.people, chunk.world.date(step.first).month
    mix: Floats = LIKES[people.stage(step.first)] * people.traits.quirks
    mix[:, TRAVEL] *= np.exp(1.1 * people.traits.travel - 0.3)[:, None] * (1.5 if month in (6, 7, 8) else 0.9)
    mix[:, AT_HOME] *= np.exp(1.1 * people.traits.home - 0.3)[:, None] * (1.3 if month in (4, 5, 6) else 0.95)
    if month >= 11:  # noqa: PLR2004
        mix[:, [NAMES.index("department"), NAMES.index("electronics"), NAMES.index("clothing")]] *= 1.8
    return mix


def buy(chunk: Chunk, step: Step, merchants: Merchants) -> None:
    """Let card holders buy in a step, and give some purchases of late back."""
    rng, people = chunk.rng, chunk.people
    who, day = _occasions(chunk, step, spend_rate(chunk))
    n = len(who)
    second = chunk.second_card[who]
    on_second = chance(rng, 0.3, n) & (chunk.cards["issued"][second] <= day)
    category = pick_each(rng, category_mix(chunk, step)[who])
    merchant = category * len(merchants.weight) + pick(rng, merchants.weight, n)
    local = merchants.is_chain[merchant] & chance(rng, 0.93, n)
    spender = np.clip((people.income[who] / 60_000) ** 0.35, 0.4, 4)
    declined = chance(rng, DECLINED, n)
    rows = {
        "who": who,
        "card": np.where(on_second, second, chunk.first_card[who]),
        "day": day,
        "minute": (np.clip(rng.normal(14.5, 4.2, n), 0, 23.99) * 60).astype(np.int64),
        "cents": np.maximum(
            np.round(PRICES[category] * spender * rng.lognormal(0, 0.55, n) * 100), 50
        ).astype(np.int64),
        "merchant": merchant,
        "place": np.where(local, people.city[who], merchants.home[merchant]),
        "decline": np.where(declined, 1 + pick(rng, [70, 15, 10, 5], n), 0),
        "fraud": (chance(rng, FRAUD, n) & ~declined).astype(np.int64),
    }
    usable = chunk.cards["issued"][rows["card"]] <= day
    rows = {name: values[usable] for name, values in rows.items()}
    _count(chunk, rows)
    back = chunk.refunds.pop(chunk.refunds["day"] < step.end)
    back = {name: values[people.left[back["who"]] > back["day"]] for name, values in back.items()}
    _give_back(chunk, rows)
    nothing = np.zeros(len(back["who"]), dtype=np.int64)
    both = {name: np.concatenate([values, back.get(name, nothing)]) for name, values in rows.items()}
    chunk.emit("card_transactions", _table(chunk, merchants, both))


def _occasions(chunk: Chunk, step: Step, rate: Floats) -> tuple[Ints, Ints]:
    """Draw who buys on which day: more at weekends, before the holidays and after payday."""
    rng, people, world = chunk.rng, chunk.people, chunk.world
    days = np.arange(step.first, step.end)
    dates = np.datetime64(world.start) + days.astype("timedelta64[D]")
    weekday = (dates.astype(np.int64) + 3) % 7
    weight = WEEKDAYS[weekday] * MONTHS[(dates.astype("M8[M]").astype(np.int64)) % 12]
    running = np.concatenate([[0.0], np.cumsum(weight)])
    first, end = people.window(step)
    expected = rate * (running[end - step.first] - running[first - step.first])
    paid_on = world.month_start(world.month_of(days[:1]))[0] + people.pay_day
    if len(days) < PAY_DAYS:
        after = (step.first - world.month_start(world.month_of(days[:1]))[0] - people.pay_day) % 30
        expected = expected * np.where(after < PAY_DAYS, 1 - PAY_SHARE + PAY_SHARE * 6, 1 - PAY_SHARE)
    who = np.repeat(np.arange(len(rate)), rng.poisson(expected))
    low, high = running[first - step.first][who], running[end - step.first][who]
    at = np.searchsorted(running, low + rng.random(len(who)) * (high - low), side="right") - 1
    day = days[np.clip(at, 0, len(days) - 1)]
    if len(days) >= PAY_DAYS:
        soon = np.minimum(paid_on[who] + rng.integers(0, PAY_DAYS, len(who)), step.end - 1)
        fits = (soon >= first[who]) & (soon < end[who])
        day = np.where(chance(rng, PAY_SHARE, len(who)) & fits, soon, day)
    return who, day


def _count(chunk: Chunk, rows: dict[str, Ints]) -> None:
    """Remember what was bought, for what customers do next and for the monthly card bill."""
    paid = rows["decline"] == 0
    who, spent = rows["who"][paid], rows["cents"][paid] / 100
    category = rows["merchant"][paid] // len(vocab.MERCHANT_WORDS)
    chunk.remember("purchases", who)
    chunk.remember("spent", who, spent)
    chunk.remember("travel", who[TRAVEL[category]])
    chunk.remember("home", who[AT_HOME[category]])
    chunk.card_spend += np.bincount(who, weights=rows["cents"][paid], minlength=chunk.size).astype(np.int64)


def _give_back(chunk: Chunk, rows: dict[str, Ints]) -> None:
    """Note one purchase in seventy to be given back days later, at the same merchant on the same card."""
    at = np.flatnonzero((rows["decline"] == 0) & chance(chunk.rng, REFUNDED, len(rows["who"])))
    if len(at):
        back = {name: rows[name][at] for name in chunk.refunds.columns}
        back["day"] = back["day"] + chunk.rng.integers(1, 21, len(at))
        chunk.refunds.append(**{**back, "cents": -back["cents"]})


def _table(chunk: Chunk, merchants: Merchants, rows: dict[str, Ints]) -> pa.Table:
    count = len(rows["who"])
    spelling = pick(chunk.rng, [94, 3, 3], count) * len(merchants.category)
    return pa.table(
        {
            "seq": chunk.counters.take("purchase", count),
            "customer": chunk.people.customer[rows["who"]],
            "last4": chunk.cards["last4"][rows["card"]],
            "event_day": rows["day"],
            "bought": chunk.world.dates(rows["day"]),
            "minute": rows["minute"],
            "cents": rows["cents"],
            "scheme": coded(chunk.cards["scheme"][rows["card"]], list(vocab.SCHEMES)),
            "merchant": coded(rows["merchant"] + spelling, list(merchants.spellings)),
            "place": rows["place"],
            "mcc": coded(
                merchants.category[rows["merchant"]], [category[1] for category in vocab.CATEGORIES]
            ),
            "decline": coded(rows["decline"], [None, *vocab.DECLINES]),
            "fraud": rows["fraud"] == 1,
        }
    )
