"""Loans, their instalments, and how each borrower pays: on time, late for a spell, or no more."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from datagen import vocab
from datagen.chunk import Chunk
from datagen.holdings import BRANCH, FIRST_LOAN
from datagen.model import NEVER, Bools, Floats, Ints, Step, chance, coded, pick

TERMS = np.array([12, 24, 36, 48, 60])
LAST_DUE_DAY, LONGEST_LAG, CURE_WITHIN, ARREARS_FROM, DEFAULT_FROM = 27, 75, 20, 30, 90
GOOD, SLOW, LATE, STOPPED = range(4)
MIN_SPELL, PAID, FINISHED = 40, 2, 999_999
DEFAULT_ODDS, LATE_ODDS, CURE_ODDS = 0.0015, 0.03, 0.5
STATUSES = ["running", "in_arrears", "defaulted", "finished"]


def first_loans(chunk: Chunk) -> None:
    """Lend to a sixth of the customers before the story begins, with all that was due until then."""
    people, rng, first = chunk.people, chunk.rng, chunk.world.first
    steady = (people.opened < first - 30) & ~people.dormant
    who = np.flatnonzero(steady & chance(rng, 0.15 + 0.03 * people.traits.strain, chunk.size))
    oldest = np.minimum(first - people.opened[who] - 1, 1_500)
    granted = first - 1 - (rng.random(len(who)) * oldest).astype(np.int64)
    at = grant(chunk, who, FIRST_LOAN + pick(rng, [50, 30, 20], len(who)), granted, BRANCH)
    loans = chunk.loans
    gone = chunk.world.month_of(np.array([first])) - chunk.world.month_of(granted)
    elapsed = np.clip(gone, 0, loans["term"][at])
    loan = np.repeat(at, elapsed)
    number = np.arange(len(loan)) - np.repeat(np.cumsum(elapsed) - elapsed, elapsed) + 1
    due = _due_day(chunk, loan, number)
    stops = np.where(chance(rng, 0.03, len(at)), first - rng.integers(10, 300, len(at)), NEVER)
    paid = np.where(due >= np.repeat(stops, elapsed), NEVER, due)
    chunk.loans["habit"][at[stops < NEVER]] = STOPPED
    before = due < first
    _add_instalments(chunk, loan[before], due[before], paid[before])


def grant(chunk: Chunk, who: Ints, product: Ints | int, day: Ints, channel: Ints | int) -> Ints:
    """Lend to customers and return the positions of the loans."""
    rng, people = chunk.rng, chunk.people
    if not len(who):
        return np.empty(0, dtype=np.int64)
    term = TERMS[pick(rng, [25, 30, 25, 12, 8], len(who))]
    amount = np.round(people.income[who] * rng.uniform(0.08, 0.5, len(who)), -2).astype(np.int64)
    monthly = np.round(amount * 100 * (1 + 0.06 * term / 24) / term).astype(np.int64)
    month = chunk.world.month_start(chunk.world.month_of(day))
    return chunk.loans.append(
        loan=chunk.counters.take("loan", len(who)), who=who, product=product, granted=day, amount=amount,
        term=term,
        cents=monthly, day=np.minimum(day - month, LAST_DUE_DAY), paid=0,
        habit=np.where(chance(rng, 0.12, len(who)), SLOW, GOOD), until=NEVER,
        holding=chunk.open_holding(who, product, day, channel),
    )  # fmt: skip


def _due_day(chunk: Chunk, loan: Ints, number: Ints) -> Ints:
    month = chunk.world.month_of(chunk.loans["granted"][loan]) + number
    return chunk.world.month_start(month) + chunk.loans["day"][loan]


def _add_instalments(chunk: Chunk, loan: Ints, due: Ints, paid: Ints) -> None:
    if len(loan):
        ids = chunk.counters.take("instalment", len(loan))
        chunk.instalments.append(payment=ids, loan=loan, due=due, paid=paid, told=0)


def default_odds(chunk: Chunk) -> Floats:
    """Give the odds of each loan that its borrower stops paying in a month."""
    people, who = chunk.people, chunk.loans["who"]
    burden = chunk.loans["cents"] * 0.12 / people.income[who]
    without_work = people.employment[who] == vocab.UNEMPLOYED
    score = 0.9 * people.traits.strain[who] + 0.9 * without_work + 1.5 * np.clip(burden - 0.15, 0, 1)
    odds: Floats = np.clip(DEFAULT_ODDS * np.exp(score), 0, 0.2)
    return odds


def repay(chunk: Chunk, step: Step) -> tuple[Ints, Ints, Ints]:
    """Let instalments fall due and be paid.

    Returns:
        Payers, days and cents of the instalments that are paid in this step.
    """
    loans = chunk.loans
    open_loans = (loans["paid"] < loans["term"]) & (loans["until"] > step.first)
    if step.starts_month or step.number == 0:
        _change_habits(chunk, step, open_loans)
    month = chunk.world.month_of(np.array([step.first]))
    number = month - chunk.world.month_of(loans["granted"])
    due = chunk.world.month_start(month) + loans["day"]
    falls = open_loans & (number >= 1) & (number <= loans["term"]) & (due >= step.first) & (due < step.end)
    at = np.flatnonzero(falls)
    lag = _lag(chunk, at)
    _add_instalments(chunk, at, due[at], np.where(lag < NEVER, due[at] + lag, NEVER))
    return _settle(chunk, step)


def _lag(chunk: Chunk, at: Ints) -> Ints:
    rng, habit = chunk.rng, chunk.loans["habit"][at]
    slow = np.minimum(rng.exponential(14, len(at)), LONGEST_LAG).astype(np.int64)
    slip = np.where(chance(rng, 0.03, len(at)), rng.integers(1, 9, len(at)), 0)
    return np.select([habit == GOOD, habit == SLOW], [slip, slow], NEVER)


def _change_habits(chunk: Chunk, step: Step, open_loans: Bools) -> None:
    """Let some borrowers stop for good, some fall behind, and those who had fallen behind catch up."""
    rng, loans, rows = chunk.rng, chunk.loans, chunk.instalments
    unpaid = rows["paid"] >= NEVER
    oldest = np.full(len(loans), NEVER)
    np.minimum.at(oldest, rows["loan"][unpaid], rows["due"][unpaid])
    long_ago = oldest < step.first - MIN_SPELL
    cured = (loans["habit"] == LATE) & (chance(rng, CURE_ODDS, len(loans)) | long_ago) & (oldest < NEVER)
    loans["habit"][cured] = GOOD
    catching = np.flatnonzero(unpaid & cured[rows["loan"]])
    catch_day = step.first + rng.integers(0, CURE_WITHIN, len(loans))
    rows["paid"][catching] = catch_day[rows["loan"][catching]]
    stops = default_odds(chunk)
    falls_behind = np.clip(stops * LATE_ODDS / DEFAULT_ODDS, 0, 0.3)
    drawn = rng.random(len(loans))
    pays = open_loans & (loans["habit"] < LATE) & ~cured
    loans["habit"][pays & (drawn < stops + falls_behind)] = LATE
    loans["habit"][open_loans & (loans["habit"] != STOPPED) & (drawn < stops)] = STOPPED


def _settle(chunk: Chunk, step: Step) -> tuple[Ints, Ints, Ints]:
    """Tell what fell due or was paid, and take out what needs no more telling."""
    rows, loans = chunk.instalments, chunk.loans
    paid_now = (rows["paid"] < step.end) & (rows["told"] < PAID)
    loan = rows["loan"][paid_now]
    loans["paid"][:] += np.bincount(loan, minlength=len(loans))
    known = np.flatnonzero(paid_now | (rows["told"] == 0))
    chunk.emit("loan_payments", _payment_table(chunk, known, rows["paid"][known] < step.end))
    rows["told"][known] = 1
    rows["told"][paid_now] = PAID
    over = (loans["paid"] == loans["term"]) & (loans["until"] == NEVER)
    ending = np.isin(chunk.holdings["holding"], loans["holding"][over])
    chunk.holdings["until"][ending] = np.minimum(chunk.holdings["until"][ending], step.end - 1)
    loans["until"][over] = FINISHED
    in_step = paid_now & (rows["paid"] >= step.first)
    moved = loans["who"][rows["loan"][in_step]], rows["paid"][in_step], loans["cents"][rows["loan"][in_step]]
    rows.pop(rows["told"] == PAID)
    return moved


def _payment_table(chunk: Chunk, at: Ints, known: Bools) -> pa.Table:
    rows, loans, world = chunk.instalments, chunk.loans, chunk.world
    loan = rows["loan"][at]
    return pa.table(
        {
            "payment": rows["payment"][at],
            "loan": loans["loan"][loan],
            "due": world.dates(rows["due"][at]),
            "cents": loans["cents"][loan],
            "paid": world.dates_or_null(rows["paid"][at], known),
        }
    )


def days_behind(chunk: Chunk, day: int) -> Ints:
    """Give for each loan how many days its oldest open instalment is overdue, 0 for none."""
    rows = chunk.instalments
    open_rows = (rows["paid"] > day) & (rows["due"] < day)
    oldest = np.full(len(chunk.loans), day)
    np.minimum.at(oldest, rows["loan"][open_rows], rows["due"][open_rows])
    behind: Ints = day - oldest
    return behind


def loan_picture(chunk: Chunk, day: int) -> pa.Table:
    """Describe all loans on a day."""
    loans, world, people = chunk.loans, chunk.world, chunk.people
    behind = days_behind(chunk, day)
    status = np.select(
        [behind > DEFAULT_FROM, behind > 0, loans["paid"] == loans["term"]], [2, 1, 3], 0
    ).astype(np.int64)
    at = np.flatnonzero((loans["granted"] <= day) & people.here(day)[loans["who"]])
    return pa.table(
        {
            "loan": loans["loan"][at],
            "account": chunk.accounts["account"][loans["who"][at]],
            "customer": people.customer[loans["who"][at]],
            "product": coded(loans["product"][at], [product[0] for product in vocab.PRODUCTS]),
            "granted": world.dates(loans["granted"][at]),
            "amount": loans["amount"][at],
            "term": loans["term"][at],
            "cents": loans["cents"][at],
            "status": coded(status[at], list(STATUSES)),
        }
    )
