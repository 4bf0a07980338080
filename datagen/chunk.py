"""One chunk of customers on its way through time: all that is carried from one step to the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from datagen import vocab
from datagen.model import Bools, Counters, Floats, Ints, Rows, Step, World
from datagen.population import People

PRODUCT_CODES = [product[0] for product in (*vocab.PRODUCTS, vocab.NEW_PRODUCT)]
PRODUCT = {code: number for number, code in enumerate(PRODUCT_CODES)}
PROMOTED_PRODUCTS = 7
KEPT_A_MONTH = 0.75
RECENT = [
    "purchases", "spent", "travel", "home", "sessions", "visits", "opens", "clicks", "contacts", "complaints",
]  # fmt: skip


def _rows(*names: str) -> Rows:
    return field(default_factory=lambda: Rows(*names))  # type: ignore[no-any-return]


@dataclass
class Chunk:
    """Customers, what they hold and what is under way; owners and holders are positions in `people`."""

    world: World
    rng: np.random.Generator
    counters: Counters
    people: People
    emit: Callable[[str, pa.Table], None]
    accounts: Rows = _rows("account", "owner", "kind", "opened", "closed", "status", "balance", "frequency")
    holders: Rows = _rows("holder", "user", "account", "role", "since", "until")
    cards: Rows = _rows("card", "user", "holder", "kind", "last4", "scheme", "issued", "status", "until")
    orders: Rows = _rows("order", "account", "bank", "recipient", "cents", "purpose", "since", "until")
    holdings: Rows = _rows("holding", "who", "product", "since", "until", "channel", "told")
    loans: Rows = _rows(
        "loan",
        "who",
        "product",
        "granted",
        "amount",
        "term",
        "cents",
        "day",
        "paid",
        "habit",
        "until",
        "holding",
    )
    instalments: Rows = _rows("payment", "loan", "due", "paid", "told")
    pairs: Rows = _rows("one", "other", "kind", "since", "until", "id")
    consents: Rows = _rows("consent", "who", "channel", "purpose", "since", "until", "told")
    suppressions: Rows = _rows("suppression", "who", "reason", "channel", "since", "until", "told")
    complaints: Rows = _rows("complaint", "who", "channel", "topic", "since", "until", "told")
    credit: Rows = _rows("credit", "who", "rank")
    refunds: Rows = _rows("who", "card", "day", "minute", "cents", "merchant", "place")
    openings: Rows = _rows("who", "product", "day", "contact", "channel")
    mailings: Rows = _rows(
        "contact", "campaign", "offer", "who", "channel", "held_out", "delivered", "day", "minute", "kind"
    )
    answers: Rows = _rows("contact", "who", "campaign", "channel", "kind", "day", "holding")
    moved: Rows = _rows("who", "day", "mail")
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
            values *= kept

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
                holding=ids, who=who, product=product, since=since, until=NEVER_ENDS, channel=channel, told=0
            )
        return ids


NEVER_ENDS = 1_000_000


def news(rows: Rows, end: int) -> Ints:
    """Find the rows that began or ended before `end` and were not told yet, and note that they are told."""
    begun = rows["since"] < end
    state = begun * 1 + (begun & (rows["until"] < end))
    at = np.flatnonzero(state > rows["told"])
    rows["told"][at] = state[at]
    return at
