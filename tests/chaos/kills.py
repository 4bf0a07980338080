"""Loads killed at every step, started again, and checked after each death."""

from __future__ import annotations

import random
import shutil
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.chaos.checks import Reference, Violation, check
from tests.chaos.processes import Outcome, run_child
from tests.chaos.reader import Reader
from tests.chaos.shots import PHASES, STEPS, Shot
from tests.chaos.source import read_source
from tests.chaos.trials import Trial
from tests.chaos.world import World, digests

SOURCES = 3
KILLS = (1, 2, 3, 4, 4)
MakeWorld = Callable[[Path, int], World]


class Gallery:
    """Trials on one engine; it keeps the undisturbed loads to compare with."""

    def __init__(self, engine: str, make_world: MakeWorld, folder: Path, mutant: str | None = None) -> None:
        self.engine, self.make_world, self.folder, self.mutant = engine, make_world, folder, mutant
        self._references: dict[int, Reference] = {}
        self._lock = threading.Lock()

    def reference(self, source: int) -> Reference:
        """Load a source in peace, once.

        Raises:
            AssertionError: That fails, or a step is never passed: its tap has nothing to hold on to.
        """
        with self._lock:
            if source not in self._references:
                self._references[source] = self._load_in_peace(source)
            return self._references[source]

    def _load_in_peace(self, source: int) -> Reference:
        world = self.make_world(self.folder / f"reference-{source}", source)
        outcome = run_child(world)
        assert outcome.code == 0, outcome.complaints
        bare = Reference(read_source(world.landing), {}, {})
        found = check(world, bare, complete=True)
        assert not found, found
        times: dict[str, list[int]] = {step: [] for step in STEPS[self.engine]}
        for mark in outcome.of("time"):
            times[mark["step"]].append(mark["microseconds"])
        idle = [step for step, seen in times.items() if not seen]
        assert not idle, f"steps that no load passes, is their target gone? {idle}"
        return Reference(bare.planned, digests(world.objects()), times)

    def kill(self, step: str, seed: int) -> Trial:
        """Kill a load up to four times, first at the given step, then let it run to the end."""
        rng = random.Random(f"{self.engine} {step} {seed}")  # noqa: S311 - no secret
        source = rng.randrange(SOURCES)
        reference = self.reference(source)
        more = [rng.choice(list(STEPS[self.engine])) for _ in range(rng.choice(KILLS) - 1)]
        shots = [_aim(rng, name, reference) for name in (step, *more)]
        return self.play(step, seed, source, shots)

    def sweep(self, seed: int, steps: Sequence[str]) -> Trial:
        """Kill a load at several steps in turn, each time at the first file that is left."""
        rng = random.Random(f"sweep {seed}")  # noqa: S311 - no secret
        times = self.reference(0).times
        shots = [
            Shot(step, rng.choice(PHASES), 1, int(rng.random() * statistics.median(times[step])))
            for step in steps
        ]
        return self.play("sweep", seed, 0, shots)

    def play(self, name: str, seed: int, source: int, shots: Sequence[Shot]) -> Trial:
        """Load under the given shots, one a start, then in peace; check after each."""
        trial = Trial("kill", self.engine, name, seed)
        started = time.perf_counter()
        reference = self.reference(source)
        world = self.make_world(self.folder / f"{name.replace(' ', '-')}-{seed}", source)
        trial.rows_in = reference.rows
        with Reader(world) as reader:
            for shot in shots:
                self._shoot(world, shot, trial, reference)
            finish(world, trial, reference, mutant=self.mutant)
        reader.report(trial)
        trial.seconds = time.perf_counter() - started
        clear(world, trial)
        return trial

    def _shoot(self, world: World, shot: Shot, trial: Trial, reference: Reference) -> None:
        outcome = run_child(world, shot=shot, mutant=self.mutant)
        trial.restarts += 1
        if outcome.killed:
            trial.blows[shot.step] += 1
            trial.phases[outcome.phase] += 1
        elif outcome.code == 0:
            trial.missed += 1
        else:
            trial.add(Violation("failed", 1, f"{shot}: {outcome.complaints}"))
        look(world, outcome, trial, reference)


def finish(world: World, trial: Trial, reference: Reference, **job: str | None) -> None:
    """Let a load run to its end, and check that all is there, once and whole."""
    outcome = run_child(world, **job)
    trial.add(Violation("failed", int(outcome.code != 0), outcome.complaints))
    look(world, outcome, trial, reference, complete=True)


def look(
    world: World, outcome: Outcome, trial: Trial, reference: Reference, *, complete: bool = False
) -> None:
    """Take over what a child saw, and check what it left."""
    trial.polls += len(outcome.of("poll"))
    trial.add(Violation("partial", len(outcome.partial), str(outcome.partial[:3])))
    trial.add(*check(world, reference, complete=complete, acknowledged=outcome.acknowledged))


def clear(world: World, trial: Trial) -> None:
    """Remove what a trial without findings leaves; the rest stays to be looked at."""
    if not trial.violations:
        shutil.rmtree(world.folder)


def _aim(rng: random.Random, step: str, reference: Reference) -> Shot:
    times = reference.times[step]
    phase = rng.choice(PHASES)
    # Later calls are hit less often: a load that was killed before has fewer left to do.
    nth = rng.choice((1, 1, 2, rng.randint(1, len(times))))
    longest = statistics.median(times)
    return Shot(step, phase, min(nth, len(times)), int(rng.random() * longest))
