"""What customers hold: accounts, who may use them, cards, standing orders, credit records, contacts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from datagen import vocab
from datagen.model import Counters, Floats, Ints, Tables, World, chance, coded, pick
from datagen.population import People

GOLD_INCOME, JUNIOR_AGE = 95_000, 22


@dataclass(frozen=True)
class Accounts:
    """Accounts of one chunk, checking accounts first, one a person; `owner` holds positions in People."""

    account: Ints
    owner: Ints
    kind: Ints
    opened: Ints
    own_savings: Ints


@dataclass(frozen=True)
class Cards:
    """Cards of one chunk; `first` and `second` are positions of each person's cards, -1 for none."""

    last4: Ints
    scheme: Ints
    issued: Ints
    first: Ints
    second: Ints


def make_accounts(rng: np.random.Generator, people: People, counters: Counters) -> Accounts:
    """Give everybody a checking account, half a savings account and some a third."""
    n = len(people.customer)
    everybody = np.arange(n)
    savers, third = np.flatnonzero(chance(rng, 0.48, n)), np.flatnonzero(chance(rng, 0.12, n))
    owner = np.concatenate([everybody, savers, third])
    kinds = [np.zeros(n), np.ones(len(savers)), 2 + pick(rng, [35, 30, 20, 7, 8], len(third))]
    later = (rng.random(len(owner)) * np.maximum(-people.opened[owner], 0)).astype(np.int64)
    later[:n] = 0
    own_savings = np.full(n, -1, dtype=np.int64)
    own_savings[savers] = n + np.arange(len(savers))
    return Accounts(
        account=counters.take("account", len(owner)),
        owner=owner,
        kind=np.concatenate(kinds).astype(np.int64),
        opened=people.opened[owner] + later,
        own_savings=own_savings,
    )


def account_table(rng: np.random.Generator, world: World, people: People, accounts: Accounts) -> pa.Table:
    """Describe the accounts, with the day on which the status of a few of them changes."""
    n = len(accounts.account)
    before = pick(rng, [93, 0, 1.5, 1, 3, 0.5], n)
    before[people.inactive[accounts.owner]] = 1
    changing = chance(rng, 0.003 * world.days, n)
    after = np.where(changing, np.where(before == 0, pick(rng, [0, 4, 2, 1, 2, 1], n), 0), before)
    return pa.table(
        {
            "account": accounts.account,
            "customer": people.customer[accounts.owner],
            "branch": people.branch[accounts.owner],
            "product": coded(accounts.kind, [product[0] for product in vocab.PRODUCTS[:7]]),
            "account_type": coded(accounts.kind, list(vocab.ACCOUNT_TYPES)),
            "frequency": coded(pick(rng, [80, 12, 8], n), ["monthly", "weekly", "after transaction"]),
            "opened": world.dates(accounts.opened),
            "status_before": coded(before, list(vocab.ACCOUNT_STATUSES)),
            "status_after": coded(after, list(vocab.ACCOUNT_STATUSES)),
            "status_day": rng.integers(1, max(world.days, 2), n),
            "from_day": np.maximum(accounts.opened, 0),
            "to_day": people.left[accounts.owner],
        }
    )


def make_cards(
    rng: np.random.Generator, world: World, people: People, accounts: Accounts, counters: Counters
) -> tuple[Cards, Tables]:
    """Write who may use which account, and issue cards to most of them."""
    n = len(people.customer)
    spouse = np.full(n, -1, dtype=np.int64)
    for one, other, kind, _ in people.pairs:
        if kind == 0:
            spouse[one], spouse[other] = other, one
    shared = np.flatnonzero((spouse[accounts.owner] >= 0) & (chance(rng, 0.3, len(accounts.owner))))
    user = np.concatenate([accounts.owner, spouse[accounts.owner[shared]]])
    account = np.concatenate([np.arange(len(accounts.owner)), shared])
    holder = counters.take("holder", len(user))
    holders = pa.table(
        {
            "holder": holder,
            "customer": people.customer[user],
            "account": accounts.account[account],
            "role": coded((np.arange(len(user)) >= len(accounts.owner)) * 1, ["owner", "authorized_user"]),
            "from_day": np.maximum(np.maximum(accounts.opened[account], people.joined[user]), 0),
            "to_day": np.minimum(people.left[accounts.owner[account]], people.left[user]),
        }
    )
    cards, table = _issue(rng, world, people, accounts, counters, user=user, account=account, holder=holder)
    return cards, {"account_holders": holders, "cards": table}


