"""Several loaders at once over the same files: one of them loads each, none of them fails."""

from __future__ import annotations

import time

from tests.chaos.checks import Reference, Violation
from tests.chaos.kills import clear, look
from tests.chaos.processes import Running
from tests.chaos.reader import Reader
from tests.chaos.source import read_source
from tests.chaos.trials import Trial
from tests.chaos.world import World


def race(world: World, name: str, loaders: int, seed: int, mutant: str | None = None) -> Trial:
    """Start loaders at once over all files of a world.

    Args:
        world: Where; its files are not loaded yet.
        name: What to call it.
        loaders: How many.
        seed: Only to name the trial: who wins is the machine's choice.
        mutant: A fault to plant.
    """
    trial = Trial("race", world.engine, name, seed, restarts=loaders - 1)
    started = time.perf_counter()
    reference = Reference(read_source(world.landing), {}, {})
    trial.rows_in = reference.rows
    with Reader(world) as reader:
        running = [Running(world, mutant=mutant) for _ in range(loaders)]
        outcomes = [each.outcome() for each in running]
    reader.report(trial)
    for outcome in outcomes:
        look(world, outcome, trial, reference, complete=True)
        trial.add(Violation("failed", int(outcome.code != 0), outcome.complaints))
    trial.blows[name] = len(outcomes)
    told = sum(mark["status"] == "loaded" for outcome in outcomes for mark in outcome.of("result"))
    contents = len(reference.planned)
    trial.add(Violation("doubled", max(told - contents, 0), f"{told} loads told of {contents} contents"))
    trial.seconds = time.perf_counter() - started
    clear(world, trial)
    return trial
