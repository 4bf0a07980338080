"""Postings on accounts with running balances, and the payments that customers ordered."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from datagen import vocab
from datagen.chunk import Chunk
from datagen.lending import GOOD, SLOW
from datagen.model import Bools, Floats, Ints, Step, cents, chance, coded, pick, pick_each

KINDS = vocab.POSTING
# what customers do by themselves: weight, median amount
HABITS = {
    "Purchase": (26, 45), "Online": (16, 60), "Payment": (24, 140), "Subscription": (12, 15),
    "Cash_Withdrawal": (14, 80), "Cash_Deposit": (3, 250), "Investment": (2, 400), "Wire": (2, 900),
    "Refund": (1, 40),
}  # fmt: skip
CREDITS = [KINDS[name] for name in ("Cash_Deposit", "Refund", "Salary", "Credit", "Interest")]
ORDERED = ["Payment", "Subscription", "Online", "Wire"]
PER_DAY, RENT_DAY, BILL_DAY, RENT_SHARE = 0.09, 4, 24, 0.3
KEPT_MONTHS, LOWEST_SWEEP = 1.5, 100_00
NO_NOTE, SALARY, BENEFIT, FEE, INTEREST, OWN, INSTALMENT, BILL = range(8)
METHOD_WEIGHTS = np.array([25, 20, 15, 10, 6, 10, 5, 3, 5, 1], dtype=np.float64)
# how much a customer's digital trait moves each method of payment
DIGITAL_PULL = np.array([0.0, 0.8, -0.1, 0.7, -0.9, 0.4, -0.9, -0.3, 0.0, 0.6])
Block = dict[str, Ints]


def _block(
    account: Ints, day: Ints, kind: str, amount: Ints, note: int = 0, *, other: Ints | None = None
) -> Block:
    code = np.full(len(account), KINDS[kind])
    sign = np.where(np.isin(code, CREDITS), 1, -1)
    return {
        "account": account,
        "day": day,
        "kind": code,
        "cents": amount * sign,
        "note": np.full(len(account), note),
        "bank": np.full(len(account), 0 if other is not None else -1),
        "other": other if other is not None else np.full(len(account), -1),
    }


def post(chunk: Chunk, step: Step, instalments: tuple[Ints, Ints, Ints]) -> None:
    """Post salaries, habits, fees, interest, transfers and instalments of a step, and move the balances."""
    payer, paid, amount = instalments
    blocks = [
        _habits(chunk, step),
        *_monthly(chunk, step),
        _block(payer, paid, "Loan_Payment", amount, INSTALMENT),
    ]
    rows = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
    rows = {name: values[_possible(chunk, step, rows)] for name, values in rows.items()}
    order = np.lexsort((rows["kind"], rows["day"], rows["account"]))
    rows = {name: values[order] for name, values in rows.items()}
    after = _run(chunk, rows)
    by_day = np.argsort(rows["day"], kind="stable")
    rows = {name: values[by_day] for name, values in rows.items()}
    chunk.emit("account_transactions", _table(chunk, rows, after[by_day]))
    chunk.emit("payments", _payments(chunk, rows))


def _possible(chunk: Chunk, step: Step, rows: Block) -> Bools:
    """Keep the postings that fall into the step, on accounts that are open and of a customer."""
    accounts, day = chunk.accounts, rows["day"]
    owner = accounts["owner"][rows["account"]]
    in_step = (day >= step.first) & (day < step.end)
    is_open = (accounts["opened"][rows["account"]] <= day) & (accounts["closed"][rows["account"]] > day)
    possible: Bools = (
        in_step & is_open & (chunk.people.left[owner] > day) & (chunk.people.joined[owner] <= day)
    )
    return possible


def _habits(chunk: Chunk, step: Step) -> Block:
    """Draw what customers do by themselves on their checking account."""
    rng, people = chunk.rng, chunk.people
    first, end = people.window(step)
    rate = PER_DAY * np.exp(0.5 * people.traits.spend) * ~people.dormant
    who = np.repeat(np.arange(chunk.size), rng.poisson(rate * (end - first)))
    day = first[who] + (rng.random(len(who)) * (end - first)[who]).astype(np.int64)
    names = list(HABITS)
    habit = pick(rng, [HABITS[name][0] for name in names], len(who))
    median = np.array([float(HABITS[name][1]) for name in names])[habit]
    spender = np.clip((people.income[who] / 60_000) ** 0.5, 0.3, 5)
    block = _block(who, day, "Purchase", cents(median * spender * rng.lognormal(0, 0.5, len(who))))
    block["kind"] = np.array([KINDS[name] for name in names])[habit]
    block["cents"] = np.abs(block["cents"]) * np.where(np.isin(block["kind"], CREDITS), 1, -1)
    wires = block["kind"] == KINDS["Wire"]
    block["bank"] = np.where(wires, rng.integers(1, len(vocab.BANKS), len(who)), -1)
    block["other"] = np.where(wires, rng.integers(10_000_000, 40_000_000, len(who)), -1)
    return block


def _monthly(chunk: Chunk, step: Step) -> list[Block]:
    """List what comes once a month: income, rent, the card bill, fees, interest, transfers to savings."""
    people, rng, accounts = chunk.people, chunk.rng, chunk.accounts
    first = int(chunk.world.month_start(chunk.world.month_of(np.array([step.first])))[0])
    income, works = people.income, people.employment != vocab.UNEMPLOYED
    pay = np.flatnonzero(works & ~people.dormant)
    benefit = np.flatnonzero(~works & ~people.dormant)
    thrifty = people.traits.thrift > -0.3  # noqa: PLR2004
    saving = np.flatnonzero((chunk.savings >= 0) & thrifty & ~people.dormant)
    bearing = np.flatnonzero(np.isin(accounts["kind"], [vocab.SAVINGS, 2, 3]))
    renting = np.unique(chunk.orders["account"][chunk.orders["until"] > first])
    renting = renting[~people.dormant[renting]]
    wobble = rng.uniform(0.97, 1.03, chunk.size)
    payday = first + people.pay_day
    charged = np.unique(np.concatenate([np.flatnonzero(people.customer % 10 < 3), _behind(chunk)]))  # noqa: PLR2004
    interest = np.maximum(accounts["balance"][bearing] * 2 // 1200, 1)
    return [
        _block(pay, payday[pay], "Salary", cents(income[pay] / 12 * 0.74 * wobble[pay]), SALARY),
        _block(benefit, payday[benefit], "Credit", cents(income[benefit] / 12 * 0.9), BENEFIT),
        _block(charged, np.full(len(charged), first), "Fee", np.full(len(charged), 495), FEE),
        _block(bearing, np.full(len(bearing), first), "Interest", interest, INTEREST),
        _block(
            renting,
            np.full(len(renting), first + RENT_DAY),
            "Payment",
            cents(income[renting] / 12 * RENT_SHARE),
        ),
        *_to_savings(chunk, saving, payday[saving] + 1, cents(income[saving] / 12 * 0.06)),
        *_bills(chunk, step, first),
        _sweep(chunk, payday + 2),
    ]


def _behind(chunk: Chunk) -> Ints:
    """Borrowers who don't pay, who are charged a fee."""
    late = ~np.isin(chunk.loans["habit"], [GOOD, SLOW]) & (chunk.loans["paid"] < chunk.loans["term"])
    behind: Ints = chunk.loans["who"][late]
    return behind