def _issue(
    rng: np.random.Generator,
    world: World,
    people: People,
    accounts: Accounts,
    counters: Counters,
    *,
    user: Ints,
    account: Ints,
    holder: Ints,
) -> tuple[Cards, pa.Table]:
    n = len(people.customer)
    at = np.flatnonzero(chance(rng, _card_odds(n, accounts, account), len(user)))
    who = user[at]
    opened = np.maximum(accounts.opened[account[at]], people.opened[who])
    age = np.clip(-opened, 0, 3 * 365)
    cards = Cards(
        last4=rng.integers(0, 10_000, len(at)),
        scheme=pick(rng, vocab.SCHEME_WEIGHTS, len(at)),
        issued=np.where(opened < 0, -(rng.random(len(at)) * age).astype(np.int64), opened),
        first=np.full(n, -1, dtype=np.int64),
        second=np.full(n, -1, dtype=np.int64),
    )
    cards.second[who] = np.arange(len(at))
    cards.first[who[::-1]] = np.arange(len(at))[::-1]
    table = pa.table(
        {
            "card": counters.take("card", len(at)),
            "holder": holder[at],
            "customer": people.customer[who],
            "card_type": coded(_card_type(people, who), list(vocab.CARD_TYPES)),
            "last4": cards.last4,
            "issued": world.dates(cards.issued),
            "status": coded(pick(rng, [96, 2, 2], len(at)), list(vocab.CARD_STATUSES)),
            "from_day": np.maximum(cards.issued, 0),
            "to_day": np.minimum(people.left[who], people.left[accounts.owner[account[at]]]),
        }
    )
    return cards, table


def _card_odds(n: int, accounts: Accounts, account: Ints) -> Floats:
    """Rate holders by what they hold: a checking account, another account, or a share in somebody else's."""
    position = np.arange(len(account))
    on_other = np.where(accounts.kind[account] == vocab.BUSINESS, 0.9, 0.0)
    return np.where(position < n, 0.88, np.where(position >= len(accounts.owner), 0.35, on_other))


def _card_type(people: People, who: Ints) -> Ints:
    """Give juniors to the young and gold to the rich."""
    rich, young = people.income[who] > GOLD_INCOME, people.age()[who] < JUNIOR_AGE
    return np.where(young, 2, np.where(rich, 1, 0))


def standing_orders(
    rng: np.random.Generator, world: World, people: People, accounts: Accounts, counters: Counters
) -> pa.Table:
    """Give a third of the checking accounts a standing order; a few start or stop in the file days."""
    n = len(people.customer)
    at = np.flatnonzero((chance(rng, 0.35, n)) & ~people.inactive)
    share = np.array([0.22, 0.03, 0.06, 0.08])
    purpose = pick(rng, [45, 25, 15, 15], len(at))
    monthly = people.income[at] / 12 * share[purpose] * rng.uniform(0.7, 1.3, len(at))
    starts = np.where(chance(rng, 0.03, len(at)), rng.integers(0, world.days, len(at)), 0)
    stops = np.where(chance(rng, 0.03, len(at)), rng.integers(0, world.days, len(at)) + 1, world.days)
    return pa.table(
        {
            "order": counters.take("order", len(at)),
            "account": accounts.account[at],
            "bank": coded(rng.integers(1, len(vocab.BANKS), len(at)), list(vocab.BANKS)),
            "recipient": rng.integers(10_000_000, 40_000_000, len(at)),
            "cents": np.round(monthly * 100).astype(np.int64),
            "purpose": coded(purpose, list(vocab.PURPOSES)),
            "from_day": np.maximum(starts, np.maximum(accounts.opened[at], 0)),
            "to_day": np.minimum(stops, people.left[at]),
        }
    )


