"""Postings on accounts with running balances, and the payments that customers ordered."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from datagen import vocab
from datagen.activity import active_window
from datagen.holdings import Accounts
from datagen.lending import NEVER, Instalments
from datagen.model import Counters, Ints, Tables, World, chance, coded, pick
from datagen.population import People

KINDS = vocab.POSTING
# what customers do by themselves: weight, median amount
HABITS = {
    "Purchase": (26, 45), "Online": (16, 60), "Payment": (24, 140), "Subscription": (12, 15),
    "Cash_Withdrawal": (14, 80), "Cash_Deposit": (3, 250), "Investment": (2, 400), "Wire": (2, 900),
    "Refund": (1, 40),
}  # fmt: skip
CREDITS = [KINDS[name] for name in ("Cash_Deposit", "Refund", "Salary", "Credit", "Interest")]
ORDERED = ["Payment", "Subscription", "Online", "Wire"]
Block = dict[str, Ints]


def _block(
    account: Ints, day: Ints, kind: str, cents: Ints, note: int = 0, *, other: Ints | None = None
) -> Block:
    code = np.full(len(account), KINDS[kind])
    sign = np.where(np.isin(code, CREDITS), 1, -1)
    return {
        "account": account,
        "day": day,
        "kind": code,
        "cents": cents * sign,
        "note": np.full(len(account), note),
        "bank": np.full(len(account), 0 if other is not None else -1),
        "other": other if other is not None else np.full(len(account), -1),
    }


def make_postings(
    rng: np.random.Generator,
    world: World,
    people: People,
    accounts: Accounts,
    instalments: Instalments,
    *,
    counters: Counters,
) -> Tables:
    """Post salaries, habits, fees, interest, transfers and instalments, and balance every account."""
    blocks = [
        _habits(rng, world, people, accounts),
        *_monthly(rng, world, people, accounts),
        _instalments(world, people, instalments),
    ]
    rows = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
    last = np.minimum(people.left[accounts.owner[rows["account"]]], world.days)
    opened = np.maximum(accounts.opened[rows["account"]], -world.history_days)
    keep = (rows["day"] >= opened) & (rows["day"] < last)
    rows = {name: values[keep] for name, values in rows.items()}
    order = np.lexsort((rows["kind"], rows["day"], rows["account"]))
    rows = {name: values[order] for name, values in rows.items()}
    opening, after = _balances(rng, people, accounts, rows)
    by_day = np.argsort(rows["day"], kind="stable")
    rows = {name: values[by_day] for name, values in rows.items()}
    ids = counters.take("posting", len(by_day))
    return {
        "account_transactions": _table(world, accounts, rows, after[by_day], ids),
        "payments": _payments(rng, world, accounts, rows, counters),
        "account_days": _account_days(world, accounts, rows, opening),
    }


def _habits(rng: np.random.Generator, world: World, people: People, accounts: Accounts) -> Block:
    """Draw what customers do by themselves on their checking account."""
    n = len(people.customer)
    first, end = active_window(rng, world, people, accounts.opened[:n])
    rate = rng.gamma(1.5, 0.13 / 1.5, n)
    who = np.repeat(np.arange(n), rng.poisson(rate * (end - first)))
    day = first[who] + (rng.random(len(who)) * (end - first)[who]).astype(np.int64)
    names = list(HABITS)
    habit = pick(rng, [HABITS[name][0] for name in names], len(who))
    median = np.array([float(HABITS[name][1]) for name in names])[habit]
    spender = np.clip((people.income[who] / 60_000) ** 0.5, 0.3, 5)
    block = _block(who, day, "Purchase", _cents(median * spender * rng.lognormal(0, 0.5, len(who))))
    block["kind"] = np.array([KINDS[name] for name in names])[habit]
    block["cents"] = np.abs(block["cents"]) * np.where(np.isin(block["kind"], CREDITS), 1, -1)
    wires = block["kind"] == KINDS["Wire"]
    block["bank"] = np.where(wires, rng.integers(1, len(vocab.BANKS), len(who)), -1)
    block["other"] = np.where(wires, rng.integers(10_000_000, 40_000_000, len(who)), -1)
    return block


def _monthly(rng: np.random.Generator, world: World, people: People, accounts: Accounts) -> list[Block]:
    """Draw what comes every month: income, fees, interest, transfers to one's own savings."""
    n = len(people.customer)
    income, works = people.income, people.employment != vocab.UNEMPLOYED
    pay = np.flatnonzero(works & ~people.inactive)
    benefit = np.flatnonzero(~works & ~people.inactive)
    charged = np.flatnonzero(chance(rng, 0.3, n))
    saving = np.flatnonzero((accounts.own_savings >= 0) & (chance(rng, 0.6, n)) & ~people.inactive)
    bearing = np.flatnonzero(np.isin(accounts.kind, [vocab.SAVINGS, 2, 3]))
    pay_day = rng.integers(20, 28, n)
    blocks = []
    for month in world.months():
        first = int(world.offsets(month))
        interest = rng.integers(50, 9_000, len(bearing))
        wobble = rng.uniform(0.97, 1.03, n)
        blocks += [
            _block(pay, first + pay_day[pay], "Salary", _cents(income[pay] / 12 * 0.74 * wobble[pay]), 1),
            _block(benefit, first + pay_day[benefit], "Credit", _cents(income[benefit] / 12 * 0.9), 2),
            _block(charged, np.full(len(charged), first), "Fee", np.full(len(charged), 495), 3),
            _block(bearing, np.full(len(bearing), first), "Interest", interest, 4),
            *_to_savings(accounts, saving, first + pay_day[saving] + 1, _cents(income[saving] / 12 * 0.06)),
        ]
    return blocks


