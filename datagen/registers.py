"""The bank's registers: who its customers are, how to reach them, and what stands in its books on a day."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from datagen import vocab
from datagen.chunk import Chunk
from datagen.lending import loan_picture
from datagen.model import Ints, Step, chance, coded
from datagen.population import is_away

FIRST, LAST, AREA, LINE, MAIL, HOUSE, STREET = range(7)
SCORED, HEARD_A_MONTH, RANKS = 0.8, 0.06, 4
CLOSED, SHOWN_CLOSED = 2, 90


def name_everybody(chunk: Chunk) -> None:
    """Give everybody a name, a telephone number and an address."""
    rng, n = chunk.rng, chunk.size
    ends = [len(vocab.FIRST_NAMES), len(vocab.LAST_NAMES), 790, 100, 1, 989, len(vocab.STREETS)]
    chunk.names[:] = np.stack([rng.integers(0, end, n) for end in ends])
    chunk.names[AREA] += 201
    chunk.names[HOUSE] += 1


def tell_contacts(chunk: Chunk, step: Step) -> None:
    """Send each customer's contact when they join, and again after a move or with a new e-mail address."""
    people, rng, names = chunk.people, chunk.rng, chunk.names
    joined = (people.joined >= step.first) & (people.joined < step.end)
    moved = chunk.moved.pop(chunk.moved["day"] < step.end)
    at_home, mailed = moved["who"][moved["mail"] == 0], moved["who"][moved["mail"] == 1]
    names[HOUSE, at_home] = rng.integers(1, 990, len(at_home))
    names[STREET, at_home] = rng.integers(0, len(vocab.STREETS), len(at_home))
    names[MAIL, mailed] += 1
    changed = np.zeros(chunk.size, dtype=bool)
    changed[moved["who"]] = True
    who = np.flatnonzero(joined | (changed & people.here(step.first)))
    chunk.emit(
        "customer_contacts",
        pa.table(
            {
                "customer": people.customer[who],
                "name": pc.binary_join_element_wise(
                    coded(names[FIRST, who], list(vocab.FIRST_NAMES)).dictionary_decode(),
                    coded(names[LAST, who], list(vocab.LAST_NAMES)).dictionary_decode(),
                    " ",
                ),
                "mail": names[MAIL, who],
                "area": names[AREA, who],
                "line": names[LINE, who],
                "house": names[HOUSE, who],
                "street": coded(names[STREET, who], list(vocab.STREETS)),
            }
        ),
    )


def tell_credit(chunk: Chunk, step: Step) -> None:
    """Ask the bureau about most customers when they join, and hear of changes for a few."""
    people, rng, rows = chunk.people, chunk.rng, chunk.credit
    joined = (people.joined >= step.first) & (people.joined < step.end)
    who = np.flatnonzero(joined & chance(rng, SCORED, chunk.size))
    fresh = np.empty(0, dtype=np.int64)
    if len(who):
        drawn = (people.age(step.first)[who] - 18) / 25 + rng.normal(1.5, 0.9, len(who))
        rank = np.clip(drawn - 0.5 * people.traits.strain[who], 0, RANKS).astype(np.int64)
        fresh = rows.append(credit=chunk.counters.take("credit", len(who)), who=who, rank=rank)
    heard = chance(rng, HEARD_A_MONTH * step.months, len(rows)) & people.here(step.first)[rows["who"]]
    heard[fresh] = False
    changed = np.flatnonzero(heard)
    rows["rank"][changed] = np.clip(rows["rank"][changed] + rng.integers(-1, 2, len(changed)), 0, RANKS)
    at = np.concatenate([fresh, changed])
    rank = rows["rank"][at]
    chunk.emit(
        "credit_history",
        pa.table(
            {
                "credit": rows["credit"][at],
                "customer": people.customer[rows["who"][at]],
                "score": coded(rank, list(vocab.CREDIT_RANGES)),
                "credit_limit": np.round(people.income[rows["who"][at]] * (0.05 + 0.06 * rank), -2).astype(
                    np.int64
                ),
                "words": coded(rank, list(vocab.CREDIT_WORDS)),
                "utilization": np.round(rng.beta(2, 3 + rank), 4),
            }
        ),
    )


def take_pictures(chunk: Chunk, day: int, is_due: Callable[[str], bool]) -> None:
    """Send full pictures of a day, of the registers for which one is due."""
    for table, picture in PICTURES.items():
        if is_due(table):
            chunk.emit(table, picture(chunk, day))


