"""What customers hold: accounts, who may use them, cards, standing orders, insurance."""

from __future__ import annotations

import numpy as np

from datagen import vocab
from datagen.chunk import PRODUCT, Chunk
from datagen.model import NEVER, Bools, Floats, Ints, Step, chance, pick

GOLD_INCOME, JUNIOR_AGE = 95_000, 22
FIRST_LOAN, FIRST_CARD = PRODUCT["LPERS"], PRODUCT["CCLAS"]
BRANCH, APP, WEB, PHONE = range(4)
GOLD = 1


def settle(chunk: Chunk) -> None:
    """Give everybody a checking account, many a savings account, and cards, orders and insurance to some."""
    people, rng, n = chunk.people, chunk.rng, chunk.size
    thrift, age = people.traits.thrift, people.age(chunk.world.first)
    savers = np.flatnonzero(chance(rng, np.clip(0.42 + 0.13 * thrift, 0.02, 0.95), n))
    third = np.flatnonzero(chance(rng, 0.12, n))
    owner = np.concatenate([np.arange(n), savers, third])
    kinds = np.concatenate([np.zeros(n), np.ones(len(savers)), 2 + pick(rng, [35, 30, 20, 7, 8], len(third))])
    since = people.opened[owner] + (
        rng.random(len(owner)) * np.maximum(chunk.world.first - people.opened[owner], 0)
    ).astype(np.int64)
    since[:n] = people.opened
    open_accounts(chunk, owner, kinds.astype(np.int64), since, BRANCH)
    chunk.accounts["status"][:] = pick(rng, [94, 0, 1, 0.5, 3, 0.5], len(owner))
    chunk.accounts["status"][people.dormant[owner]] = 1
    for product, odds in (
        ("IHOME", 0.10 + 0.06 * people.traits.home),
        ("ITRAV", 0.04 + 0.03 * people.traits.travel),
    ):
        insured = np.flatnonzero(chance(rng, np.clip(odds, 0, 1), n) & (age > JUNIOR_AGE))
        since = people.opened[insured] + rng.integers(0, 400, len(insured))
        chunk.open_holding(insured, PRODUCT[product], np.minimum(since, _latest(chunk, insured)), BRANCH)
    _first_holders(chunk)
    _first_orders(chunk)


def _latest(chunk: Chunk, who: Ints) -> Ints:
    return np.maximum(chunk.people.opened[who], chunk.world.first - 1)


def open_accounts(chunk: Chunk, owner: Ints, kind: Ints, since: Ints, channel: Ints | int) -> Ints:
    """Open accounts with an opening balance and return their positions."""
    people, rng = chunk.people, chunk.rng
    if not len(owner):
        return np.empty(0, dtype=np.int64)
    worth = people.income[owner] * np.where(kind == 0, 0.06, 0.2) * np.exp(0.5 * people.traits.thrift[owner])
    balance = np.round(worth * rng.lognormal(-0.3, 0.6, len(owner)) * 100)
    at = chunk.accounts.append(
        account=chunk.counters.take("account", len(owner)), owner=owner, kind=kind, opened=since,
        closed=NEVER, status=0, balance=balance.astype(np.int64),
        frequency=pick(rng, [80, 12, 8], len(owner)),
    )  # fmt: skip
    saving = kind == vocab.SAVINGS
    chunk.savings[owner[saving]] = at[saving]
    chunk.open_holding(owner, kind, since, channel)
    chunk.holders.append(
        holder=chunk.counters.take("holder", len(owner)), user=owner, account=at, role=0, since=since,
        until=NEVER,
    )  # fmt: skip
    return at


def _first_holders(chunk: Chunk) -> None:
    """Let some spouses use an account together, then issue the cards."""
    people, rng, accounts = chunk.people, chunk.rng, chunk.accounts
    spouse = people.spouse[accounts["owner"]]
    shared = np.flatnonzero((spouse >= 0) & chance(rng, 0.3, len(accounts)))
    if len(shared):
        since = np.maximum(accounts["opened"][shared], people.joined[spouse[shared]])
        chunk.holders.append(
            holder=chunk.counters.take("holder", len(shared)), user=spouse[shared], account=shared, role=1,
            since=since, until=NEVER,
        )  # fmt: skip
    holders = chunk.holders
    kind = accounts["kind"][holders["account"]]
    on_other = np.where(kind == vocab.BUSINESS, 0.9, 0.0)
    odds: Floats = np.where(holders["role"] == 1, 0.35, np.where(kind == 0, 0.88, on_other))
    at = np.flatnonzero(chance(rng, odds, len(holders)))
    who = holders["user"][at]
    rich, young = people.income[who] > GOLD_INCOME, people.age(chunk.world.first)[who] < JUNIOR_AGE
    rich &= chance(rng, 0.45, len(who))
    since = np.maximum(holders["since"][at], people.opened[who])
    age = np.clip(chunk.world.first - since, 0, 3 * 365)
    issued = np.where(age > 0, chunk.world.first - (rng.random(len(at)) * age).astype(np.int64) - 1, since)
    issue_cards(chunk, at, np.where(young, 2, np.where(rich, GOLD, 0)), np.maximum(issued, since), BRANCH)


