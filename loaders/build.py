"""The build: dbt for each day that the history lacks, then for the day itself."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial

from loaders.dbt import NOT_DONE, DbtProject, NodeResult
from loaders.errors import BuildError
from loaders.history import History, catch_up_days, forget_history, read_history
from loaders.settings import Settings

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class BuildReport:
    """What a build did.

    Attributes:
        as_of: The day that everything was built for.
        history_days: Earlier days that were caught up with.
        stale_days: Days of history for which files came after the snapshots had gone on.
        nodes: Results, those of failed days of history included.
        seconds: By part: start (dbt's import and parse), history, build.
    """

    as_of: date
    history_days: tuple[date, ...] = ()
    stale_days: tuple[date, ...] = ()
    nodes: tuple[NodeResult, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """Nodes by status."""
        return dict(sorted(Counter(node.status for node in self.nodes).items()))

    @property
    def failed(self) -> tuple[NodeResult, ...]:
        """Nodes that went wrong; those skipped because of them are not among them."""
        return tuple(node for node in self.nodes if node.failed)

    @property
    def warned(self) -> tuple[NodeResult, ...]:
        """Tests that found what somebody should look at, and that stop nothing."""
        return tuple(node for node in self.nodes if node.status == "warn")

    @property
    def exit_code(self) -> int:
        """Zero when all was done."""
        return BuildError.exit_code if any(node.status in NOT_DONE for node in self.nodes) else 0


@dataclass(frozen=True)
class BuildOptions:
    """What a build is to do.

    Attributes:
        full_refresh: Make incremental models anew.
        select: Only these models, in dbt's selection syntax.
        exclude: All but these, in the same syntax.
        rebuild_history: Forget the snapshots and replay every loaded day.
        allow_shrink: Let the snapshots believe a picture that lost many of its rows.
        train: Build the features of past contacts, too.
    """

    full_refresh: bool = False
    select: str | None = None
    exclude: str | None = None
    rebuild_history: bool = False
    allow_shrink: bool = False
    train: bool = False

    @property
    def command(self) -> list[str]:
        """The command of dbt for the day itself."""
        # Unit tests prove the code, not the night's data: they run before a change is merged.
        command = ["build", "--exclude-resource-type", "unit_test"]
        if self.full_refresh:
            command.append("--full-refresh")
        for option, names in (("--select", self.select), ("--exclude", self.exclude)):
            command += [option, *names.split()] if names else []
        return command


def build(
    settings: Settings,
    as_of: date | None = None,
    options: BuildOptions | None = None,
    *,
    project: DbtProject | None = None,
    progress: Progress | None = None,
) -> BuildReport:
    """Build the marts for a day, after each earlier day that the history lacks.

    Args:
        settings: The settings.
        as_of: The day; by default the latest day of a loaded file.
        options: What to do other than usual.
        project: The dbt project, if it is parsed already.
        progress: Called with what is under way, how many nodes are done, and of how many.

    Returns:
        The results; where a day of history failed, the build stops there.

    Raises:
        BuildError: Nothing is loaded, the day lies before the history's last, or dbt could not run.
    """
    options = options or BuildOptions()
    progress = progress or (lambda label, done, total: None)
    started = time.perf_counter()
    progress("starting dbt", 0, 0)
    project = project or DbtProject(settings)
    history = read_history(settings, project.manifest)
    day = _day_to_build(as_of, history)
    if options.rebuild_history:
        history = forget_history(settings, project.manifest)
    history.check(day)
    parsed = time.perf_counter()
    run = partial(project.run, allow_shrink=options.allow_shrink, train=options.train)
    done, nodes = _catch_up(run, catch_up_days(history, day), progress)
    caught_up = time.perf_counter()
    if not any(node.status in NOT_DONE for node in nodes):
        nodes = run(options.command, day, _counting(progress, f"building {day}"))
        if options.select and not nodes:
            raise BuildError(
                f"Nothing fits --select {options.select}.",
                hint="Give names, tags or paths, as `dbt ls --select` does.",
            )
    seconds = {
        "start": parsed - started,
        "history": caught_up - parsed,
        "build": time.perf_counter() - caught_up,
    }
    return BuildReport(day, done, history.stale_days(), nodes, seconds)


def _day_to_build(as_of: date | None, history: History) -> date:
    day = as_of or history.latest_file_date
    if day is None:
        raise BuildError(
            "Nothing is loaded yet, so there is no day to build for.", hint="Run `bankmart load` first."
        )
    _check_not_future(day, history)
    return day


def _check_not_future(day: date, history: History) -> None:
    """Refuse a mistyped year: a snapshot that saw such a day would take no other for years."""
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    latest = max(tomorrow, history.latest_file_date or tomorrow)
    if day > latest:
        raise BuildError(
            f"{day} is in the future, and no loaded file speaks for it.", hint=f"Build for {latest} at most."
        )


def _catch_up(
    run: Callable[[list[str], date], tuple[NodeResult, ...]], days: Sequence[date], progress: Progress
) -> tuple[tuple[date, ...], tuple[NodeResult, ...]]:
    for index, day in enumerate(days):
        progress("history " + str(day), index, len(days))
        # Seeds are the same on every day.
        seeds = ["--exclude-resource-type", "seed"] if index else []
        nodes = run(["build", "--selector", "history", "--no-write-json", *seeds], day)
        if any(node.status in NOT_DONE for node in nodes):
            return tuple(days[:index]), nodes
    return tuple(days), ()


def _counting(progress: Progress, label: str) -> Callable[[str, int], None]:
    finished = 0

    def on_node(name: str, total: int) -> None:
        nonlocal finished
        finished += bool(name)
        progress(label, finished, total)

    return on_node