def _to_savings(accounts: Accounts, who: Ints, day: Ints, cents: Ints) -> list[Block]:
    """Post both sides of a transfer between accounts of one customer, once both are open."""
    open_by_then = accounts.opened[accounts.own_savings[who]] <= day
    who, day, cents = who[open_by_then], day[open_by_then], cents[open_by_then]
    savings = accounts.own_savings[who]
    credit = _block(savings, day, "Transfer", cents, 5, other=accounts.account[who])
    credit["cents"] = np.abs(credit["cents"])
    return [_block(who, day, "Transfer", cents, 5, other=accounts.account[savings]), credit]


def _instalments(world: World, people: People, instalments: Instalments) -> Block:
    paid = np.flatnonzero((instalments.paid != NEVER) & (instalments.paid < world.days))
    return _block(instalments.payer[paid], instalments.paid[paid], "Loan_Payment", instalments.cents[paid], 6)


def _cents(amount: np.typing.NDArray[np.float64]) -> Ints:
    return np.maximum(np.round(amount * 100), 100).astype(np.int64)


def _balances(rng: np.random.Generator, people: People, accounts: Accounts, rows: Block) -> tuple[Ints, Ints]:
    """Run the balances over sorted postings, from opening balances that keep them above zero."""
    total, account, n = np.cumsum(rows["cents"]), rows["account"], len(accounts.account)
    start = np.flatnonzero(np.diff(account, prepend=-1))
    before = np.zeros(n, dtype=np.int64)
    before[account[start]] = total[start] - rows["cents"][start]
    running = total - before[account]
    lowest = np.zeros(n, dtype=np.int64)
    if len(start):
        lowest[account[start]] = np.minimum(np.minimum.reduceat(running, start), 0)
    worth = people.income[accounts.owner] * np.where(accounts.kind == 0, 0.04, 0.25)
    opening = _cents(worth * rng.lognormal(-0.3, 0.9, n)) - lowest
    return opening, running + opening[account]


def _table(world: World, accounts: Accounts, rows: Block, after: Ints, ids: Ints) -> pa.Table:
    told = accounts.account[rows["account"]] % 10 < 7  # noqa: PLR2004
    other = pa.array(rows["other"], mask=rows["other"] < 0)
    return pa.table(
        {
            "transaction": ids,
            "account": accounts.account[rows["account"]],
            "kind": coded(rows["kind"], list(vocab.POSTING_TYPES)),
            "cents": rows["cents"],
            "balance": pa.array(after, mask=~told),
            "posted": world.dates(rows["day"]),
            "bank": coded(rows["bank"] + 1, [None, *vocab.BANKS]),
            "other": other,
            "notes": coded(rows["note"], [None, *vocab.NOTES[1:]]),
            "file_day": np.maximum(rows["day"], 0),
        }
    )


def _payments(
    rng: np.random.Generator, world: World, accounts: Accounts, rows: Block, counters: Counters
) -> pa.Table:
    """List the orders behind the postings that a customer ordered, with how they were paid."""
    at = np.flatnonzero(np.isin(rows["kind"], [KINDS[name] for name in ORDERED]))
    method = pick(rng, [25, 20, 15, 10, 6, 10, 5, 3, 5, 1], len(at))
    return pa.table(
        {
            "payment": counters.take("payment", len(at)),
            "account": accounts.account[rows["account"][at]],
            "recipient": coded(rng.integers(0, len(vocab.RECIPIENTS), len(at)), list(vocab.RECIPIENTS)),
            "cents": np.abs(rows["cents"][at]),
            "paid": world.dates(rows["day"][at]),
            "method": coded(np.where(rows["kind"][at] == KINDS["Wire"], 0, method), list(vocab.METHODS)),
            "file_day": np.maximum(rows["day"][at], 0),
        }
    )


def _account_days(world: World, accounts: Accounts, rows: Block, opening: Ints) -> pa.Table:
    """Work out the balance of every account at the end of every file day."""
    n = len(accounts.account)
    slot = rows["account"] * world.days + np.maximum(rows["day"], 0)
    moved = np.bincount(slot, weights=rows["cents"], minlength=n * world.days).reshape(n, world.days)
    balance = opening[:, None] + np.cumsum(np.round(moved).astype(np.int64), axis=1)
    return pa.table(
        {
            "account": np.repeat(accounts.account, world.days),
            "day": np.tile(np.arange(world.days), n),
            "cents": balance.ravel(),
        }
    )
