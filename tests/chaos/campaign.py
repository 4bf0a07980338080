"""All trials by name, for each engine, and the order in which a campaign goes through them."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from tests.chaos.checks import Violation
from tests.chaos.cutter import MODES
from tests.chaos.kills import Gallery
from tests.chaos.races import race
from tests.chaos.servers import RedshiftServers
from tests.chaos.shots import STEPS
from tests.chaos.source import write_many
from tests.chaos.trials import Trial
from tests.chaos.troubles import FAULT_IN_COPY, FAULTS, Troubles
from tests.chaos.world import World, duckdb_world

ENGINES = tuple(STEPS)
RACE_FILES = 100
RACERS = (2, 4, 8)
ISOLATIONS = ("snapshot", "serializable")
CRASH = "S3 killed"
Play = Callable[[int], Trial]


class Range:
    """The servers and trials of one engine; use it as a context."""

    def __init__(self, engine: str, folder: Path, mutant: str | None = None) -> None:
        self.engine, self.folder, self.mutant = engine, folder, mutant
        self._stack = ExitStack()

    def __enter__(self) -> Range:
        self.folder.mkdir(parents=True, exist_ok=True)
        make_world: Callable[[Path, int], World] = duckdb_world
        if self.engine == "redshift":
            self.servers = self._stack.enter_context(RedshiftServers(self.folder / "servers"))
            make_world = self.servers.world
        self.gallery = Gallery(self.engine, make_world, self.folder, self.mutant)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def kills(self) -> dict[str, Play]:
        """Give the steps at which a load can be killed."""
        return {step: partial(self.gallery.kill, step) for step in STEPS[self.engine]}

    def races(self, racers: tuple[int, ...] = RACERS, files: int = RACE_FILES) -> dict[str, Play]:
        """Give the races."""
        if self.engine == "duckdb":
            return {f"race {n}": partial(self._race, f"race {n}", n, files, "") for n in racers}
        names = {f"race {n} {level}": (n, level) for level in ISOLATIONS for n in racers}
        return {name: partial(self._race, name, n, files, level) for name, (n, level) in names.items()}

    def cuts(self) -> dict[str, Play]:
        """Give the ways to cut a connection around its COMMIT."""
        if self.engine == "duckdb":
            return {}
        troubles = Troubles(self.gallery, self.servers, self.folder)
        return {f"commit {mode}": partial(troubles.cut, f"commit {mode}", mode) for mode in MODES}

    def faults(self) -> dict[str, Play]:
        """Give the faults of S3."""
        if self.engine == "duckdb":
            return {}
        troubles = Troubles(self.gallery, self.servers, self.folder)
        return {name: partial(troubles.fault, name) for name in (*FAULTS, FAULT_IN_COPY)}

    def crashes(self) -> dict[str, Play]:
        """Give the deaths of the S3 server, which must be played when nothing else is."""
        if self.engine == "duckdb":
            return {}
        troubles = Troubles(self.gallery, self.servers, self.folder)
        return {CRASH: partial(troubles.crash, CRASH)}

    def trials(self) -> dict[str, Play]:
        """Give every trial by its name."""
        return self.kills() | self.races() | self.cuts() | self.faults() | self.crashes()

    def _race(self, name: str, loaders: int, files: int, isolation: str, seed: int) -> Trial:
        folder = self.folder / f"{name.replace(' ', '-')}-{seed}"
        if self.engine == "duckdb":
            world = duckdb_world(folder, None)
        else:
            world = self.servers.world(folder, None, isolation=isolation)
        write_many(world.landing, files)
        return race(world, name, loaders, seed, self.mutant)


def in_turn(
    plays: dict[str, Play], seed: int, enough: Callable[[Trial], bool], workers: int
) -> Iterator[Trial]:
    """Play trials in turn, each with a seed of its own, until it is enough.

    Args:
        plays: The trials.
        seed: The first seed.
        enough: Is told each result, and says when to stop.
        workers: How many are played at once.
    """
    names = list(plays)
    done, number = False, 0
    with ThreadPoolExecutor(workers) as pool:
        waiting = set()
        while waiting or not done:
            while not done and len(waiting) < workers:
                name = names[number % len(names)]
                waiting.add(pool.submit(_play, name, plays[name], seed + number // len(names)))
                number += 1
            ended = next(as_completed(waiting))
            waiting.remove(ended)
            done = enough(ended.result()) or done
            yield ended.result()


def _play(name: str, play: Play, seed: int) -> Trial:
    """Play a trial; one that breaks down is a finding, and the others go on."""
    try:
        return play(seed)
    except Exception:
        return Trial("broken", "", name, seed, violations=[Violation("harness", 1, traceback.format_exc())])
