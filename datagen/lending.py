"""Loans, their instalments, and how each borrower pays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from datagen import vocab
from datagen.holdings import Accounts
from datagen.model import Counters, Ints, Tables, World, chance, coded, pick
from datagen.population import People

TERMS = np.array([12, 24, 36, 48, 60])
NEVER = 1_000_000


@dataclass(frozen=True)
class Instalments:
    """Instalments that fall due up to the last file day; `payer` holds positions in People."""

    payer: Ints
    paid: Ints
    cents: Ints


def make_loans(
    rng: np.random.Generator, world: World, people: People, accounts: Accounts, counters: Counters
) -> tuple[Instalments, Tables]:
    """Lend to a sixth of the customers and follow each instalment from its due day to its payment."""
    steady = (people.opened < -30) & ~people.inactive & (people.left == world.days)  # noqa: PLR2004
    who = np.flatnonzero(steady & (chance(rng, 0.17, len(people.customer))))
    term = TERMS[pick(rng, [25, 30, 25, 12, 8], len(who))]
    amount = np.round(people.income[who] * rng.uniform(0.08, 0.5, len(who)), -2).astype(np.int64)
    oldest = np.minimum(-people.opened[who] - 1, 1_500)
    granted = (world.days - 1 - rng.random(len(who)) * (oldest + world.days - 1)).astype(np.int64)
    loan, kind = counters.take("loan", len(who)), pick(rng, [50, 30, 20], len(who))
    monthly = np.round(amount * 100 * (1 + 0.06 * term / 24) / term).astype(np.int64)
    loans = pa.table(
        {
            "loan": loan,
            "account": accounts.account[who],
            "customer": people.customer[who],
            "product": coded(kind, list(vocab.LOAN_PRODUCTS)),
            "granted": world.dates(granted),
            "amount": amount,
            "term": term,
            "cents": monthly,
            "from_day": np.maximum(granted, 0),
            "to_day": people.left[who],
        }
    )
    at, due = _due(world, granted, term)
    paid = _paid(rng, at, due, len(who))
    instalments = pa.table(
        {"loan": loan[at], "cents": monthly[at], "due_day": due, "paid_day": paid, "last": _is_last(at, term)}
    )
    changes = _changes(world, instalments, counters.take("instalment", len(at)))
    known = Instalments(payer=who[at], paid=paid, cents=monthly[at])
    return known, {"loans": loans, "instalments": instalments, "loan_payments": changes}


def _due(world: World, granted: Ints, term: Ints) -> tuple[Ints, Ints]:
    """List loan position and due day of each instalment due by the last file day."""
    at = np.repeat(np.arange(len(granted)), term)
    number = np.arange(len(at)) - np.repeat(np.cumsum(term) - term, term) + 1
    day = np.datetime64(world.start) + granted.astype("timedelta64[D]")
    month = day.astype("M8[M]")
    in_month = np.minimum((day - month.astype("M8[D]")).astype(np.int64), 27)
    due = world.offsets((month[at] + number).astype("M8[D]") + in_month[at])
    keep = due < world.days
    return at[keep], due[keep]


def _is_last(at: Ints, term: Ints) -> Ints:
    """Mark the instalment that ends its loan."""
    seen = np.bincount(at, minlength=len(term))
    last = np.zeros(len(at), dtype=np.int64)
    ends = np.cumsum(seen) - 1
    complete = seen == term
    last[ends[complete]] = 1
    return last


def _paid(rng: np.random.Generator, at: Ints, due: Ints, loans: int) -> Ints:
    """Let good payers pay on the day, slow ones days or weeks later, and a few stop for good."""
    habit = pick(rng, [80, 14, 6], loans)
    lag = np.where(habit[at] == 1, rng.exponential(14, len(at)), 0).astype(np.int64)
    slip = chance(rng, 0.03, len(at))
    lag = np.where((habit[at] == 0) & slip, rng.integers(1, 9, len(at)), lag)
    stop = rng.integers(-400, 10, loans)
    return np.where((habit[at] == 2) & (due >= stop[at]), NEVER, due + lag)  # noqa: PLR2004


def _changes(world: World, instalments: pa.Table, ids: Ints) -> pa.Table:
    """Write an instalment when it falls due and once more when it is paid on a later file day."""
    due, paid = instalments["due_day"].to_numpy(), instalments["paid_day"].to_numpy()
    seen = np.maximum(due, 0)
    later = np.flatnonzero((paid > seen) & (paid < world.days))
    at = np.concatenate([np.arange(len(due)), later])
    day = np.concatenate([seen, paid[later]])
    known = paid[at] <= day
    return pa.table(
        {
            "payment": ids[at],
            "loan": instalments["loan"].to_numpy()[at],
            "due": world.dates(due[at]),
            "cents": instalments["cents"].to_numpy()[at],
            "paid": world.dates_or_null(np.where(known, paid[at], 0), known),
            "file_day": day,
        }
    )
