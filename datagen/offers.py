"""The offers, and the true odds that a customer takes one, with and without being contacted.

The odds follow from what the bank can see: income, tenure, balances, purchases, sessions, visits, pages
viewed, answers to earlier campaigns and, except for credit, life stage. A small share shows in nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from datagen.chunk import PRODUCT, Chunk
from datagen.lending import days_behind
from datagen.model import Floats, Ints, sigmoid

CHANNELS = ["email", "sms", "phone", "app", "branch", "letter"]
EMAIL, SMS, PHONE, APP, BRANCH, LETTER = range(6)
DELIVERED = np.array([0.97, 0.98, 0.62, 0.9, 0.75, 0.97])
WINDOW = 30


@dataclass(frozen=True)
class Offer:
    """A product on certain terms; `pull` is what the terms add to the effect of a contact, in log odds."""

    offer: str
    product: str
    name: str
    terms: str
    rate: float | None
    fee: float | None
    value: float
    pull: float


OFFERS = [
    Offer("O-SAV-STD", "SAV", "Easy savings", "2.1 percent, no minimum", 2.1, None, 95, 0.0),
    Offer("O-SAV-BONUS", "SAV", "Easy savings with welcome bonus", "2.1 percent, 50 USD", 2.1, None, 60, 0.4),
    Offer("O-CD-12", "CD", "Certificate, twelve months", "3.4 percent for a year", 3.4, None, 140, 0.0),
    Offer("O-GOLD", "CGOLD", "Gold card", "95 USD a year, miles on travel", 19.9, 95, 180, 0.0),
    Offer("O-LPERS", "LPERS", "Personal loan", "8.9 percent up to five years", 8.9, None, 260, 0.0),
    Offer("O-LHOME", "LHOME", "Home improvement loan", "6.9 percent up to five years", 6.9, None, 300, 0.0),
    Offer("O-IHOME", "IHOME", "Home insurance", "First month free", None, 240, 110, 0.0),
    Offer("O-ITRAV", "ITRAV", "Travel insurance", "Family cover, worldwide", None, 120, 55, 0.0),
]  # fmt: skip
PROMOTED = ["SAV", "CD", "CGOLD", "LPERS", "LHOME", "IHOME", "ITRAV"]
CREDIT = {"CGOLD", "LPERS", "LHOME"}
OFFERS_OF = [[number for number, offer in enumerate(OFFERS) if offer.product == code] for code in PROMOTED]

# what pulls a customer to a product, in log odds for one standard deviation
WEIGHTS: list[dict[str, float]] = [
    {
        "balance": 0.75,
        "savings": -0.3,
        "income": 0.2,
        "sessions": 0.4,
        "viewed": 0.55,
        "opens": 0.25,
        "tenure": -0.25,
    },
    {"savings": 0.75, "balance": 0.3, "tenure": 0.35, "visits": 0.35, "viewed": 0.5, "income": 0.25},
    {"income": 0.9, "spent": 0.6, "travel": 0.45, "viewed": 0.5, "opens": 0.25, "behind": -0.5},
    {
        "balance": -0.75,
        "spent": 0.4,
        "income": -0.3,
        "indebted": 0.3,
        "viewed": 0.6,
        "visits": 0.3,
        "behind": -0.4,
    },
    {
        "home": 0.85,
        "income": 0.35,
        "tenure": 0.4,
        "viewed": 0.5,
        "balance": 0.25,
        "visits": 0.2,
        "behind": -0.3,
    },
    {"home": 0.8, "visits": 0.3, "viewed": 0.5, "tenure": 0.25, "income": 0.2},
    {"travel": 0.95, "sessions": 0.35, "income": 0.35, "viewed": 0.5, "opens": 0.25},
]
BASE = [-5.35, -5.3, -5.35, -4.95, -5.35, -5.35, -5.35]
SPREAD = 0.8
# by life stage, in the order of vocab.LIFE_STAGES; nothing for credit
STAGES = np.array(
    [
        [0.3, 0.5, 0.4, 0.2, 0.0, -0.1, -0.5], [-1.2, -0.6, -0.2, -0.1, 0.2, 0.7, 0.6],
        [0.0] * 7, [0.0] * 7, [0.0] * 7,
        [-1.0, -0.4, 0.4, 0.8, 0.2, 0.1, -0.1], [0.1, 0.2, 0.3, -0.1, 0.0, 0.3, 0.2],
    ]
)  # fmt: skip
WHIM = 0.2
# mean and spread of what is seen, so that a weight means one standard deviation
SCALES = {
    "income": (10.75, 0.55), "tenure": (2.1, 1.1), "balance": (0.8, 0.5), "savings": (3.0, 4.0),
    "spent": (6.0, 1.6), "travel": (0.7, 0.65), "home": (0.6, 0.6), "sessions": (1.6, 0.95),
    "visits": (0.5, 0.5), "opens": (0.6, 0.5), "clicks": (0.2, 0.3), "contacts": (1.0, 0.5),
}  # fmt: skip
EFFECT, ANNOYED, ANNOYED_BELOW, TIRED, ANSWERING = 1.9, -0.4, -1.2, -0.35, 0.3
# effect of a channel: plain, for one standard deviation of sessions, and of visits
CHANNEL_EFFECTS = np.array(
    [
        [0.0, 0.25, 0.0],
        [-0.1, 0.15, 0.0],
        [0.5, -0.3, 0.1],
        [-0.1, 0.5, -0.1],
        [0.4, -0.1, 0.4],
        [-0.3, -0.25, 0.1],
    ]
)


def seen(chunk: Chunk, day: int) -> dict[str, Floats]:
    """Give what the bank can see of each customer, each about standard normal."""
    people, recent = chunk.people, chunk.recent
    balances, n = chunk.accounts["balance"] / 100, chunk.size
    saved = np.where(chunk.savings >= 0, balances[chunk.savings], 0.0)
    behind = np.zeros(n)
    np.maximum.at(behind, chunk.loans["who"], (days_behind(chunk, day) > 0).astype(np.float64))
    indebted = np.zeros(n)
    indebted[chunk.loans["who"][chunk.loans["paid"] < chunk.loans["term"]]] = 1
    raw = {
        "income": np.log(people.income),
        "tenure": np.sqrt(np.maximum(day - people.opened, 0) / 365.25),
        "balance": np.arcsinh(balances[:n] / (people.income / 12)),
        "savings": np.log1p(np.maximum(saved, 0)),
        **{name: np.log1p(recent[name]) for name in SCALES if name in recent},
    }
    scaled = {name: np.clip((raw[name] - mean) / spread, -3, 3) for name, (mean, spread) in SCALES.items()}
    return scaled | {
        "behind": behind,
        "indebted": indebted,
        "complaints": np.minimum(recent["complaints"], 2),
    }


def appetite(chunk: Chunk, day: int, *, with_views: bool = True) -> Floats:
    """Give the pull of each promoted product on each customer, in log odds."""
    known = seen(chunk, day)
    stage = chunk.people.stage(day)
    pull = np.zeros((chunk.size, len(PROMOTED)))
    for number, weights in enumerate(WEIGHTS):
        views = np.log1p(chunk.viewed[:, PRODUCT[PROMOTED[number]]])
        terms = known | {
            "viewed": np.clip((views - 0.35) / 0.4, -2, 3) if with_views else np.zeros(chunk.size)
        }
        pull[:, number] = sum(weight * terms[name] for name, weight in weights.items())
    pull += STAGES.T[stage] - 1.0 * chunk.people.dormant[:, None]
    return SPREAD * pull + WHIM * chunk.whims


def odds_without(chunk: Chunk, day: int) -> Floats:
    """Give the probability that each customer takes each product within the window by themselves."""
    return sigmoid(np.array(BASE) + appetite(chunk, day))


def effects(chunk: Chunk, day: int, channel: Ints | int) -> Floats:
    """Give what a contact that gets through adds, in log odds; for some nothing, for some it takes away."""
    known = seen(chunk, day)
    plain, by_sessions, by_visits = CHANNEL_EFFECTS[np.broadcast_to(channel, chunk.size)].T
    effect = EFFECT + plain + by_sessions * known["sessions"] + by_visits * known["visits"]
    effect = effect + ANSWERING * known["opens"] + TIRED * known["contacts"]
    effect = np.where(known["complaints"] > 0.5, 0.0, np.maximum(effect, 0.0))  # noqa: PLR2004
    return np.where(chunk.people.traits.responsive < ANNOYED_BELOW, ANNOYED, effect)


def odds_with(
    without: Floats, effect: Floats, pull: Floats | float, channel: Ints | int
) -> tuple[Floats, Floats]:
    """Give the probability of taking an offer once reached, and once contacted, reached or not."""
    positive = effect > 0
    reached = sigmoid(np.log(without / (1 - without)) + effect + pull * positive)
    through = DELIVERED[channel]
    return reached, through * reached + (1 - through) * without


def product_number(promoted: int) -> int:
    """Give the number of a promoted product among all products."""
    return PRODUCT[PROMOTED[promoted]]


def is_credit(promoted: int) -> bool:
    """Tell whether a promoted product needs the consent for credit offers."""
    return PROMOTED[promoted] in CREDIT
