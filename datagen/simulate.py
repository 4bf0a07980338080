"""The way of one chunk of customers through time."""

from __future__ import annotations

from functools import partial

import numpy as np
import pyarrow as pa

from datagen import (
    activity,
    campaigns,
    compliance,
    engagement,
    holdings,
    lending,
    life,
    openings,
    postings,
    registers,
)
from datagen.chunk import KEPT_A_MONTH, Chunk
from datagen.model import Counters, Ints, Step, World
from datagen.population import make_families, make_people
from datagen.truth import Truth
from datagen.writer import Writer, is_due


class Simulation:
    """What all chunks share: the merchants, the campaigns, and where files and truth go."""

    def __init__(self, world: World, writer: Writer, truth: Truth) -> None:
        """Make the merchants and plan the campaigns."""
        self._world, self._writer, self._truth = world, writer, truth
        self._merchants = activity.make_merchants(world.seed)
        self._campaigns = campaigns.campaigns(world)
        self._counters = Counters()

    def live(self, number: int, size: int) -> None:
        """Let a chunk of customers live through the whole time."""
        chunk = self._begin(number, self._counters.take("customer", size))
        for step in self._world.steps():
            chunk.emit = partial(self._send, step)
            self._step(chunk, step)
            if step.closes_file and number == 0:
                self._writer.write_references(step)

    def _send(self, step: Step, table: str, rows: pa.Table) -> None:
        if table == "card_transactions":
            self._truth.fraud(rows)
        self._writer.write(table, rows, step)

    def _begin(self, number: int, ids: Ints) -> Chunk:
        rng = np.random.default_rng([self._world.seed, 0, number])
        people = make_people(rng, self._world, ids)
        chunk = Chunk(self._world, rng, self._counters, people, emit=lambda *_: None)
        make_families(rng, self._world, people, chunk.pairs)
        holdings.settle(chunk)
        lending.first_loans(chunk)
        compliance.first_consents(chunk)
        registers.name_everybody(chunk)
        _recall(chunk)
        return chunk

    def _step(self, chunk: Chunk, step: Step) -> None:
        life.live(chunk, step)
        holdings.keep_house(chunk, step)
        compliance.comply(chunk, step)
        campaigns.decide(chunk, step, self._campaigns, self._truth)
        chunk.forget(step)
        mailed = campaigns.contact(chunk, step)
        openings.open_due(chunk, step)
        answered = campaigns.answers(chunk, step)
        activity.buy(chunk, step, self._merchants)
        postings.post(chunk, step, lending.repay(chunk, step))
        engagement.meet(chunk, step)
        engagement.log(chunk, step, mailed)
        campaigns.tell_campaigns(chunk, mailed, answered)
        openings.tell_holdings(chunk, step)
        compliance.tell_compliance(chunk, step)
        registers.tell_contacts(chunk, step)
        registers.tell_credit(chunk, step)
        registers.take_pictures(chunk, step.end - 1, lambda table: is_due(self._world, table, step))


def _recall(chunk: Chunk) -> None:
    """Suppose that what customers do by habit they did before the story begins, too."""
    months = 1 / (1 - KEPT_A_MONTH)
    first = next(iter(chunk.world.steps()))
    purchases = activity.spend_rate(chunk) * months * 30
    mix = activity.category_mix(chunk, first)
    mix /= mix.sum(axis=1, keepdims=True)
    spender = np.clip((chunk.people.income / 60_000) ** 0.35, 0.4, 4)
    usual = {
        "purchases": purchases,
        "spent": purchases * (mix @ activity.PRICES) * spender * 1.15,
        "travel": purchases * mix[:, activity.TRAVEL].sum(axis=1),
        "home": purchases * mix[:, activity.AT_HOME].sum(axis=1),
        "sessions": engagement.session_rate(chunk) * months,
        "visits": engagement.visit_rate(chunk) * months,
    }
    for name, values in usual.items():
        chunk.recent[name] += values
