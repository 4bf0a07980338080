"""Loads whose S3 server or connection fails: they end whole or say so, and the next run completes them."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tests.chaos.checks import Reference, Violation
from tests.chaos.cutter import Cutter
from tests.chaos.kills import SOURCES, Gallery, clear, finish, look
from tests.chaos.processes import Running, run_child
from tests.chaos.reader import Reader
from tests.chaos.servers import RedshiftServers
from tests.chaos.trials import Trial
from tests.chaos.world import World
from tests.s3.faults import LOST, FaultProxy

FAULTS = {
    "fault 500": ("500",),
    "fault 503": ("503",),
    "fault 409": ("409",),
    "fault 412": ("412",),
    "fault timeout": ("hang",),
    "fault torn upload": ("torn",),
    "fault torn answer": ("cut",),
    "fault lost answer": LOST,
}
FAULT_IN_COPY = "fault in COPY"
COPY_KINDS = ("500", "503", "cut", "hang")
TIMEOUT = 1.0
OWN_ERRORS = range(1, 20)


class Troubles:
    """Trials of the ways in which what bankmart depends on can fail."""

    def __init__(self, gallery: Gallery, servers: RedshiftServers, folder: Path) -> None:
        self.gallery, self.servers, self.folder = gallery, servers, folder

    def cut(self, name: str, mode: str, seed: int) -> Trial:
        """Cut the connection around the COMMITs of a load: it must find out by itself how they ended."""
        with (
            Cutter(self.servers.standin().port, mode, seed) as cutter,
            self._trial("cut", name, seed, port=cutter.port) as (trial, world),
        ):
            outcome = run_child(world)
            trial.blows[name] = cutter.cuts
            trial.add(Violation("failed", int(outcome.code != 0), outcome.complaints))
            look(world, outcome, trial, self._reference(seed))
        return trial

    def fault(self, name: str, seed: int) -> Trial:
        """Break requests to S3; a load that gives up must say so, and the run after it complete it."""
        rate = random.Random(f"rate {seed}").choice((0.2, 0.4, 0.9))  # noqa: S311 - no secret
        in_copy = name == FAULT_IN_COPY
        kinds = COPY_KINDS if in_copy else FAULTS[name]
        with (
            FaultProxy(
                self.servers.s3.endpoint, seed=seed, rate=rate, kinds=kinds, hang=2 * TIMEOUT
            ) as proxy,
            self._trial("fault", name, seed, s3_endpoint=proxy.endpoint, copies=in_copy) as (trial, world),
        ):
            settings = world.settings | {"s3_timeout": TIMEOUT, "s3_attempts": 4}
            outcome = run_child(replace(world, settings=settings))
            trial.blows[name] = len(proxy.injected)
            self._must_be_clear(outcome.code, outcome.complaints, trial)
            look(world, outcome, trial, self._reference(seed))
        return trial

    def crash(self, name: str, seed: int) -> Trial:
        """Kill the S3 server in the middle of a load, and start it again on what its disk holds."""
        rng = random.Random(f"crash {seed}")  # noqa: S311 - no secret
        with self._trial("crash", name, seed) as (trial, world):
            running = Running(world)
            time.sleep(rng.uniform(0.2, 1.5))
            self.servers.s3.kill()
            starting = threading.Thread(target=self.servers.s3.start)
            starting.start()
            outcome = running.outcome()
            starting.join()
            trial.blows[name] = 1
            self._must_be_clear(outcome.code, outcome.complaints, trial)
            look(world, outcome, trial, self._reference(seed))
        return trial

    @contextmanager
    def _trial(
        self, kind: str, name: str, seed: int, *, s3_endpoint: str = "", copies: bool = False, port: int = 0
    ) -> Iterator[tuple[Trial, World]]:
        """Make a world with a reader; after the trouble, a run in peace must complete what is missing."""
        trial = Trial(kind, self.gallery.engine, name, seed, restarts=1)
        started = time.perf_counter()
        reference = self._reference(seed)
        trial.rows_in = reference.rows
        world = self.servers.world(
            self.folder / f"{name.replace(' ', '-')}-{seed}",
            seed % SOURCES,
            s3_endpoint=s3_endpoint,
            copies_through_proxy=copies,
            port=port,
        )
        with Reader(world) as reader:
            yield trial, world
            direct = {"s3_endpoint": self.servers.s3.endpoint, "redshift_port": world.login["port"]}
            finish(replace(world, settings=world.settings | direct), trial, reference)
        reader.report(trial)
        trial.seconds = time.perf_counter() - started
        clear(world, trial)

    def _reference(self, seed: int) -> Reference:
        return self.gallery.reference(seed % SOURCES)

    @staticmethod
    def _must_be_clear(code: int | None, complaints: str, trial: Trial) -> None:
        """A load may fail, but only with an error of bankmart's own that says what and why."""
        is_own = code == 0 or (code in OWN_ERRORS and "Traceback" not in complaints)
        trial.add(Violation("failed", int(not is_own), complaints))
