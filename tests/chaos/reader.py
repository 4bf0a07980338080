"""A reader in a process of its own that polls all along, and must only ever see whole loads."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from tests.chaos.checks import Violation, half_visible
from tests.chaos.processes import CONTEXT
from tests.chaos.trials import Trial
from tests.chaos.world import ElsewhereError, World

PAUSE = 0.06


@dataclass
class Seen:
    """What a reader saw."""

    polls: int = 0
    refused: int = 0
    partial: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


class Reader:
    """A polling process; use it as a context, then ask what it saw."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.seen = Seen()

    def __enter__(self) -> Reader:
        self._ours, theirs = CONTEXT.Pipe()
        self._process = CONTEXT.Process(target=_watch, args=(self.world, theirs), daemon=True)
        self._process.start()
        theirs.close()
        return self

    def __exit__(self, *_: object) -> None:
        self._ours.send("stop")
        self.seen = self._ours.recv() if self._ours.poll(30) else Seen(errors=["the reader does not answer"])
        self._process.join(10)
        self._process.kill()

    def report(self, trial: Trial) -> None:
        """Hand over what it saw."""
        trial.polls += self.seen.polls
        trial.add(Violation("partial", len(self.seen.partial), str(self.seen.partial[:3])))
        trial.add(Violation("reader", len(self.seen.errors), str(self.seen.errors[:3])))


def _watch(world: World, orders: Connection) -> None:
    seen = Seen()
    while not orders.poll(PAUSE):
        try:
            with world.query() as query:
                _poll(query, seen, orders, once=world.engine == "duckdb")
        except ElsewhereError:
            seen.refused += 1
        except Exception as error:
            seen.errors.append(repr(error))
    orders.send(seen)


def _poll(query: Any, seen: Seen, orders: Connection, *, once: bool) -> None:
    while True:
        seen.partial += map(str, half_visible(query))
        seen.polls += 1
        if once or orders.poll():
            return
        time.sleep(PAUSE)