def credit_history(rng: np.random.Generator, world: World, people: People, counters: Counters) -> pa.Table:
    """Ask the bureau about four customers in five, and hear of changes for a few each day."""
    who = np.flatnonzero(chance(rng, 0.8, len(people.customer)))
    base = np.clip((people.age()[who] - 18) / 25 + rng.normal(1.3, 1.1, len(who)), 0, 4).astype(np.int64)
    credit = counters.take("credit", len(who))
    at, day = [np.arange(len(who))], [people.joined[who]]
    for later in range(1, world.days):
        here = (people.joined[who] < later) & (people.left[who] > later)
        heard = np.flatnonzero(here & chance(rng, 0.01, len(who)))
        at.append(heard)
        day.append(np.full(len(heard), later))
    rows, days = np.concatenate(at), np.concatenate(day)
    rank = np.clip(base[rows] + np.where(days > 0, rng.integers(-1, 2, len(rows)), 0), 0, 4)
    return pa.table(
        {
            "credit": credit[rows],
            "customer": people.customer[who[rows]],
            "score": coded(rank, list(vocab.CREDIT_RANGES)),
            "credit_limit": np.round(people.income[who[rows]] * (0.05 + 0.06 * rank), -2).astype(np.int64),
            "words": coded(rank, list(vocab.CREDIT_WORDS)),
            "utilization": np.round(rng.beta(2, 3 + rank), 4),
            "file_day": days,
        }
    )


def relationships(people: People, counters: Counters) -> pa.Table:
    """List spouses and parents with the days on which both are customers."""
    one = np.concatenate([pair[0] for pair in people.pairs])
    other = np.concatenate([pair[1] for pair in people.pairs])
    kind = np.concatenate([np.full(len(pair[0]), pair[2]) for pair in people.pairs])
    day = np.concatenate([np.full(len(pair[0]), pair[3]) for pair in people.pairs])
    return pa.table(
        {
            "relationship": counters.take("relationship", len(one)),
            "one": people.customer[one],
            "other": people.customer[other],
            "kind": coded(kind, ["Spouse", "Child"]),
            "from_day": np.maximum(day, np.maximum(people.joined[one], people.joined[other])),
            "to_day": np.minimum(people.left[one], people.left[other]),
        }
    )


def contacts(rng: np.random.Generator, world: World, people: People) -> pa.Table:
    """Write each customer's contact once, again with a new address after a move, and some new e-mails."""
    n = len(people.customer)
    mailed = np.flatnonzero((chance(rng, 0.002 * world.days, n)) & (people.joined == 0))
    mail_day = rng.integers(1, max(world.days, 2), len(mailed))
    moved = [who for who, _ in people.moves]
    moved_day = [np.full(len(who), day, dtype=np.int64) for who, day in people.moves]
    in_time = mail_day < np.minimum(people.left[mailed], world.days)
    who = np.concatenate([np.arange(n), *moved, mailed[in_time]]).astype(np.int64)
    day = np.concatenate([people.joined, *moved_day, mail_day[in_time]]).astype(np.int64)
    is_mail = np.arange(len(who)) >= len(who) - int(in_time.sum())
    first, last = rng.integers(0, len(vocab.FIRST_NAMES), n), rng.integers(0, len(vocab.LAST_NAMES), n)
    number, area = rng.integers(0, 100, n), rng.integers(201, 990, n)
    house = np.where(is_mail, 17, rng.integers(1, 990, len(who)))
    return pa.table(
        {
            "customer": people.customer[who],
            "name": pc.binary_join_element_wise(
                coded(first[who], list(vocab.FIRST_NAMES)).dictionary_decode(),
                coded(last[who], list(vocab.LAST_NAMES)).dictionary_decode(),
                " ",
            ),
            "mail_suffix": coded(is_mail * 1, ["", ".new"]),
            "area": area[who],
            "line": number[who],
            "house": house,
            "street": coded(rng.integers(0, len(vocab.STREETS), len(who)), list(vocab.STREETS)),
            "file_day": day,
        }
    )
