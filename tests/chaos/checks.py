"""What must hold after every kill, and at the end: nothing lost, nothing twice, nothing half visible."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from tests.chaos.source import HEADER, PRICES, SALES, Identity, Planned, identity
from tests.chaos.world import ElsewhereError, Query, World, digests

TABLES = (SALES, PRICES)
# One statement is one snapshot: a load's rows and dead letters less what its ledger row says are nothing.
HALF_VISIBLE = """
with held as (
    select _load_id as load_id, 1 as loaded, 0 as dead, 0 as loads from raw.shop__sales
    union all
    select _load_id as load_id, 1 as loaded, 0 as dead, 0 as loads from raw.shop__prices
    union all
    select load_id, 0 as loaded, 1 as dead, 0 as loads from ops.dead_letters
    union all
    select load_id, -rows_loaded as loaded, -rows_dead as dead, 1 as loads from ops.load_ledger
)

select load_id, sum(loaded) as loaded, sum(dead) as dead, sum(loads) as loads
from held
group by load_id
having sum(loaded) <> 0 or sum(dead) <> 0 or sum(loads) <> 1
"""


@dataclass(frozen=True)
class Violation:
    """Something that must not be, and how many rows or objects it concerns."""

    kind: str
    count: int
    detail: str

    def __str__(self) -> str:
        return f"{self.kind} ({self.count}): {self.detail}"


def half_visible(query: Query) -> list[tuple[Any, ...]]:
    """Loads of which a reader sees other rows than their ledger row says."""
    return query(HALF_VISIBLE)


class Books:
    """What the warehouse holds, read by the bare driver."""

    def __init__(self, query: Query) -> None:
        rows = query(
            "select load_id, table_name, sha256, file_date, rows_in, rows_loaded, rows_dead, manifest,"
            " file_name from ops.load_ledger"
        )
        self.loads = {row[0]: row for row in rows}
        self.identities = {row[0]: identity(row[1], row[2], row[3]) for row in rows}
        self.load_rows = len(rows)
        columns = ", ".join(HEADER)
        self.raw = [
            row
            for table in TABLES
            for row in query(f"select _load_id, _row_number, {columns} from raw.shop__{table}")  # noqa: S608
        ]
        self.dead = query("select load_id, row_number from ops.dead_letters")


@dataclass(frozen=True)
class Reference:
    """An undisturbed load: what must become of each content, the lake it leaves, how long each step ran."""

    planned: dict[Identity, Planned]
    lake: dict[str, str]
    times: dict[str, list[int]]

    @property
    def rows(self) -> int:
        """Rows of the source."""
        return sum(len(plan.good) + len(plan.dead) for plan in self.planned.values())


def check(
    world: World, reference: Reference, *, complete: bool, acknowledged: Collection[str] = ()
) -> list[Violation]:
    """Compare warehouse and lake with the independent reading of the files, and an undisturbed load's lake.

    Args:
        world: Where.
        reference: What must be; its lake is empty where there is none to compare with.
        complete: Whether every content must be there; if not, those that are must be whole.
        acknowledged: Files that a load called loaded before it was killed.
    """
    objects = world.objects()
    found = [*_check_lake(world, objects, reference.lake, complete=complete)]
    try:
        with world.query() as query:
            partial, books = half_visible(query), Books(query)
    except ElsewhereError as error:
        expected = len(reference.planned) if complete else len(acknowledged)
        return [v for v in (*found, Violation("lost", expected, f"no warehouse: {error}")) if v.count]
    found.append(Violation("partial", len(partial), f"loads other than their ledger rows: {partial[:3]}"))
    found += _check_ledger(books, reference.planned, complete=complete)
    there = set(books.identities.values())
    wanted = {key: plan for key, plan in reference.planned.items() if complete or key in there}
    found += _check_rows("raw row", _wanted_rows(wanted), _found_rows(books))
    found += _check_rows("dead letter", _wanted_dead(wanted), _found_dead(books))
    found += _check_manifests(objects, books)
    gone = sorted(set(acknowledged) - {row[8] for row in books.loads.values()})
    found.append(Violation("lost", len(gone), f"files acknowledged, then gone: {gone}"))
    return [violation for violation in found if violation.count]


def _check_ledger(books: Books, planned: dict[Identity, Planned], *, complete: bool) -> Iterable[Violation]:
    times = Counter(books.identities.values())
    twice = [key for key, count in times.items() if count > 1]
    yield Violation("doubled", len(twice), f"loads of one content: {twice[:3]}")
    yield Violation("doubled", books.load_rows - len(books.loads), "load numbers given twice")
    unknown = [key for key in times if key not in planned]
    yield Violation("wrong", len(unknown), f"loads of no file: {unknown[:3]}")
    missing = [key for key in planned if key not in times] if complete else []
    yield Violation("lost", len(missing), f"contents without a load: {missing[:3]}")
    wrong = []
    for load_id, row in books.loads.items():
        plan = planned.get(books.identities[load_id])
        counts = (len(plan.good) + len(plan.dead), len(plan.good), len(plan.dead)) if plan else None
        if row[4:7] != counts:
            wrong.append((row[8], row[4:7], counts))
    yield Violation("wrong", len(wrong), f"counts (file, ledger, source): {wrong[:3]}")


def _check_rows(what: str, wanted: Counter[Any], found: Counter[Any]) -> Iterable[Violation]:
    lost, more = wanted - found, found - wanted
    doubled = [key for key in more if key in wanted]
    strange = [key for key in more if key not in wanted]
    yield Violation("lost", lost.total(), f"{what}: {list(lost)[:2]}")
    yield Violation("doubled", sum(more[key] for key in doubled), f"{what}: {doubled[:2]}")
    yield Violation("wrong", sum(more[key] for key in strange), f"{what} from nowhere: {strange[:2]}")


def _wanted_rows(planned: dict[Identity, Planned]) -> Counter[Any]:
    return Counter((key, n, values) for key, plan in planned.items() for n, values in plan.good.items())


def _found_rows(books: Books) -> Counter[Any]:
    rows: Counter[Any] = Counter()
    for load_id, number, *values in books.raw:
        texts = tuple("" if value is None else str(value) for value in values)
        rows[(books.identities.get(load_id, load_id), number, texts)] += 1
    return rows


def _wanted_dead(planned: dict[Identity, Planned]) -> Counter[Any]:
    return Counter((key, number) for key, plan in planned.items() for number in plan.dead)


def _found_dead(books: Books) -> Counter[Any]:
    return Counter((books.identities.get(load_id, load_id), number) for load_id, number in books.dead)


def _check_manifests(objects: dict[str, bytes], books: Books) -> Iterable[Violation]:
    """Each manifest names only objects that are there as it says; each load has its manifest."""
    marks = digests(objects)
    dangling = []
    for key in (key for key in objects if key.endswith("manifest.json")):
        for entry in json.loads(objects[key])["entries"]:
            url, meta = entry["url"], entry["meta"]
            if marks.get(url) != meta["sha256"] or len(objects[url]) != meta["content_length"]:
                dangling.append((key, entry))
    yield Violation("lake", len(dangling), f"manifests without their objects: {dangling[:2]}")
    absent = [row[7] for row in books.loads.values() if row[7] not in objects]
    yield Violation("lake", len(absent), f"loads without their manifest: {absent[:2]}")


def _check_lake(
    world: World, objects: dict[str, bytes], reference: dict[str, str], *, complete: bool
) -> Iterable[Violation]:
    """The lake holds the keys and bytes of a load that nobody disturbed; scratch is gone when all is done."""
    found = digests(objects) if reference else {}
    other = [key for key, mark in found.items() if reference.get(key) != mark]
    yield Violation("lake", len(other), f"other keys or bytes than an undisturbed load: {other[:3]}")
    if complete:
        gone = [key for key in reference if key not in found]
        yield Violation("lake", len(gone), f"objects missing: {gone[:3]}")
        left = sorted(path.name for path in world.scratch.iterdir()) if world.scratch.exists() else []
        yield Violation("scratch", len(left), f"left by the dead: {left[:3]}")
