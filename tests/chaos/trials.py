"""What a trial under fire found, and the table that tells of all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.table import Table

from tests.chaos.checks import Violation

PROMISES = ("lost", "doubled", "partial")


@dataclass
class Trial:
    """One warehouse's life under fire.

    Attributes:
        kind: What was done to it: kill, race, fault, cut or crash.
        name: Which step, how many loaders, which fault.
        blows: What really hit, by name: a kill counts at the step where it fell.
        phases: Where in their steps the kills fell.
        missed: Shots that found nothing to hit, since the load was over before.
        restarts: Loads that were started after the first.
        polls: Looks of the readers that were answered.
    """

    kind: str
    engine: str
    name: str
    seed: int
    blows: Counter[str] = field(default_factory=Counter)
    phases: Counter[str] = field(default_factory=Counter)
    missed: int = 0
    restarts: int = 0
    rows_in: int = 0
    polls: int = 0
    seconds: float = 0.0
    violations: list[Violation] = field(default_factory=list)

    def add(self, *found: Violation) -> None:
        """Keep those violations that concern anything."""
        self.violations += [violation for violation in found if violation.count]

    def count(self, kind: str) -> int:
        """Rows or objects that break a promise."""
        return sum(violation.count for violation in self.violations if violation.kind == kind)

    @property
    def other(self) -> int:
        """Violations beyond lost, doubled and partial."""
        return sum(violation.kind not in PROMISES for violation in self.violations)

    @property
    def again(self) -> str:
        """How to repeat it."""
        return f"python -m tests.chaos --seed {self.seed} --engine {self.engine} --step '{self.name}'"


@dataclass
class Line:
    """A line of the table: all trials of one name on one engine."""

    kind: str
    engine: str
    name: str
    blows: int = 0
    trials: int = 0
    restarts: int = 0
    rows_in: int = 0
    polls: int = 0
    lost: int = 0
    doubled: int = 0
    partial: int = 0
    other: int = 0
    seconds: float = 0.0


def lines(trials: Sequence[Trial]) -> list[Line]:
    """Sum up trials by what was done where."""
    found: dict[tuple[str, str, str], Line] = {}

    def line(kind: str, engine: str, name: str) -> Line:
        return found.setdefault((kind, engine, name), Line(kind, engine, name))

    for trial in trials:
        own = line(trial.kind, trial.engine, trial.name)
        own.trials += 1
        for name, blows in trial.blows.items():
            line(trial.kind, trial.engine, name).blows += blows
        for field_name in ("restarts", "rows_in", "polls", "seconds", "other"):
            setattr(own, field_name, getattr(own, field_name) + getattr(trial, field_name))
        for promise in PROMISES:
            setattr(own, promise, getattr(own, promise) + trial.count(promise))
    return list(found.values())


COLUMNS = ("blows", "restarts", "rows_in", "polls", "lost", "doubled", "partial", "other", "seconds")


def render(trials: Sequence[Trial]) -> Table:
    """Draw the table."""
    table = Table(title="Under fire: nothing lost, nothing twice, nothing half visible")
    for head in ("kind", "engine", "step"):
        table.add_column(head)
    for head in (
        "hits",
        "restarts",
        "rows in",
        "polls",
        "lost",
        "doubled",
        "partial reads",
        "other",
        "seconds",
    ):
        table.add_column(head, justify="right")
    totals = dict.fromkeys(COLUMNS, 0.0)
    for line in lines(trials):
        values = [getattr(line, column) for column in COLUMNS]
        for column, value in zip(COLUMNS, values, strict=True):
            totals[column] += value
        table.add_row(line.kind, line.engine, line.name, *(f"{value:,.0f}" for value in values))
    table.add_section()
    table.add_row("all", "", "", *(f"{value:,.0f}" for value in totals.values()))
    return table


def payload(trials: Sequence[Trial], idle: Sequence[str], seconds: float) -> dict[str, Any]:
    """Give it for programs."""
    return {
        "lines": [vars(line) for line in lines(trials)],
        "phases": dict(sum((trial.phases for trial in trials), Counter())),
        "missed": sum(trial.missed for trial in trials),
        "failed": [
            {"again": trial.again, "violations": list(map(str, trial.violations))}
            for trial in trials
            if trial.violations
        ],
        "never_hit": list(idle),
        "seconds": round(seconds, 1),
    }
