"""What happens in customers' lives: work, income, marriage, children, moves, dormancy, leaving, death."""

from __future__ import annotations

import numpy as np

from datagen import vocab
from datagen.chunk import Chunk
from datagen.model import NEVER, Bools, Floats, Ints, Step, chance
from datagen.population import (
    ADULT,
    BRANCHES_PER_CITY,
    WORKS_FROM,
    WORKS_TO,
    draw_income,
    is_away,
    marry,
)

# odds in a month
RAISE, FIRED, HIRED, SWITCH = 0.07, 0.006, 0.12, 0.006
MOVE, OTHER_BRANCH, MARRY, SEPARATE, CHILD = 0.009, 0.004, 0.012, 0.002, 0.012
SLEEP, WAKE, LEAVE, NEW_MAIL = 0.008, 0.03, 0.0025, 0.006
FERTILE_TO, LEAST_INCOME = 45, 10_190


def live(chunk: Chunk, step: Step) -> None:
    """Let a step's share of life happen to everybody who is a customer when it begins."""
    people, world = chunk.people, chunk.world
    if step.number == 0 or (step.first >= 0 and is_away(world, people, step.first).any()):
        return
    here = people.here(step.first) & ~people.died
    age = people.age(step.first)
    _work(chunk, step, here, age)
    _family(chunk, step, here, age)
    _move(chunk, step, here)
    _sleep(chunk, step, here)
    _leave(chunk, step, here, age)
    back = people.away & (step.first == world.days // 3 + 3)
    people.income[back] += 4_800


def _happens(chunk: Chunk, step: Step, odds: float | Floats, to: Bools) -> Ints:
    """Draw to whom something happens that has the given odds in a month."""
    return np.flatnonzero(to & chance(chunk.rng, 1 - (1 - np.asarray(odds)) ** step.months, chunk.size))


def _work(chunk: Chunk, step: Step, here: Bools, age: Floats) -> None:
    people, rng = chunk.people, chunk.rng
    works = people.employment != vocab.UNEMPLOYED
    of_age = (age >= WORKS_FROM) & (age < WORKS_TO)
    strained = np.exp(0.5 * people.traits.strain)
    fired = _happens(chunk, step, np.clip(FIRED * strained, 0, 0.2), here & works & of_age)
    hired = _happens(chunk, step, HIRED, here & ~works & of_age)
    switched = _happens(chunk, step, SWITCH, here & works & of_age)
    retired = np.flatnonzero(here & works & (age >= WORKS_TO) & chance(rng, 0.15 * step.months, chunk.size))
    for who in (np.concatenate([fired, retired]),):
        people.employment[who] = vocab.UNEMPLOYED
        people.income[who] = np.maximum(people.income[who] * 45 // 1000 * 10, LEAST_INCOME)
    for who in (np.setdiff1d(hired, fired), np.setdiff1d(switched, fired)):
        people.employment[who] = rng.integers(0, vocab.UNEMPLOYED, len(who))
        people.income[who] = draw_income(rng, age[who], people.employment[who])
    raised = _happens(chunk, step, RAISE, here & works)
    people.income[raised] = np.round(people.income[raised] * rng.uniform(1.0, 1.07, len(raised)), -1)


def _family(chunk: Chunk, step: Step, here: Bools, age: Floats) -> None:
    people = chunk.people
    free = here & (people.marital != vocab.MARRIED) & (age > WORKS_FROM) & (age < WORKS_TO) & ~people.away
    singles = _happens(chunk, step, MARRY * np.clip((55 - age) / 25, 0.1, 1), free)
    singles = singles[np.argsort(age[singles], kind="stable")]
    half = len(singles) // 2
    one, other = singles[: 2 * half : 2], singles[1 : 2 * half : 2]
    marry(people, one, other)
    if half:
        chunk.pairs.append(one=one, other=other, kind=0, since=step.first, until=NEVER, id=-1)
        chunk.moved.append(who=other, day=step.first, mail=0)
    _separate(chunk, step, here)
    married = (people.marital == vocab.MARRIED) & (people.spouse >= 0)
    parents = _happens(
        chunk, step, CHILD * (1 + married), here & married & (age < FERTILE_TO) & (age > ADULT - 6)
    )
    people.youngest[parents] = step.first
    people.youngest[people.spouse[parents]] = step.first


def _separate(chunk: Chunk, step: Step, here: Bools) -> None:
    people, pairs = chunk.people, chunk.pairs
    parting = _happens(chunk, step, SEPARATE, here & (people.marital == vocab.MARRIED) & (people.spouse >= 0))
    both = np.unique(np.concatenate([parting, people.spouse[parting]]))
    both = both[~people.away[both]]
    people.marital[both] = vocab.SEPARATED
    apart = (pairs["kind"] == 0) & np.isin(pairs["one"], both) & (pairs["until"] > step.first)
    pairs["until"][apart] = step.first
    people.spouse[both] = -1


def _move(chunk: Chunk, step: Step, here: Bools) -> None:
    people, rng = chunk.people, chunk.rng
    movers = _happens(chunk, step, MOVE, here & ~people.away)
    with_spouse = people.spouse[movers]
    stride = rng.integers(1, len(vocab.CITIES), len(movers))
    people.city[movers] = (people.city[movers] + stride) % len(vocab.CITIES)
    couples = with_spouse >= 0
    people.city[with_spouse[couples]] = people.city[movers[couples]]
    all_movers = np.unique(np.concatenate([movers, with_spouse[couples]]))
    people.branch[all_movers] = people.city[all_movers] * BRANCHES_PER_CITY
    if len(all_movers):
        chunk.moved.append(who=all_movers, day=step.first, mail=0)
    switchers = _happens(chunk, step, OTHER_BRANCH, here & ~people.away)
    people.branch[switchers] ^= 1
    mailed = _happens(chunk, step, NEW_MAIL, here)
    if len(mailed):
        chunk.moved.append(who=mailed, day=step.first, mail=1)


def _sleep(chunk: Chunk, step: Step, here: Bools) -> None:
    people = chunk.people
    owing = np.zeros(chunk.size, dtype=bool)
    owing[chunk.loans["who"][chunk.loans["paid"] < chunk.loans["term"]]] = True
    asleep = _happens(chunk, step, SLEEP, here & ~people.dormant & ~owing)
    awake = _happens(chunk, step, WAKE, here & people.dormant)
    people.dormant[asleep], people.dormant[awake] = True, False


def _leave(chunk: Chunk, step: Step, here: Bools, age: Floats) -> None:
    """Let some leave and some die; whoever has a product on the way or a loan to pay stays."""
    people, rng, world = chunk.people, chunk.rng, chunk.world
    if step.first < 0 and world.months is None:
        return  # nobody may be gone before the first picture of the customers
    bound = np.zeros(chunk.size, dtype=bool)
    bound[chunk.openings["who"]] = True
    bound[chunk.loans["who"][chunk.loans["paid"] < chunk.loans["term"]]] = True
    free = here & ~bound & ~people.away & (people.left > world.days)
    odds = LEAVE * (1 + 3 * people.dormant) * np.exp(0.15 * np.minimum(chunk.recent["complaints"], 6))
    if step.first < 0:
        leaving = _happens(chunk, step, np.clip(odds, 0, 0.2), free)
        people.left[leaving] = np.minimum(rng.integers(step.first, step.end, len(leaving)) + 1, 0)
    mortal = free & (people.left > world.days)
    dying = _happens(chunk, step, np.clip(np.exp((age - 100) / 9.5), 0, 1) / 30, mortal)
    people.died[dying] = people.dormant[dying] = True
    people.left[dying] = step.first + rng.integers(40, 90, len(dying))