def _customers(chunk: Chunk, day: int) -> pa.Table:
    people, world = chunk.people, chunk.world
    who = np.flatnonzero(people.here(day) & ~is_away(world, people, day))
    return pa.table(
        {
            "customer": people.customer[who],
            "birth": world.dates(people.birth[who]),
            "branch": people.branch[who],
            "employment": coded(people.employment[who], vocab.EMPLOYMENT),
            "income": people.income[who],
            "segment": coded(people.segment[who], vocab.SEGMENTS),
            "marital": coded(people.marital[who], vocab.MARITAL),
            "city": people.city[who],
            "opened": world.dates(people.opened[who]),
            "gender": coded(people.gender[who], vocab.GENDERS),
        }
    )


def _accounts(chunk: Chunk, day: int) -> pa.Table:
    rows, people, world = chunk.accounts, chunk.people, chunk.world
    gone = rows["closed"] + np.where(rows["status"] == CLOSED, SHOWN_CLOSED, 0) <= day
    at = np.flatnonzero((rows["opened"] <= day) & ~gone & people.here(day)[rows["owner"]])
    kind, owner = rows["kind"][at], rows["owner"][at]
    return pa.table(
        {
            "account": rows["account"][at],
            "customer": people.customer[owner],
            "branch": people.branch[owner],
            "product": coded(kind, [product[0] for product in vocab.PRODUCTS[:7]]),
            "account_type": coded(kind, list(vocab.ACCOUNT_TYPES)),
            "frequency": coded(rows["frequency"][at], ["monthly", "weekly", "after transaction"]),
            "opened": world.dates(rows["opened"][at]),
            "cents": rows["balance"][at],
            "status": coded(rows["status"][at], list(vocab.ACCOUNT_STATUSES)),
        }
    )


def _in_force(rows_since: Ints, rows_until: Ints, day: int) -> Ints:
    return np.flatnonzero((rows_since <= day) & (rows_until > day))


def _holders(chunk: Chunk, day: int) -> pa.Table:
    rows = chunk.holders
    at = _in_force(rows["since"], rows["until"], day)
    return pa.table(
        {
            "holder": rows["holder"][at],
            "customer": chunk.people.customer[rows["user"][at]],
            "account": chunk.accounts["account"][rows["account"][at]],
            "role": coded(rows["role"][at], ["owner", "authorized_user"]),
        }
    )


def _cards(chunk: Chunk, day: int) -> pa.Table:
    rows = chunk.cards
    at = _in_force(rows["issued"], rows["until"], day)
    return pa.table(
        {
            "card": rows["card"][at],
            "holder": chunk.holders["holder"][rows["holder"][at]],
            "customer": chunk.people.customer[rows["user"][at]],
            "card_type": coded(rows["kind"][at], list(vocab.CARD_TYPES)),
            "last4": rows["last4"][at],
            "issued": chunk.world.dates(rows["issued"][at]),
            "status": coded(rows["status"][at], list(vocab.CARD_STATUSES)),
        }
    )


def _orders(chunk: Chunk, day: int) -> pa.Table:
    rows = chunk.orders
    at = _in_force(rows["since"], rows["until"], day)
    return pa.table(
        {
            "order": rows["order"][at],
            "account": chunk.accounts["account"][rows["account"][at]],
            "bank": coded(rows["bank"][at], list(vocab.BANKS)),
            "recipient": rows["recipient"][at],
            "cents": rows["cents"][at],
            "purpose": coded(rows["purpose"][at], list(vocab.PURPOSES)),
        }
    )


def _relationships(chunk: Chunk, day: int) -> pa.Table:
    rows, customer = chunk.pairs, chunk.people.customer
    at = _in_force(rows["since"], rows["until"], day)
    new = at[rows["id"][at] < 0]
    rows["id"][new] = chunk.counters.take("relationship", len(new))
    return pa.table(
        {
            "relationship": rows["id"][at],
            "one": customer[rows["one"][at]],
            "other": customer[rows["other"][at]],
            "kind": coded(rows["kind"][at], ["Spouse", "Child"]),
        }
    )


PICTURES: dict[str, Callable[[Chunk, int], pa.Table]] = {
    "customers": _customers,
    "accounts": _accounts,
    "loans": loan_picture,
    "account_holders": _holders,
    "cards": _cards,
    "standing_orders": _orders,
    "relationships": _relationships,
}
