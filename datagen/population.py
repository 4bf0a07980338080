"""Who the bank's customers are on the day the story begins, with the traits that drive what they do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from datagen import vocab
from datagen.model import FIRST_CUSTOMER, NEVER, Bools, Floats, Ints, Rows, Step, World, chance, pick

CITY_WEIGHTS = [float(city[4]) for city in vocab.CITIES]
BRANCHES_PER_CITY = 2
AWAY_DAYS = 3
WORKS_FROM, ADULT, PARENT_FROM, NEAR_END, WORKS_TO = 25, 30, 42, 57, 66
CHILD_YEARS = 18
JOINING_A_YEAR = 0.06


@dataclass
class Traits:
    """What drives a customer and shows only in what they do; each is about standard normal."""

    digital: Floats
    branch: Floats
    spend: Floats
    travel: Floats
    home: Floats
    thrift: Floats
    responsive: Floats
    strain: Floats
    quirks: Floats


@dataclass
class People:
    """Customers of one chunk; arrays are parallel, relations hold positions in them."""

    customer: Ints
    birth: Ints
    gender: Ints
    employment: Ints
    income: Ints
    segment: Ints
    marital: Ints
    spouse: Ints
    youngest: Ints
    city: Ints
    branch: Ints
    opened: Ints
    joined: Ints
    left: Ints
    pay_day: Ints
    dormant: Bools
    died: Bools
    away: Bools
    traits: Traits

    def age(self, day: int) -> Floats:
        """Age in years on a day."""
        age: Floats = (day - self.birth) / 365.25
        return age

    def here(self, day: int) -> Bools:
        """Tell who is a customer on a day."""
        here: Bools = (self.joined <= day) & (self.left > day)
        return here

    def window(self, step: Step) -> tuple[Ints, Ints]:
        """Give the days of a step on which each customer is one; nobody's end lies before the first."""
        first = np.clip(self.joined, step.first, step.end)
        return first, np.maximum(np.clip(self.left, step.first, step.end), first)

    def stage(self, day: int) -> Ints:
        """Work out everybody's life stage on a day."""
        age, with_child = self.age(day), (day - self.youngest) < CHILD_YEARS * 365
        married = self.marital == vocab.MARRIED
        return np.select(
            [age >= WORKS_TO, age >= NEAR_END, with_child, age < WORKS_FROM, married, age < ADULT],
            [
                vocab.RETIRED, vocab.NEARING_RETIREMENT, vocab.FAMILY, vocab.STUDENT, vocab.COUPLE,
                vocab.CAREER_START,
            ],
            vocab.ESTABLISHED,
        ).astype(np.int64)  # fmt: skip


def make_people(rng: np.random.Generator, world: World, ids: Ints) -> People:
    """Draw the customers of one chunk as they are when the story begins."""
    n = len(ids)
    age = 18.1 + 71.5 * rng.beta(1.5, 2.1, n)
    employment = draw_employment(rng, age)
    joined = _joining(rng, world, n)
    tenure = np.minimum(rng.exponential(6 * 365, n), (age - 18) * 365.25).astype(np.int64)
    city = pick(rng, CITY_WEIGHTS, n)
    married = chance(rng, np.clip((age - 20) / 30, 0, 0.65), n)
    parent = chance(rng, np.where(married, 0.6, 0.12) * np.clip((age - 22) / 8, 0, 1), n)
    child_age = np.clip(age - 26 - rng.exponential(6, n), 0.2, 40)
    people = People(
        customer=ids,
        birth=world.first - (age * 365.25).astype(np.int64),
        gender=pick(rng, [47, 47, 1, 1, 1, 1, 1, 1], n),
        employment=employment,
        income=draw_income(rng, age, employment),
        segment=pick(rng, [60, 10, 10, 10, 10], n),
        marital=np.where(married, vocab.MARRIED, vocab.SINGLE),
        spouse=np.full(n, -1, dtype=np.int64),
        youngest=np.where(parent, world.first - (child_age * 365).astype(np.int64), -NEVER),
        city=city,
        branch=city * BRANCHES_PER_CITY + rng.integers(0, BRANCHES_PER_CITY, n),
        opened=np.where(joined > world.first, joined, world.first - tenure),
        joined=joined,
        left=_leaving(rng, world, joined),
        pay_day=rng.integers(20, 28, n),
        dormant=chance(rng, 0.08, n),
        died=np.zeros(n, dtype=bool),
        away=np.zeros(n, dtype=bool),
        traits=_traits(rng, age),
    )
    separated = (people.marital == vocab.SINGLE) & (age > ADULT) & (chance(rng, 0.3, n))
    people.marital[separated] = vocab.SEPARATED
    _choose_traveller(world, people)
    return people


