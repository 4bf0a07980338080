"""Processes that start fast: a server that has imported the product forks each child."""

from __future__ import annotations

import json
import multiprocessing
import signal
import uuid
from dataclasses import dataclass, field
from typing import Any

from tests.chaos import child
from tests.chaos.world import World

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.chaos.warm"])
LONGEST_SECONDS = 900


@dataclass
class Outcome:
    """How a child ended, and the marks it left."""

    code: int | None
    marks: list[dict[str, Any]] = field(default_factory=list)

    @property
    def killed(self) -> bool:
        """Whether it died by its shot."""
        return self.code == -signal.SIGKILL and bool(self.of("hit"))

    @property
    def phase(self) -> str:
        """Where it really died."""
        return str(self.of("hit")[-1]["phase"])

    @property
    def acknowledged(self) -> set[str]:
        """Files that it called loaded."""
        return {str(mark["file_name"]) for mark in self.of("result") if mark["status"] == "loaded"}

    @property
    def partial(self) -> list[Any]:
        """What its own reader saw half."""
        return [row for mark in self.of("poll") for row in mark["partial"]]

    @property
    def complaints(self) -> str:
        """What it said went wrong."""
        errors = [str(mark["error"]) for mark in self.marks if mark.get("error", "None") != "None"]
        return f"exit code {self.code}: {'; '.join(errors)}"

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Marks of a kind."""
        return [mark for mark in self.marks if mark["kind"] == kind]


class Running:
    """A child at work."""

    def __init__(self, world: World, **job: Any) -> None:
        self._marks = world.folder / f"marks-{uuid.uuid4().hex}"
        self._process = CONTEXT.Process(target=child.run, args=(child.Job(world, self._marks, **job),))
        self._process.start()

    def outcome(self) -> Outcome:
        """Wait for its end; one that hangs is ended and has no exit code."""
        self._process.join(LONGEST_SECONDS)
        code = self._process.exitcode
        if code is None:
            self._process.kill()
            self._process.join()
        lines = self._marks.read_text().splitlines() if self._marks.exists() else []
        return Outcome(code, [json.loads(line) for line in lines])


def run_child(world: World, **job: Any) -> Outcome:
    """Run one load to its end, whichever that is."""
    return Running(world, **job).outcome()
