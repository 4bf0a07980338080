"""The build: dbt in this process, for each day that the history lacks, then for the day itself."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, partial
from typing import Any

from loaders.errors import BuildError
from loaders.history import History, Manifest, Node, catch_up_days, forget_history, read_history
from loaders.settings import Settings
from loaders.warehouse import dbt_settings

FAILED = frozenset({"error", "fail", "runtime error", "partial success"})
NOT_DONE = FAILED | {"skipped"}
QUIET = ("--log-level", "none", "--log-level-file", "warn", "--no-use-colors", "--no-print")

Event = Any
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class NodeResult:
    """What became of one node of the dbt project."""

    name: str
    kind: str
    status: str
    seconds: float
    message: str

    @property
    def failed(self) -> bool:
        """Whether the node itself went wrong."""
        return self.status in FAILED


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
    def exit_code(self) -> int:
        """Zero when all was done."""
        return BuildError.exit_code if any(node.status in NOT_DONE for node in self.nodes) else 0


class DbtProject:
    """The dbt project, parsed once for any number of runs."""

    def __init__(self, settings: Settings) -> None:
        """Keep the settings; nothing is read yet."""
        self.settings = settings

    @cached_property
    def manifest(self) -> Manifest:
        """The parsed project; variables stay out of the parsing, so that dbt can reuse the last one."""
        return self._invoke(None, ["parse"], {}, [])

    def run(
        self,
        arguments: Sequence[str],
        as_of: date,
        on_node: Callable[[str, int], None] | None = None,
        *,
        allow_shrink: bool = False,
    ) -> tuple[NodeResult, ...]:
        """Run a command of dbt for a day.

        Args:
            arguments: The command and its options.
            as_of: The day.
            on_node: Called with the name of each finished node and the number of nodes.
            allow_shrink: Let the snapshots believe a picture that lost many of its rows.

        Returns:
            The results of the nodes.

        Raises:
            BuildError: dbt could not run at all.
        """
        _forget_compiled(self.manifest)
        callbacks = [_watch(on_node)] if on_node else []
        variables = {"as_of": as_of.isoformat()} | ({"allow_shrink": True} if allow_shrink else {})
        result = self._invoke(self.manifest, arguments, {"vars": variables}, callbacks)
        return tuple(_node_result(item) for item in result.results)

    def _invoke(
        self, manifest: Manifest, arguments: Sequence[str], more: dict[str, Any], callbacks: list[Any]
    ) -> Node:
        from dbt.cli.main import dbtRunner  # noqa: PLC0415 - takes seconds, and most commands don't need it

        folder = str(self.settings.project_dir)
        paths = {"project_dir": folder, "profiles_dir": folder, "target_path": self.settings.dbt_target_path}
        command = [*QUIET, *arguments, "--target", self.settings.target]
        with _environment(dbt_settings(self.settings).dbt_env()), redirect_stdout(sys.stderr):
            try:
                outcome = dbtRunner(manifest=manifest, callbacks=callbacks).invoke(command, **paths, **more)
            finally:
                _let_go_of_database()
        if isinstance(outcome.exception, (KeyboardInterrupt, SystemExit)):
            raise outcome.exception
        if outcome.result is None or outcome.exception is not None:
            raise BuildError(
                f"dbt {arguments[0]} failed: {_clean(outcome.exception)}",
                hint=f"`dbt {arguments[0]}` in {folder} says more.",
            )
        return outcome.result


def build(
    settings: Settings,
    as_of: date | None = None,
    *,
    full_refresh: bool = False,
    select: str | None = None,
    rebuild_history: bool = False,
    allow_shrink: bool = False,
    progress: Progress | None = None,
) -> BuildReport:
    """Build the marts for a day, after each earlier day that the history lacks.

    Args:
        settings: The settings.
        as_of: The day; by default the latest day of a loaded file.
        full_refresh: Make incremental models anew.
        select: Only these models, in dbt's selection syntax.
        rebuild_history: Forget the snapshots and replay every loaded day.
        allow_shrink: Let the snapshots believe a picture that lost many of its rows.
        progress: Called with what is under way, how many nodes are done, and of how many.

    Returns:
        The results; where a day of history failed, the build stops there.

    Raises:
        BuildError: Nothing is loaded, the day lies before the history's last, or dbt could not run.
    """
    progress = progress or (lambda label, done, total: None)
    started = time.perf_counter()
    progress("starting dbt", 0, 0)
    project = DbtProject(settings)
    history = read_history(settings, project.manifest)
    day = _day_to_build(as_of, history)
    if rebuild_history:
        history = forget_history(settings, project.manifest)
    history.check(day)
    parsed = time.perf_counter()
    days = catch_up_days(history, day)
    run = partial(project.run, allow_shrink=allow_shrink)
    done, nodes = _catch_up(run, days, progress)
    caught_up = time.perf_counter()
    if not any(node.status in NOT_DONE for node in nodes):
        nodes = run(_build_command(full_refresh, select), day, _counting(progress, f"building {day}"))
        if select and not nodes:
            raise BuildError(
                f"Nothing fits --select {select}.",
                hint="Give names, tags or paths, as `dbt ls --select` does.",
            )
    seconds = {
        "start": parsed - started,
        "history": caught_up - parsed,
        "build": time.perf_counter() - caught_up,
    }
    return BuildReport(day, done, history.stale_days(), nodes, seconds)


def _build_command(full_refresh: bool, select: str | None) -> list[str]:
    # Unit tests prove the code, not the night's data: they run before a change is merged.
    command = ["build", "--exclude-resource-type", "unit_test", *(["--full-refresh"] if full_refresh else [])]
    return [*command, "--select", *select.split()] if select else command


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
        nodes = run(["build", "--selector", "history", "--no-write-json"], day)
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


def _watch(on_node: Callable[[str, int], None]) -> Callable[[Any], None]:
    total = 0

    def on_event(event: Event) -> None:
        nonlocal total
        if event.info.name == "ConcurrencyLine":
            total = event.data.node_count
            on_node("", total)
        elif event.info.name == "NodeFinished":
            on_node(event.data.node_info.node_name, total)

    return on_event


def _forget_compiled(manifest: Manifest) -> None:
    """Make dbt render everything anew: it keeps what it compiled, for the day of the run before."""
    for node in manifest.nodes.values():
        if getattr(node, "compiled", False):
            node.compiled, node.compiled_code, node.extra_ctes_injected = False, None, False
            node.extra_ctes, node._pre_injected_sql = [], None


def _node_result(item: Node) -> NodeResult:
    status = str(item.status)
    message = _clean(item.message) if status in NOT_DONE else str(item.message or "")
    return NodeResult(item.node.name, str(item.node.resource_type), status, item.execution_time, message)


def _clean(message: object) -> str:
    return "\n".join(line.rstrip() for line in str(message or "no message").splitlines() if line.strip())


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _let_go_of_database() -> None:
    """Close the DuckDB file, which dbt keeps open until the process ends."""
    from dbt.adapters.factory import cleanup_connections, reset_adapters  # noqa: PLC0415

    cleanup_connections()  # type: ignore[no-untyped-call]
    reset_adapters()  # type: ignore[no-untyped-call]
    if connections := sys.modules.get("dbt.adapters.duckdb.connections"):
        manager = connections.DuckDBConnectionManager
        if manager._ENV is not None:
            manager._ENV.close()
        manager.close_all_connections()
