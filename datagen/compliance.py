"""Consents that come and go, and the reasons for which a customer must not be addressed."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from datagen import vocab
from datagen.chunk import Chunk, news
from datagen.lending import ARREARS_FROM, days_behind
from datagen.model import NEVER, Bools, Ints, Step, chance, coded
from datagen.offers import APP, CHANNELS

PURPOSES = ["marketing", "credit_marketing"]
MARKETING, CREDIT_MARKETING = range(2)
REASONS = ["arrears", "hardship", "complaint", "deceased", "legal_hold", "opted_out"]
ARREARS, HARDSHIP, COMPLAINT, DECEASED, LEGAL_HOLD, OPTED_OUT = range(6)
GIVEN = [0.75, 0.55, 0.5, 0.8, 0.9, 0.8]
ALSO_FOR_CREDIT, NEVER_GIVES, WITHDRAW, GIVE = 0.75, 0.08, 0.006, 0.006
HOLD, HOLD_DAYS, HARDSHIP_DAYS, ALL_CHANNELS = 0.0004, 120, 180, -1


def first_consents(chunk: Chunk) -> None:
    """Ask everybody for each channel, and those who agree for credit offers, too."""
    people, rng, n = chunk.people, chunk.rng, chunk.size
    gives = ~chance(rng, NEVER_GIVES, n)
    for channel, odds in enumerate(GIVEN):
        digital = people.traits.digital > -0.3  # noqa: PLR2004
        each = np.where(digital, odds, 0.15) if channel == APP else np.full(n, odds)
        who = np.flatnonzero(gives & chance(rng, each, n))
        since = np.maximum(people.opened[who], people.joined[who] - rng.integers(0, 900, n)[who])
        give(chunk, who, channel, MARKETING, since)
        also = chance(rng, ALSO_FOR_CREDIT, len(who))
        give(chunk, who[also], channel, CREDIT_MARKETING, since[also])


def give(chunk: Chunk, who: Ints, channel: int, purpose: int, since: Ints | int) -> None:
    """Enter consents."""
    if len(who):
        chunk.consents.append(
            consent=chunk.counters.take("consent", len(who)), who=who, channel=channel, purpose=purpose,
            since=since, until=NEVER, told=0,
        )  # fmt: skip


def consented(chunk: Chunk, purpose: int, day: int) -> Bools:
    """Tell for each customer and channel whether consent for a purpose holds on a day."""
    rows, table = chunk.consents, np.zeros((chunk.size, len(CHANNELS)), dtype=bool)
    holds = (rows["purpose"] == purpose) & (rows["since"] <= day) & (rows["until"] > day)
    table[rows["who"][holds], rows["channel"][holds]] = True
    return table


def suppress(chunk: Chunk, who: Ints, reason: int, since: Ints | int, until: Ints | int = NEVER) -> None:
    """Enter suppressions of all channels."""
    if len(who):
        chunk.suppressions.append(
            suppression=chunk.counters.take("suppression", len(who)), who=who, reason=reason,
            channel=ALL_CHANNELS,
            since=since, until=until, told=0,
        )  # fmt: skip


def suppressed(chunk: Chunk, day: int, reason: int | None = None) -> Bools:
    """Tell who must not be addressed on a day."""
    rows, found = chunk.suppressions, np.zeros(chunk.size, dtype=bool)
    holds = (rows["since"] <= day) & (rows["until"] > day)
    if reason is not None:
        holds &= rows["reason"] == reason
    found[rows["who"][holds]] = True
    return found


def comply(chunk: Chunk, step: Step) -> None:
    """Let consents come and go, and begin and end suppressions."""
    rng, people = chunk.rng, chunk.people
    here = people.here(step.first)
    rows = chunk.consents
    ends = (rows["until"] == NEVER) & (rows["since"] < step.first)
    withdrawn = ends & here[rows["who"]] & chance(rng, WITHDRAW * step.months, len(rows))
    rows["until"][withdrawn] = step.first + rng.integers(0, step.end - step.first, int(withdrawn.sum()))
    for purpose in (MARKETING, CREDIT_MARKETING):
        has = consented(chunk, purpose, step.end)
        base = consented(chunk, MARKETING, step.first)
        for channel in range(len(CHANNELS)):
            may = here & ~has[:, channel] & (base[:, channel] if purpose == CREDIT_MARKETING else here)
            give(
                chunk,
                np.flatnonzero(may & chance(rng, GIVE * step.months, chunk.size)),
                channel,
                purpose,
                step.first,
            )
    _suppress_borrowers(chunk, step)
    dead = people.died & here & ~suppressed(chunk, NEVER - 1, DECEASED)
    suppress(chunk, np.flatnonzero(dead), DECEASED, step.first)
    held = np.flatnonzero(here & chance(rng, HOLD * step.months, chunk.size))
    suppress(chunk, held, LEGAL_HOLD, step.first, step.first + HOLD_DAYS)


def _suppress_borrowers(chunk: Chunk, step: Step) -> None:
    """Leave those alone who are behind with a loan, and for longer those who also lost their work."""
    people, behind = chunk.people, np.zeros(chunk.size, dtype=np.int64)
    np.maximum.at(behind, chunk.loans["who"], days_behind(chunk, step.first))
    late = (behind > ARREARS_FROM) & people.here(step.first)
    rows = chunk.suppressions
    over = (rows["reason"] == ARREARS) & (rows["until"] == NEVER) & (behind[rows["who"]] == 0)
    rows["until"][over] = step.first
    fresh = np.flatnonzero(late & ~suppressed(chunk, step.first, ARREARS))
    suppress(chunk, fresh, ARREARS, step.first)
    hard = fresh[(people.employment[fresh] == vocab.UNEMPLOYED) & chance(chunk.rng, 0.4, len(fresh))]
    suppress(chunk, hard, HARDSHIP, step.first, step.first + HARDSHIP_DAYS)


def tell_compliance(chunk: Chunk, step: Step) -> None:
    """Send what became known of consents and suppressions."""
    rows, customer, world = chunk.consents, chunk.people.customer, chunk.world
    at = news(rows, step.end)
    chunk.emit(
        "consents",
        pa.table(
            {
                "consent": rows["consent"][at],
                "customer": customer[rows["who"][at]],
                "channel": coded(rows["channel"][at], list(CHANNELS)),
                "purpose": coded(rows["purpose"][at], list(PURPOSES)),
                "since": world.dates(rows["since"][at]),
                "until": world.dates_or_null(rows["until"][at], rows["until"][at] < step.end),
            }
        ),
    )
    rows = chunk.suppressions
    at = news(rows, step.end)
    chunk.emit(
        "suppressions",
        pa.table(
            {
                "suppression": rows["suppression"][at],
                "customer": customer[rows["who"][at]],
                "reason": coded(rows["reason"][at], list(REASONS)),
                "channel": coded(rows["channel"][at] + 1, [None, *CHANNELS]),
                "since": world.dates(rows["since"][at]),
                "until": world.dates_or_null(rows["until"][at], rows["until"][at] < step.end),
            }
        ),
    )