def _bills(chunk: Chunk, step: Step, first: int) -> list[Block]:
    """Take what was bought by card since the last bill from the account."""
    if not step.first <= first + BILL_DAY < step.end:
        return []
    who = np.flatnonzero(chunk.card_spend > 0)
    block = _block(who, np.full(len(who), first + BILL_DAY), "Payment", chunk.card_spend[who], BILL)
    chunk.card_spend[who] = 0
    return [block]


def _sweep(chunk: Chunk, day: Ints) -> Block:
    """Let customers invest elsewhere what lies idle above what they keep, the thrifty keeping more."""
    people, balance = chunk.people, chunk.accounts["balance"][: chunk.size]
    kept = people.income / 12 * 100 * KEPT_MONTHS * np.exp(0.5 * people.traits.thrift)
    idle = (np.maximum(balance - kept, 0) * 0.5).astype(np.int64)
    who = np.flatnonzero((idle > LOWEST_SWEEP) & ~people.dormant)
    return _block(who, day[who], "Investment", idle[who])


def _to_savings(chunk: Chunk, who: Ints, day: Ints, amount: Ints) -> list[Block]:
    """Post both sides of a transfer between accounts of one customer, while both are open."""
    accounts = chunk.accounts
    savings = chunk.savings[who]
    fits = (accounts["opened"][savings] <= day) & (accounts["closed"][savings] > day)
    fits &= (accounts["opened"][who] <= day) & (accounts["closed"][who] > day)
    who, day, amount, savings = who[fits], day[fits], amount[fits], savings[fits]
    credit = _block(savings, day, "Transfer", amount, OWN, other=accounts["account"][who])
    credit["cents"] = np.abs(credit["cents"])
    return [_block(who, day, "Transfer", amount, OWN, other=accounts["account"][savings]), credit]


