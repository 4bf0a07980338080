"""One chunk of customers on its way through time: all that is carried from one step to the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from datagen import vocab
from datagen.model import NEVER, Bools, Counters, Floats, Ints, Rows, Step, World
from datagen.population import People

PRODUCT_CODES = [product[0] for product in (*vocab.PRODUCTS, vocab.NEW_PRODUCT)]
PRODUCT = {code: number for number, code in enumerate(PRODUCT_CODES)}
PROMOTED_PRODUCTS = 7
KEPT_A_MONTH = 0.75
RECENT = [
    "purchases", "spent", "travel", "home", "sessions", "visits", "opens", "clicks", "contacts", "complaints",
]  # fmt: skip


# the columns of what a chunk carries along
COLUMNS = {
    "accounts": "account owner kind opened closed status balance frequency",
    "holders": "holder user account role since until",
    "cards": "card user holder kind last4 scheme issued status until",
    "orders": "order account bank recipient cents purpose since until",
    "holdings": "holding who product since until channel told",
    "loans": "loan who product granted amount term cents day paid habit until holding",
    "instalments": "payment loan due paid told",
    "pairs": "one other kind since until id",
    "consents": "consent who channel purpose since until told",
    "suppressions": "suppression who reason channel since until told",
    "complaints": "complaint who channel topic since until told",
    "credit": "credit who rank",
    "refunds": "who card day minute cents merchant place",
    "openings": "who product day contact channel",
    "mailings": "contact campaign offer who channel held_out delivered day minute kind",
    "answers": "contact who campaign channel kind day holding",
    "moved": "who day mail",
}


@dataclass
class Chunk:
    """Customers, what they hold and what is under way; owners and holders are positions in `people`."""

    world: World
    rng: np.random.Generator
    counters: Counters
    people: People
    emit: Callable[[str, pa.Table], None]
    accounts: Rows = field(init=False)
    holders: Rows = field(init=False)
    cards: Rows = field(init=False)
    orders: Rows = field(init=False)
    holdings: Rows = field(init=False)
    loans: Rows = field(init=False)
    instalments: Rows = field(init=False)
    pairs: Rows = field(init=False)
    consents: Rows = field(init=False)
    suppressions: Rows = field(init=False)
    complaints: Rows = field(init=False)
    credit: Rows = field(init=False)
    refunds: Rows = field(init=False)
    openings: Rows = field(init=False)
    mailings: Rows = field(init=False)
    answers: Rows = field(init=False)
    moved: Rows = field(init=False)
    savings: Ints = field(init=False)
    first_card: Ints = field(init=False)
    second_card: Ints = field(init=False)
    card_spend: Ints = field(init=False)
    names: Ints = field(init=False)
    recent: dict[str, Floats] = field(init=False)
    viewed: Floats = field(init=False)
    whims: Floats = field(init=False)

    def __post_init__(self) -> None:
        """Begin with nothing done."""
        n = len(self.people.customer)
        for name, columns in COLUMNS.items():
            setattr(self, name, Rows(*columns.split()))
        self.savings, self.first_card, self.second_card = (np.full(n, -1, dtype=np.int64) for _ in range(3))
        self.card_spend, self.names = np.zeros(n, dtype=np.int64), np.zeros((7, n), dtype=np.int64)
        self.recent = {name: np.zeros(n) for name in RECENT}
        self.viewed = np.zeros((n, len(PRODUCT_CODES)))
        self.whims = self.rng.normal(0, 1, (n, PROMOTED_PRODUCTS))

    @property
    def size(self) -> int:
        """Count the customers."""
        return len(self.people.customer)

    def forget(self, step: Step) -> None:
        """Let what was done before this step count for less."""
        kept = KEPT_A_MONTH**step.months
        for values in (*self.recent.values(), self.viewed):
            np.multiply(values, kept, out=values)

    def remember(self, name: str, who: Ints, weights: Floats | None = None) -> None:
        """Count what customers did in this step."""
        self.recent[name] += np.bincount(who, weights=weights, minlength=self.size)

    def holds(self, product: int, day: int) -> Bools:
        """Tell who holds a product on a day, or has it on the way."""
        found = np.zeros(self.size, dtype=bool)
        rows = self.holdings
        found[rows["who"][(rows["product"] == product) & (rows["until"] > day)]] = True
        found[self.openings["who"][self.openings["product"] == product]] = True
        return found

    def open_holding(self, who: Ints, product: Ints | int, since: Ints, channel: Ints | int) -> Ints:
        """Enter that customers hold a product and return the numbers of the holdings."""
        ids = self.counters.take("holding", len(who))
        if len(who):
            self.holdings.append(
                holding=ids, who=who, product=product, since=since, until=NEVER, channel=channel, told=0
            )
        return ids


def news(rows: Rows, end: int) -> Ints:
    """Find the rows that began or ended before `end` and were not told yet, and note that they are told."""
    begun = rows["since"] < end
    state = begun * 1 + (begun & (rows["until"] < end))
    at = np.flatnonzero(state > rows["told"])
    rows["told"][at] = state[at]
    return at
