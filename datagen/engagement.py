"""How customers and bank meet: sessions in app and web, visits to branches, messages, calls, complaints."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from datagen import offers
from datagen.chunk import PRODUCT_CODES, Chunk, news
from datagen.compliance import COMPLAINT, suppress
from datagen.model import Floats, Ints, Step, chance, coded, pick, sigmoid
from datagen.offers import CHANNELS, PROMOTED

# a month
SESSIONS, VISITS, MESSAGES, COMPLAINTS = 1.6, 0.16, 0.12, 0.006
VIEWS, VIEW_PULL = 0.05, 0.9
COMPLAINT_DAYS = 14
REASONS = ["cash", "advice", "service", "complaint"]
TOPICS = ["fees", "card", "service", "fraud", "marketing"]
TYPES = ["Email", "SMS", "Phone Call", "Mobile App", "In-Person Visit", "Letter", "Online Chat"]
SUMMARIES = [
    "offer",
    "question about an account",
    "question about a card",
    "address change",
    "complaint",
    "loan",
]


def _times(chunk: Chunk, step: Step, rate: Floats) -> tuple[Ints, Ints]:
    """Draw who does something with a monthly rate in a step, and on which day."""
    first, end = chunk.people.window(step)
    share = (end - first) / (step.end - step.first) * step.months
    who = np.repeat(np.arange(chunk.size), chunk.rng.poisson(rate * share))
    day = first[who] + (chunk.rng.random(len(who)) * (end - first)[who]).astype(np.int64)
    return who, day


def meet(chunk: Chunk, step: Step) -> None:
    """Let customers use app, web and branches, write and call, and complain."""
    _sessions(chunk, step)
    _visits(chunk, step)
    _complaints(chunk, step)


def session_rate(chunk: Chunk) -> Floats:
    """Sessions that each customer has in a month."""
    people = chunk.people
    rate: Floats = SESSIONS * np.exp(0.8 * people.traits.digital) * np.where(people.dormant, 0.1, 1.0)
    return np.minimum(rate, 15.0)


def visit_rate(chunk: Chunk) -> Floats:
    """Visits that each customer makes in a month."""
    people = chunk.people
    rate: Floats = VISITS * np.exp(0.8 * people.traits.branch) * np.where(people.dormant, 0.1, 1.0)
    return rate


def _sessions(chunk: Chunk, step: Step) -> None:
    rng, n = chunk.rng, chunk.size
    pull = offers.appetite(chunk, step.first, with_views=False) + chunk.whims * VIEW_PULL
    who, day = _times(chunk, step, session_rate(chunk))
    odds = np.clip(VIEWS * np.exp(VIEW_PULL * pull), 0, 0.5)[who]
    total = odds.sum(axis=1)
    looks = chance(rng, np.minimum(total, 0.8), len(who))
    running = np.cumsum(odds, axis=1)
    chosen = (
        (rng.random(len(who))[:, None] * running[:, -1:] >= running).sum(axis=1).clip(0, len(PROMOTED) - 1)
    )
    products = np.array([offers.product_number(number) for number in range(len(PROMOTED))])
    viewed = np.where(looks, products[chosen], -1)
    chunk.remember("sessions", who)
    cells = who[looks] * len(PRODUCT_CODES) + viewed[looks]
    chunk.viewed += np.bincount(cells, minlength=chunk.viewed.size).reshape(n, -1)
    by_app = chance(rng, sigmoid(0.3 + 0.9 * chunk.people.traits.digital)[who], len(who))
    pages = 1 + rng.poisson(4, len(who)) + looks
    seconds = np.clip(rng.normal(19.0, 3.5, len(who)), 0, 23.99) * 3600
    chunk.emit(
        "digital_sessions",
        pa.table(
            {
                "session": chunk.counters.take("session", len(who)),
                "customer": chunk.people.customer[who],
                "channel": coded(by_app * 1, ["web", "app"]),
                "day": chunk.world.dates(day),
                "second": seconds.astype(np.int64),
                "duration": (pages * rng.exponential(35, len(who)) + 5).astype(np.int64),
                "pages": pages,
                "product": coded(viewed + 1, [None, *PRODUCT_CODES]),
            }
        ),
    )


def _visits(chunk: Chunk, step: Step) -> None:
    who, day = _times(chunk, step, visit_rate(chunk))
    chunk.remember("visits", who)
    chunk.emit(
        "branch_visits",
        pa.table(
            {
                "visit": chunk.counters.take("visit", len(who)),
                "customer": chunk.people.customer[who],
                "branch": chunk.people.branch[who],
                "day": chunk.world.dates(day),
                "reason": coded(pick(chunk.rng, [50, 22, 26, 2], len(who)), list(REASONS)),
            }
        ),
    )


def _complaints(chunk: Chunk, step: Step) -> None:
    """Let some complain, the often addressed the more; while a complaint is open they are left alone."""
    rng, people = chunk.rng, chunk.people
    rate = COMPLAINTS * np.exp(0.15 * np.minimum(chunk.recent["contacts"], 8)) * ~people.dormant
    who, day = _times(chunk, step, rate)
    until = day + 3 + rng.geometric(1 / COMPLAINT_DAYS, len(who))
    chunk.remember("complaints", who)
    if len(who):
        chunk.complaints.append(
            complaint=chunk.counters.take("complaint", len(who)), who=who,
            channel=pick(rng, [35, 0, 35, 15, 10, 5], len(who)),
            topic=pick(rng, [30, 25, 25, 8, 12], len(who)),
            since=day, until=until, told=0,
        )  # fmt: skip
        suppress(chunk, who, COMPLAINT, day + 1, until)
    rows = chunk.complaints
    at = news(rows, step.end)
    chunk.emit(
        "complaints",
        pa.table(
            {
                "complaint": rows["complaint"][at],
                "customer": people.customer[rows["who"][at]],
                "since": chunk.world.dates(rows["since"][at]),
                "channel": coded(rows["channel"][at], list(CHANNELS)),
                "topic": coded(rows["topic"][at], list(TOPICS)),
                "until": chunk.world.dates_or_null(rows["until"][at], rows["until"][at] < step.end),
            }
        ),
    )
    chunk.complaints.pop(chunk.complaints["told"] == 2)  # noqa: PLR2004


def log(chunk: Chunk, step: Step, mailed: dict[str, Ints]) -> None:
    """Write the communication of a step: contacts of campaigns and what customers write and ask."""
    rng = chunk.rng
    sent = np.flatnonzero((mailed["held_out"] == 0) & (mailed["delivered"] == 1))
    who, day = _times(chunk, step, MESSAGES * np.exp(0.3 * chunk.people.traits.strain))
    digital = chunk.people.traits.digital[who] > 0
    kind = np.where(
        digital,
        pick(rng, [30, 0, 20, 25, 0, 0, 25], len(who)),
        pick(rng, [20, 0, 50, 0, 15, 15, 0], len(who)),
    )
    n = len(sent) + len(who)
    chunk.emit(
        "communication_log",
        pa.table(
            {
                "log": chunk.counters.take("log", n),
                "customer": chunk.people.customer[np.concatenate([mailed["who"][sent], who])],
                "type": coded(np.concatenate([mailed["channel"][sent], kind]), list(TYPES)),
                "direction": coded((np.arange(n) >= len(sent)) * 1, ["outbound", "inbound"]),
                "day": chunk.world.dates(np.concatenate([mailed["day"][sent], day])),
                "minute": np.concatenate([mailed["minute"][sent], rng.integers(8 * 60, 20 * 60, len(who))]),
                "summary": coded(
                    np.concatenate(
                        [np.zeros(len(sent), dtype=np.int64), pick(rng, [0, 45, 25, 10, 8, 12], len(who))]
                    ),
                    list(SUMMARIES),
                ),
                "contact": pa.array(
                    np.concatenate([mailed["contact"][sent], np.zeros(len(who), dtype=np.int64)]),
                    mask=np.arange(n) >= len(sent),
                ),
            }
        ),
    )