def _run(chunk: Chunk, rows: Block) -> Ints:
    """Move the balances by postings sorted by account, and give the balance after each of them."""
    total, account = np.cumsum(rows["cents"]), rows["account"]
    start = np.flatnonzero(np.diff(account, prepend=-1))
    before = np.zeros(len(chunk.accounts), dtype=np.int64)
    before[account[start]] = total[start] - rows["cents"][start]
    after: Ints = chunk.accounts["balance"][account] + total - before[account]
    moved = np.bincount(account, weights=rows["cents"], minlength=len(chunk.accounts))
    chunk.accounts["balance"][:] += np.round(moved).astype(np.int64)
    return after


def _table(chunk: Chunk, rows: Block, after: Ints) -> pa.Table:
    number = chunk.accounts["account"][rows["account"]]
    told = number % 10 < 7  # noqa: PLR2004
    return pa.table(
        {
            "transaction": chunk.counters.take("posting", len(after)),
            "account": number,
            "kind": coded(rows["kind"], list(vocab.POSTING_TYPES)),
            "event_day": rows["day"],
            "cents": rows["cents"],
            "balance": pa.array(after, mask=~told),
            "posted": chunk.world.dates(rows["day"]),
            "bank": coded(rows["bank"] + 1, [None, *vocab.BANKS]),
            "other": pa.array(rows["other"], mask=rows["other"] < 0),
            "notes": coded(rows["note"], [None, *vocab.NOTES[1:]]),
        }
    )


def _payments(chunk: Chunk, rows: Block) -> pa.Table:
    """List the orders behind the postings that a customer ordered, with how they were paid."""
    rng = chunk.rng
    at = np.flatnonzero(np.isin(rows["kind"], [KINDS[name] for name in ORDERED]))
    digital = chunk.people.traits.digital[chunk.accounts["owner"][rows["account"][at]]]
    weights: Floats = METHOD_WEIGHTS * np.exp(digital[:, None] * DIGITAL_PULL)
    method = pick_each(rng, weights)
    by_transfer = (rows["kind"][at] == KINDS["Wire"]) | (rows["note"][at] == BILL)
    recipient = np.where(chance(rng, 0.2, len(at)), 1, rng.integers(0, len(vocab.RECIPIENTS), len(at)))
    return pa.table(
        {
            "payment": chunk.counters.take("payment", len(at)),
            "account": chunk.accounts["account"][rows["account"][at]],
            "recipient": coded(recipient, list(vocab.RECIPIENTS)),
            "cents": np.abs(rows["cents"][at]),
            "paid": chunk.world.dates(rows["day"][at]),
            "method": coded(np.where(by_transfer, 0, method), list(vocab.METHODS)),
        }
    )
