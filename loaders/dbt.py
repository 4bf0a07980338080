"""dbt in this process: its project parsed once, and any number of runs of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from loaders.errors import BuildError
from loaders.history import Manifest, Node
from loaders.settings import Settings
from loaders.warehouse import dbt_settings

FAILED = frozenset({"error", "fail", "runtime error", "partial success"})
NOT_DONE = FAILED | {"skipped"}
AFTER_UPDATE = "If bankmart was updated since the last build, run `bankmart build --full-refresh`."
QUIET = ("--log-level", "none", "--log-level-file", "warn", "--no-use-colors", "--no-print")

Event = Any


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
        **flags: bool,
    ) -> tuple[NodeResult, ...]:
        """Run a command of dbt for a day.

        Args:
            arguments: The command and its options.
            as_of: The day.
            on_node: Called with the name of each finished node and the number of nodes.
            flags: Variables of the project that are to be true, such as allow_shrink and train.

        Returns:
            The results of the nodes.

        Raises:
            BuildError: dbt could not run at all.
        """
        _forget_compiled(self.manifest)
        callbacks = [_watch(on_node)] if on_node else []
        variables = {"as_of": as_of.isoformat()} | {name: True for name, value in flags.items() if value}
        result = self._invoke(self.manifest, arguments, {"vars": variables}, callbacks)
        return tuple(_node_result(item, "--full-refresh" in arguments) for item in result.results)

    def compile(self, template: str, as_of: date) -> str:
        """Render a template of the project's SQL for a day.

        Args:
            template: SQL with Jinja.
            as_of: The day.

        Returns:
            SQL that the warehouse understands.

        Raises:
            BuildError: The template can't be rendered.
        """
        variables = {"as_of": as_of.isoformat()}
        result = self._invoke(self.manifest, ["compile", "--inline", template], {"vars": variables}, [])
        compiled: str = result.results[0].node.compiled_code
        return compiled

    def _invoke(
        self, manifest: Manifest, arguments: Sequence[str], more: dict[str, Any], callbacks: list[Any]
    ) -> Node:
        from dbt.cli.main import dbtRunner  # noqa: PLC0415 - takes seconds, and most commands don't need it

        folder = str(self.settings.project_dir)
        # As options: dbt checks its defaults, which depend on the working folder, before it heeds keywords.
        folders = ["--project-dir", folder, "--profiles-dir", folder]
        command = [*QUIET, *arguments, *folders, "--target", self.settings.target]
        paths = {"target_path": self.settings.dbt_target_path}
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


def _node_result(item: Node, made_anew: bool) -> NodeResult:
    status = str(item.status)
    message = _clean(item.message) if status in NOT_DONE else str(item.message or "")
    # Its table may lack what the model has gained; each engine says so in words of its own.
    if status == "error" and item.node.config.materialized == "incremental" and not made_anew:
        message = f"{AFTER_UPDATE}\n{message}"
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
