"""Who the bank's customers are and how their profiles change from day to day."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from datagen import vocab
from datagen.model import FIRST_CUSTOMER, Bools, Floats, Ints, World, chance, coded, pick

CITY_WEIGHTS = [float(city[4]) for city in vocab.CITIES]
BRANCHES_PER_CITY = 2
CHANGES_PER_DAY = 0.004
AWAY_DAYS = 3
WORKS_FROM, ADULT, PARENT_FROM, WORKS_TO = 25, 30, 42, 66


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
    city: Ints
    branch: Ints
    opened: Ints
    joined: Ints
    left: Ints
    inactive: Bools
    pairs: list[tuple[Ints, Ints, int, int]] = field(default_factory=list)
    moves: list[tuple[Ints, int]] = field(default_factory=list)

    def age(self) -> Floats:
        """Age in years on the first file day."""
        return -self.birth / 365.25


def make_people(rng: np.random.Generator, world: World, ids: Ints) -> People:
    """Draw the customers of one chunk as they are on the first file day."""
    n = len(ids)
    age = 18.1 + 71.5 * rng.beta(1.5, 2.1, n)
    employment = _employment(rng, age)
    joined, left = _comings_and_goings(rng, world, n)
    tenure = np.minimum(rng.exponential(6 * 365, n), (age - 18) * 365.25).astype(np.int64)
    city = pick(rng, CITY_WEIGHTS, n)
    people = People(
        customer=ids,
        birth=-(age * 365.25).astype(np.int64),
        gender=pick(rng, [47, 47, 1, 1, 1, 1, 1, 1], n),
        employment=employment,
        income=_income(rng, age, employment),
        segment=pick(rng, [60, 10, 10, 10, 10], n),
        marital=np.where(chance(rng, np.clip((age - 20) / 30, 0, 0.65), n), vocab.MARRIED, vocab.SINGLE),
        city=city,
        branch=city * BRANCHES_PER_CITY + rng.integers(0, BRANCHES_PER_CITY, n),
        opened=np.where(joined > 0, joined, -tenure),
        joined=joined,
        left=left,
        inactive=chance(rng, 0.08, n),
    )
    separated = (people.marital == vocab.SINGLE) & (age > ADULT) & (chance(rng, 0.3, n))
    people.marital[separated] = vocab.SEPARATED
    _make_families(rng, people, age)
    return people


def _employment(rng: np.random.Generator, age: Floats) -> Ints:
    """Draw employment by age: the young study, the old are retired."""
    young, retired = pick(rng, [5, 35, 30, 30], len(age)), pick(rng, [8, 6, 6, 80], len(age))
    working = pick(rng, [17, 41, 33, 9], len(age))
    return np.where(age < WORKS_FROM, young, np.where(age > WORKS_TO, retired, working))


def _income(rng: np.random.Generator, age: Floats, employment: Ints) -> Ints:
    """Draw a yearly income that peaks near fifty and is lowest without work."""
    base = np.array([62_000, 74_000, 58_000, 21_000], dtype=np.float64)[employment]
    by_age = 1 - np.clip(np.abs(age - 48) / 90, 0, 0.45)
    drawn = base * by_age * rng.lognormal(0, 0.45, len(age))
    return np.clip(np.round(drawn / 10) * 10, 10_190, 1_999_980).astype(np.int64)


def _comings_and_goings(rng: np.random.Generator, world: World, n: int) -> tuple[Ints, Ints]:
    """Choose who joins and who leaves while the daily files run."""
    joined, left = np.zeros(n, dtype=np.int64), np.full(n, world.days, dtype=np.int64)
    if world.days > 1:
        few = max(n // 150, 1)
        chosen = rng.permutation(n)[: 2 * few]
        joined[chosen[:few]] = rng.integers(1, world.days, few)
        left[chosen[few:]] = rng.integers(1, world.days, len(chosen) - few)
    return joined, left


def _make_families(rng: np.random.Generator, people: People, age: Floats) -> None:
    """Pair married customers of like age, and give some of them a grown child at the bank."""
    married = np.flatnonzero(people.marital == vocab.MARRIED)
    married = married[np.argsort(age[married] + rng.normal(0, 2, len(married)), kind="stable")]
    half = len(married) // 2
    one, other = married[: 2 * half : 2], married[1 : 2 * half : 2]
    keep = chance(rng, 0.75, half)
    _live_together(people, one[keep], other[keep])
    people.pairs.append((one[keep], other[keep], 0, 0))
    parents = one[(age[one] > PARENT_FROM) & keep]
    children = np.flatnonzero((age < WORKS_FROM) & (people.marital == vocab.SINGLE))
    count = min(len(parents), len(children)) // 2
    mothers, kids = rng.permutation(parents)[:count], rng.permutation(children)[:count]
    _live_together(people, mothers, kids)
    people.pairs.append((mothers, kids, 1, 0))


def _live_together(people: People, one: Ints, other: Ints) -> None:
    people.city[other], people.branch[other] = people.city[one], people.branch[one]


def profile_versions(rng: np.random.Generator, world: World, people: People) -> pa.Table:
    """Live through the file days and return each version of each profile with the days it holds."""
    since = np.where(people.joined == 0, 0, -1)
    versions: list[pa.Table] = []

    def close(who: Ints, day: int) -> None:
        versions.append(_version(world, people, who, since[who], day))

    away = _traveller(world, people)
    for day in range(1, world.days):
        leaving = np.flatnonzero((people.left == day) & (since >= 0))
        if len(away) and day in (world.days // 3, world.days // 3 + AWAY_DAYS):
            back = bool(since[away[0]] < 0)
            since, leaving = _travel(people, away, since, leaving, day=day, back=back)
        close(leaving, day)
        since[leaving] = -1
        since[people.joined == day] = day
        staying = (since >= 0) & (since < day)
        changed = np.flatnonzero(staying & (chance(rng, CHANGES_PER_DAY, len(since))))
        changed = changed[~np.isin(changed, away)]
        close(changed, day)
        _change(rng, people, changed, day)
        since[changed] = day
    close(np.flatnonzero(since >= 0), world.days)
    return pa.concat_tables(versions)


def _traveller(world: World, people: People) -> Ints:
    """Choose the customer who disappears from the profiles and comes back three days later."""
    steady = np.flatnonzero((people.joined == 0) & (people.left == world.days))
    goes = world.days // 3
    possible = people.customer[0] == FIRST_CUSTOMER and 0 < goes < goes + AWAY_DAYS < world.days
    return steady[: int(possible)]


def _travel(
    people: People, away: Ints, since: Ints, leaving: Ints, *, day: int, back: bool
) -> tuple[Ints, Ints]:
    """Take the traveller out of the picture, or bring them back with a new income."""
    if not back:
        return since, np.concatenate([leaving, away])
    people.income[away] += 4_800
    since[away] = day
    return since, leaving


def _change(rng: np.random.Generator, people: People, who: Ints, day: int) -> None:
    """Let each of `who` move, change work, change branch, or marry another of them."""
    kind = pick(rng, [35, 35, 15, 15], len(who))
    movers, workers, switchers, singles = (who[kind == k] for k in range(4))
    step = rng.integers(1, len(vocab.CITIES), len(movers))
    people.city[movers] = (people.city[movers] + step) % len(vocab.CITIES)
    people.branch[movers] = people.city[movers] * BRANCHES_PER_CITY
    people.moves.append((movers, day))
    people.employment[workers] = (people.employment[workers] + rng.integers(1, 4, len(workers))) % 4
    people.income[workers] = _income(rng, people.age()[workers], people.employment[workers])
    people.branch[switchers] ^= 1
    singles = singles[people.marital[singles] != vocab.MARRIED]
    half = len(singles) // 2
    one, other = singles[:half], singles[half : 2 * half]
    people.marital[np.concatenate([one, other])] = vocab.MARRIED
    _live_together(people, one, other)
    people.pairs.append((one, other, 0, day))
    people.moves.append((other, day))


def _version(world: World, people: People, who: Ints, since: Ints, until: int) -> pa.Table:
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
            "from_day": since,
            "to_day": np.full(len(who), until, dtype=np.int64),
        }
    ).combine_chunks()