def draw_employment(rng: np.random.Generator, age: Floats) -> Ints:
    """Draw employment by age: the young study, the old are retired."""
    young, retired = pick(rng, [5, 35, 30, 30], len(age)), pick(rng, [8, 6, 6, 80], len(age))
    working = pick(rng, [17, 41, 33, 9], len(age))
    return np.where(age < WORKS_FROM, young, np.where(age > WORKS_TO, retired, working))


def draw_income(rng: np.random.Generator, age: Floats, employment: Ints) -> Ints:
    """Draw a yearly income that peaks near fifty and is lowest without work."""
    base = np.array([62_000, 74_000, 58_000, 21_000], dtype=np.float64)[employment]
    by_age = 1 - np.clip(np.abs(age - 48) / 90, 0, 0.45)
    drawn = base * by_age * rng.lognormal(0, 0.45, len(age))
    return np.clip(np.round(drawn / 10) * 10, 10_190, 1_999_980).astype(np.int64)


def _traits(rng: np.random.Generator, age: Floats) -> Traits:
    """Draw the traits; the young are the more digital, the old go to their branch."""
    n, older = len(age), (age - 45) / 18
    return Traits(
        digital=rng.normal(-0.6 * older, 0.8),
        branch=rng.normal(0.5 * older, 0.8),
        spend=rng.normal(0, 1, n),
        travel=rng.normal(0, 1, n),
        home=rng.normal(0, 1, n),
        thrift=rng.normal(0, 1, n),
        responsive=rng.normal(0, 1, n),
        strain=rng.normal(0, 1, n),
        quirks=rng.lognormal(0, 0.3, (n, len(vocab.CATEGORIES))),
    )


def _joining(rng: np.random.Generator, world: World, n: int) -> Ints:
    """Choose who joins on the way: some in the history, a few while the daily files run."""
    joined = np.full(n, world.first, dtype=np.int64)
    later = min(int(n * JOINING_A_YEAR * -world.first / 365), n // 3)
    few = max(n // 150, 1) if world.days > 1 else 0
    chosen = rng.permutation(n)[: later + few]
    joined[chosen[:later]] = rng.integers(world.first, 1, min(later, len(chosen)))
    if few:
        joined[chosen[later:]] = rng.integers(1, world.days, len(chosen[later:]))
    return joined


def _leaving(rng: np.random.Generator, world: World, joined: Ints) -> Ints:
    """Choose who leaves while the daily files run; who leaves before follows from the months."""
    left = np.full(len(joined), NEVER, dtype=np.int64)
    if world.days > 1:
        steady = rng.permutation(np.flatnonzero(joined < 1))[: max(len(joined) // 150, 1)]
        left[steady] = rng.integers(1, world.days, len(steady))
    return left


def _choose_traveller(world: World, people: People) -> None:
    """Choose the customer who disappears from the profiles for a few days and comes back."""
    steady = np.flatnonzero((people.joined == world.first) & (people.left == NEVER) & ~people.dormant)
    goes = world.days // 3
    if people.customer[0] == FIRST_CUSTOMER and 0 < goes < goes + AWAY_DAYS < world.days:
        people.away[steady[:1]] = True


def is_away(world: World, people: People, day: int) -> Bools:
    """Tell who is missing from the profiles of a day, by the source's mistake."""
    goes = world.days // 3
    return people.away if goes <= day < goes + AWAY_DAYS else np.zeros_like(people.away)


def make_families(rng: np.random.Generator, world: World, people: People, pairs: Rows) -> None:
    """Pair married customers of like age, and give some of them a grown child at the bank."""
    age = people.age(world.first)
    married = np.flatnonzero(people.marital == vocab.MARRIED)
    married = married[np.argsort(age[married] + rng.normal(0, 2, len(married)), kind="stable")]
    half = len(married) // 2
    one, other = married[: 2 * half : 2], married[1 : 2 * half : 2]
    keep = chance(rng, 0.75, half)
    marry(people, one[keep], other[keep])
    people.youngest[other[keep]] = people.youngest[one[keep]]
    parents = one[(age[one] > PARENT_FROM) & keep]
    children = np.flatnonzero((age < WORKS_FROM) & (people.marital == vocab.SINGLE))
    count = min(len(parents), len(children)) // 2
    mothers, kids = rng.permutation(parents)[:count], rng.permutation(children)[:count]
    _live_together(people, mothers, kids)
    for first, second, kind in ((one[keep], other[keep], 0), (mothers, kids, 1)):
        since = np.maximum(people.joined[first], people.joined[second])
        pairs.append(one=first, other=second, kind=kind, since=since, until=NEVER, id=-1)


def marry(people: People, one: Ints, other: Ints) -> None:
    """Let two customers be a couple and live together."""
    for who, partner in ((one, other), (other, one)):
        people.marital[who], people.spouse[who] = vocab.MARRIED, partner
    _live_together(people, one, other)


def _live_together(people: People, one: Ints, other: Ints) -> None:
    people.city[other], people.branch[other] = people.city[one], people.branch[one]