def issue_cards(chunk: Chunk, holder: Ints, kind: Ints, issued: Ints, channel: Ints | int) -> None:
    """Issue cards to dispositions; a person's first and latest card are used."""
    rng = chunk.rng
    if not len(holder):
        return
    who = chunk.holders["user"][holder]
    at = chunk.cards.append(
        card=chunk.counters.take("card", len(holder)), user=who, holder=holder, kind=kind,
        last4=rng.integers(0, 10_000, len(holder)), scheme=pick(rng, vocab.SCHEME_WEIGHTS, len(holder)),
        issued=issued, status=pick(rng, [96, 2, 2], len(holder)), until=NEVER,
    )  # fmt: skip
    chunk.second_card[who] = at
    fresh = chunk.first_card[who[::-1]] < 0
    chunk.first_card[who[::-1][fresh]] = at[::-1][fresh]
    chunk.open_holding(who, FIRST_CARD + kind, issued, channel)


def _first_orders(chunk: Chunk) -> None:
    """Give a third of the checking accounts a standing order."""
    who = np.flatnonzero(chance(chunk.rng, 0.35, chunk.size) & ~chunk.people.dormant)
    _order(chunk, who, chunk.people.joined[who])


def _order(chunk: Chunk, who: Ints, since: Ints) -> None:
    rng = chunk.rng
    share = np.array([0.22, 0.03, 0.06, 0.08])
    purpose = pick(rng, [45, 25, 15, 15], len(who))
    monthly = chunk.people.income[who] / 12 * share[purpose] * rng.uniform(0.7, 1.3, len(who))
    if len(who):
        chunk.orders.append(
            order=chunk.counters.take("order", len(who)), account=who,
            bank=rng.integers(1, len(vocab.BANKS), len(who)),
            recipient=rng.integers(10_000_000, 40_000_000, len(who)),
            cents=np.round(monthly * 100).astype(np.int64), purpose=purpose, since=since, until=NEVER,
        )  # fmt: skip


def keep_house(chunk: Chunk, step: Step) -> None:
    """Let accounts change their status, orders and insurance come and go, and end all of who has left."""
    people, rng, accounts = chunk.people, chunk.rng, chunk.accounts
    here = people.here(step.first)
    owner_sleeps = people.dormant[accounts["owner"]]
    active = accounts["status"] == 0
    accounts["status"][active & owner_sleeps] = 1
    accounts["status"][(accounts["status"] == 1) & ~owner_sleeps] = 0
    flips = chance(rng, 0.004 * step.months, len(accounts))
    odd = pick(rng, [0, 0, 0, 1, 2, 1], len(accounts))
    accounts["status"][:] = np.where(
        flips,
        np.where(accounts["status"] == 0, odd, np.where(accounts["status"] == 1, 1, 0)),
        accounts["status"],
    )
    starts = np.flatnonzero(here & chance(rng, 0.004 * step.months, chunk.size))
    _order(chunk, starts, np.full(len(starts), step.first))
    stops = chance(rng, 0.01 * step.months, len(chunk.orders)) & (chunk.orders["until"] == NEVER)
    chunk.orders["until"][stops] = step.first
    _lapse(chunk, step)
    _end_all(chunk, step)


def _lapse(chunk: Chunk, step: Step) -> None:
    """Let savings, certificates and insurance end now and then."""
    rows = chunk.holdings
    ends = np.isin(rows["product"], [PRODUCT["CD"], PRODUCT["IHOME"], PRODUCT["ITRAV"]])
    since = (rows["until"] == NEVER) & (rows["since"] < step.first - 60)
    rows["until"][ends & since & chance(chunk.rng, 0.012 * step.months, len(rows))] = step.first
    over = np.flatnonzero((rows["until"] == step.first) & (rows["product"] == PRODUCT["CD"]))
    closing = np.isin(chunk.accounts["owner"], rows["who"][over]) & (chunk.accounts["kind"] == PRODUCT["CD"])
    _close(chunk, closing & (chunk.accounts["closed"] == NEVER), step.first)


def _close(chunk: Chunk, closing: Bools, day: Ints | int) -> None:
    chunk.accounts["closed"][closing] = day
    chunk.accounts["status"][closing] = 2


def _end_all(chunk: Chunk, step: Step) -> None:
    """End in this step whatever belongs to those who leave in it."""
    people = chunk.people
    leaving = (people.left >= step.first) & (people.left < step.end)
    if not leaving.any():
        return
    for rows, who in (
        (chunk.holders, chunk.holders["user"]),
        (chunk.holders, chunk.accounts["owner"][chunk.holders["account"]]),
        (chunk.cards, chunk.cards["user"]), (chunk.orders, chunk.orders["account"]),
        (chunk.holdings, chunk.holdings["who"]), (chunk.pairs, chunk.pairs["one"]),
        (chunk.pairs, chunk.pairs["other"]), (chunk.consents, chunk.consents["who"]),
    ):  # fmt: skip
        ends = leaving[who] & (rows["until"] > people.left[who])
        rows["until"][ends] = people.left[who[ends]]
    owner = chunk.accounts["owner"]
    gone = leaving[owner] & (chunk.accounts["closed"] > people.left[owner])
    chunk.accounts["closed"][gone] = people.left[owner[gone]]
