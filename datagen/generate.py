"""The generator's one entry: a bank of so many customers, as files of so many days."""

from __future__ import annotations

import re
import tempfile
import time
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np

from datagen import activity, defects, holdings, lending, postings
from datagen.exports import FILES
from datagen.model import Counters, GenerationReport, World
from datagen.population import make_people, profile_versions
from datagen.writer import Store

CHUNK = 10_000
OURS = re.compile(rf"({'|'.join(FILES)})_\d{{4}}-\d{{2}}-\d{{2}}(_\d+)?\.csv")


def generate(
    out: Path,
    *,
    customers: int = 2000,
    days: int = 14,
    seed: int = 7,
    start: date = date(2026, 1, 1),
    history_days: int = 365,
) -> GenerationReport:
    """Write the files of a made-up bank into `out`; the same arguments write the same bytes.

    Args:
        out: Folder for `core_banking/`, `cards/` and the list of planted defects. Files of an earlier run in
            it are replaced.
        customers: Customers over the whole time, those who join or leave in the file days included.
        days: File days; each table has a file for a day, the slow ones one a week.
        seed: Another seed makes another bank.
        start: Day of the first files.
        history_days: How far back the events in the first files reach.

    Returns:
        The files, the data rows of each table and the planted defects.

    Raises:
        ValueError: A size is not positive.
        FileExistsError: `out` holds files that this generator didn't write.
    """
    began = time.monotonic()
    world = World(customers=customers, days=days, seed=seed, start=start, history_days=history_days)
    _clear(out)
    with tempfile.TemporaryDirectory(prefix="datagen-") as scratch:
        store = Store(Path(scratch), world)
        try:
            _fill(store, world)
            files, rows = _write(store, world, out)
            planted, copies, added = defects.plant(out, world, store)
        finally:
            store.close()
    files = sorted([*files, *copies])
    return GenerationReport(out, tuple(files), dict(rows + added), planted, time.monotonic() - began)


def _clear(out: Path) -> None:
    """Remove the files of an earlier run, never anybody else's."""
    found = [path for folder in ("core_banking", "cards") for path in sorted((out / folder).glob("*"))]
    foreign = [path for path in found if not OURS.fullmatch(path.name)]
    if foreign or (found and not (out / defects.LISTING).exists()):
        raise FileExistsError(f"{out} holds files that this generator didn't write: {(foreign or found)[0]}")
    for path in found:
        path.unlink()
    for folder in ("core_banking", "cards"):
        (out / folder).mkdir(parents=True, exist_ok=True)


def _fill(store: Store, world: World) -> None:
    """Make the bank, a chunk of customers at a time."""
    counters, merchants = Counters(), activity.make_merchants(world.seed)
    store.add_reference()
    for number, first in enumerate(range(0, world.customers, CHUNK)):
        rng = np.random.default_rng([world.seed, 0, number])
        people = make_people(rng, world, counters.take("customer", min(CHUNK, world.customers - first)))
        accounts = holdings.make_accounts(rng, people, counters)
        cards, tables = holdings.make_cards(rng, world, people, accounts, counters)
        store.add(tables)
        store.add({"accounts": holdings.account_table(rng, world, people, accounts)})
        store.add({"standing_orders": holdings.standing_orders(rng, world, people, accounts, counters)})
        store.add({"credit_history": holdings.credit_history(rng, world, people, counters)})
        instalments, lent = lending.make_loans(rng, world, people, accounts, counters)
        store.add(lent)
        store.add(
            {
                "card_transactions": activity.card_transactions(
                    rng, world, people, cards, merchants, counters=counters
                )
            }
        )
        store.add(postings.make_postings(rng, world, people, accounts, instalments, counters=counters))
        # the profiles change only now: what customers held and did follows from how they began
        store.add({"customers": profile_versions(rng, world, people)})
        store.add({"relationships": holdings.relationships(people, counters)})
        store.add({"customer_contacts": holdings.contacts(rng, world, people)})
    store.delay_some()


def _write(store: Store, world: World, out: Path) -> tuple[list[Path], Counter[str]]:
    """Write every table's file of every day."""
    files, rows = [], Counter[str]()
    for table in FILES:
        for day in range(world.days):
            written = store.write(out, table, day)
            if written:
                files.append(written[0])
                rows[table] += written[1]
    return files, rows
