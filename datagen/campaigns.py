"""Campaigns: whom a wave chooses, who of them is held out at random, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from datagen import offers
from datagen.chunk import PRODUCT, Chunk
from datagen.compliance import CREDIT_MARKETING, MARKETING, OPTED_OUT, consented, suppress, suppressed
from datagen.model import Bools, Floats, Ints, Step, World, chance, coded, pick_each, sigmoid
from datagen.offers import CHANNELS, OFFERS, OFFERS_OF, PROMOTED, WINDOW
from datagen.truth import Truth, campaign_id

A_MONTH = 5
HOLDOUT = [0.2, 0.2, 0.25, 0.25, 0.2, 0.25, 0.2]
CHOSEN, CONTACT_DAYS, MOST_A_MONTH = 0.2, 6, 2
# how the bank spreads its contacts over the channels a customer agrees to
PRACTICE = np.array([0.40, 0.12, 0.13, 0.20, 0.05, 0.10])
CONTACT_COSTS = [0.02, 0.06, 4.50, 0.01, 3.00, 1.20]
FIXED_COST, FIXED_BY_CUSTOMER, NOTICE_DAYS = 400.0, 0.04, 21
OPEN, CLICK, REPLY, DECLINE, OPT_OUT, CONVERSION = range(6)
RESPONSES = ["open", "click", "reply", "decline", "opt_out", "conversion"]
SENT, BOUNCED, NO_ANSWER, HELD_OUT = range(4)
CONTACT_STATUSES = ["delivered", "bounced", "no_answer", "held_out"]
ORGANIC, AUTO_LOAN = -1, 0.0015


@dataclass(frozen=True)
class Campaign:
    """A campaign for one product in one month."""

    number: int
    promoted: int
    first: int
    holdout: float


def campaigns(world: World) -> list[Campaign]:
    """List the campaigns of all months that begin in the story; products take turns."""
    found: list[Campaign] = []
    for step in world.steps():
        if step.starts_month:
            month = int(world.month_of(np.array([step.first]))[0])
            for turn in range(A_MONTH):
                promoted = (month * A_MONTH + turn) % len(PROMOTED)
                found.append(Campaign(len(found) + 1, promoted, step.first, HOLDOUT[promoted]))
    return found


@dataclass
class Month:
    """What the waves of a month share."""

    day: int
    without: Floats
    effect: Floats
    here: Bools
    chosen: Ints
    may: list[Bools]


def decide(chunk: Chunk, step: Step, calendar: list[Campaign], truth: Truth) -> None:
    """At the first of a month draw who takes which product within the window, contacted or not."""
    if not step.starts_month:
        return
    people, day = chunk.people, step.first
    month = Month(
        day=day,
        without=offers.odds_without(chunk, day),
        effect=np.stack([offers.effects(chunk, day, code) for code in range(len(CHANNELS))], axis=1),
        here=people.here(day) & (people.left > chunk.world.days) & ~people.away,
        chosen=np.zeros(chunk.size, dtype=np.int64),
        may=[consented(chunk, purpose, day) for purpose in (MARKETING, CREDIT_MARKETING)],
    )
    truth.grid(chunk, step, month.without, month.effect[:, offers.EMAIL])
    waves = [campaign for campaign in calendar if campaign.first == day]
    for campaign in waves:
        _wave(chunk, campaign, month, truth)
    for promoted in set(range(len(PROMOTED))) - {campaign.promoted for campaign in waves}:
        free = month.here & ~chunk.holds(offers.product_number(promoted), day)
        _by_themselves(chunk, promoted, month, free)
    motorists = month.here & ~chunk.holds(PRODUCT["LAUTO"], day) & chance(chunk.rng, AUTO_LOAN, chunk.size)
    _open_later(chunk, np.flatnonzero(motorists), PRODUCT["LAUTO"], day, ORGANIC)


def _by_themselves(chunk: Chunk, promoted: int, month: Month, free: Bools) -> None:
    """Let customers take a product whom no campaign chose for it."""
    who = np.flatnonzero(free & chance(chunk.rng, month.without[:, promoted], chunk.size))
    _open_later(chunk, who, offers.product_number(promoted), month.day, ORGANIC)


def _open_later(chunk: Chunk, who: Ints, product: int, after: Ints | int, contact: Ints | int) -> None:
    if len(who):
        later = 1 + (chunk.rng.beta(1, 2.5, len(who)) * WINDOW).astype(np.int64)
        chunk.openings.append(who=who, product=product, day=after + later, contact=contact, channel=0)


def _wave(chunk: Chunk, campaign: Campaign, month: Month, truth: Truth) -> None:
    """Choose customers at random from those who may be addressed, and hold some of them out."""
    rng, product = chunk.rng, offers.product_number(campaign.promoted)
    may = month.may[MARKETING].copy()
    if offers.is_credit(campaign.promoted):
        may &= month.may[CREDIT_MARKETING]
    free = month.here & ~chunk.holds(product, month.day)
    fit = free & may.any(axis=1) & ~suppressed(chunk, month.day) & (month.chosen < MOST_A_MONTH)
    who = np.flatnonzero(fit & chance(rng, CHOSEN, chunk.size))
    free[who] = False
    _by_themselves(chunk, campaign.promoted, month, free)
    if not len(who):
        return
    month.chosen[who] += 1
    channel = pick_each(rng, PRACTICE * may[who])
    offer = np.array(OFFERS_OF[campaign.promoted])[
        rng.integers(0, len(OFFERS_OF[campaign.promoted]), len(who))
    ]
    held_out = chance(rng, campaign.holdout, len(who))
    day = month.day + rng.integers(1, 1 + CONTACT_DAYS, len(who))
    pull, without = np.array([each.pull for each in OFFERS])[offer], month.without[who, campaign.promoted]
    reached, contacted = offers.odds_with(without, month.effect[who, channel], pull, channel)
    delivered = ~held_out & chance(rng, offers.DELIVERED[channel], len(who))
    takes = rng.random(len(who)) < np.where(delivered, reached, without)
    contact = chunk.counters.take("contact", len(who))
    decisions = {
        "who": who, "contact": contact, "offer": offer, "channel": channel, "day": day, "held_out": held_out,
        "without": without, "contacted": contacted, "takes": takes,
    }  # fmt: skip
    truth.decisions(chunk, campaign.number, decisions)
    kind = np.where(
        held_out, HELD_OUT, np.where(delivered, SENT, np.where(channel == offers.PHONE, NO_ANSWER, BOUNCED))
    )
    chunk.mailings.append(
        contact=contact, campaign=campaign.number, offer=offer, who=who, channel=channel,
        held_out=held_out * 1,
        delivered=delivered * 1, day=day, minute=rng.integers(8 * 60, 18 * 60, len(who)), kind=kind,
    )  # fmt: skip
    _open_later(chunk, who[takes], product, day[takes], contact[takes])


def contact(chunk: Chunk, step: Step) -> dict[str, Ints]:
    """Carry out the contacts that are planned for a step, and draw the answers that follow.

    Returns:
        The assignments whose planned day came, the held out among them.
    """
    rng, rows = chunk.rng, chunk.mailings.pop(chunk.mailings["day"] < step.end)
    at = np.flatnonzero(rows["delivered"] == 1)
    who, channel = rows["who"][at], rows["channel"][at]
    chunk.remember("contacts", rows["who"][rows["held_out"] == 0])
    written = np.isin(channel, [offers.EMAIL, offers.SMS, offers.APP])
    opened = written & chance(rng, sigmoid(-0.3 + 2.0 * chunk.people.traits.responsive[who]), len(at))
    clicked = opened & chance(rng, sigmoid(-1.0 + 0.8 * chunk.people.traits.responsive[who]), len(at))
    spoken = channel == offers.PHONE
    declined = (spoken & chance(rng, 0.45, len(at))) | (~written & chance(rng, 0.03, len(at)))
    replied = (
        ~declined & ~written & chance(rng, sigmoid(-1.2 + 0.8 * chunk.people.traits.responsive[who]), len(at))
    )
    tired = chunk.recent["contacts"][who]
    opted_out = chance(rng, np.clip(0.002 + 0.0006 * tired, 0, 0.05), len(at))
    chunk.remember("opens", who[opened | replied])
    chunk.remember("clicks", who[clicked])
    soon = rng.integers(0, 3, len(at))
    for kind, happened in (
        (OPEN, opened), (CLICK, clicked), (REPLY, replied), (DECLINE, declined), (OPT_OUT, opted_out),
    ):  # fmt: skip
        here = at[happened]
        if len(here):
            chunk.answers.append(
                contact=rows["contact"][here], who=rows["who"][here], campaign=rows["campaign"][here],
                channel=rows["channel"][here], kind=kind, day=rows["day"][here] + soon[happened], holding=-1,
            )  # fmt: skip
    return rows


def answers(chunk: Chunk, step: Step) -> dict[str, Ints]:
    """Take the answers of a step; who opts out takes back the consent for the channel, some for all."""
    rows = chunk.answers.pop(chunk.answers["day"] < step.end)
    out = np.flatnonzero(rows["kind"] == OPT_OUT)
    if len(out):
        keys = rows["who"][out] * len(CHANNELS) + rows["channel"][out]
        consents = chunk.consents
        key = consents["who"] * len(CHANNELS) + consents["channel"]
        ends = np.isin(key, keys) & (consents["until"] > step.end)
        consents["until"][ends] = step.end
        entirely = out[chance(chunk.rng, 0.3, len(out))]
        suppress(chunk, np.unique(rows["who"][entirely]), OPTED_OUT, step.end)
    return rows


def tell_campaigns(chunk: Chunk, mailed: dict[str, Ints], answered: dict[str, Ints]) -> None:
    """Send the assignments and the answers of a step."""
    world, customer = chunk.world, chunk.people.customer
    planned = world.dates(mailed["day"])
    chunk.emit(
        "campaign_contacts",
        pa.table(
            {
                "contact": mailed["contact"],
                "campaign": coded(
                    mailed["campaign"], [campaign_id(number) for number in range(1 + _most(mailed))]
                ),
                "offer": coded(mailed["offer"], [offer.offer for offer in OFFERS]),
                "customer": customer[mailed["who"]],
                "channel": coded(mailed["channel"], list(CHANNELS)),
                "held_out": mailed["held_out"] == 1,
                "assigned": world.dates(world.month_start(world.month_of(mailed["day"]))),
                "planned": planned,
                "status": coded(mailed["kind"], list(CONTACT_STATUSES)),
            }
        ),
    )
    chunk.emit(
        "campaign_responses",
        pa.table(
            {
                "response": chunk.counters.take("response", len(answered["who"])),
                "contact": answered["contact"],
                "customer": customer[answered["who"]],
                "kind": coded(answered["kind"], list(RESPONSES)),
                "day": world.dates(answered["day"]),
                "holding": pa.array(answered["holding"], mask=answered["holding"] < 0),
            }
        ),
    )


def _most(mailed: dict[str, Ints]) -> int:
    return int(mailed["campaign"].max(initial=0))
