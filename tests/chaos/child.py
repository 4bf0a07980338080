"""What runs in a process that may die: one load, as the command line does it."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from loaders.cli.session import session
from loaders.contract import load_contracts
from loaders.errors import BankmartError
from loaders.load import load_path
from loaders.loader import FileResult
from loaders.mapping import load_mapping
from loaders.settings import Settings
from loaders.warehouse import duckdb as duckdb_warehouse
from tests.chaos import mutants
from tests.chaos.checks import half_visible
from tests.chaos.shots import Range, Shot
from tests.chaos.world import World

POLL_SECONDS = 0.01


@dataclass(frozen=True)
class Job:
    """One load in one process."""

    world: World
    marks: Path
    shot: Shot | None = None
    mutant: str | None = None


def run(job: Job) -> None:
    """Load, leaving marks; the exit code is the one of the command line."""
    _speak_into(job.world.log)
    yaml.SafeLoader = yaml.CSafeLoader  # type: ignore[misc]  # thousands of starts: the same parser, written in C
    os.environ.update(job.world.env)
    taps = Range(job.world.engine, job.shot, str(job.marks))
    taps.install()
    if job.mutant:
        mutants.apply(job.mutant, job.world.engine)
    if job.world.engine == "duckdb":
        _read_beside_the_writer(taps)

    def acknowledge(result: FileResult) -> None:
        taps.mark("result", **{name: str(getattr(result, name)) for name in ("file_name", "status", "error")})

    try:
        code = _load(job.world, acknowledge)
    except BankmartError as error:
        taps.mark("error", error=f"{type(error).__name__}: {error}")
        code = error.exit_code
    except BaseException:
        taps.mark("error", error=traceback.format_exc())
        raise
    sys.exit(code)


def _load(world: World, acknowledge: Any) -> int:
    settings = Settings(_env_file=None, **world.settings)
    with session("tests.chaos", settings):
        mapping = load_mapping(world.folder / "chaos.yml", load_contracts(settings.project_dir))
        report = load_path(settings=settings, mapping=mapping, path=settings.landing, on_file=acknowledge)
    return report.exit_code


def _speak_into(log: Path) -> None:
    target = os.open(log, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    os.dup2(target, 1)
    os.dup2(target, 2)


def _read_beside_the_writer(taps: Range) -> None:
    """Poll on a connection of its own all through the load: no other process can while it has the file."""
    warehouse = duckdb_warehouse.DuckDBWarehouse
    enter, leave = warehouse.__enter__, warehouse.__exit__
    stop = threading.Event()
    threads: list[threading.Thread] = []

    def entered(self: Any) -> Any:
        opened = enter(self)
        threads.append(
            threading.Thread(target=_poll, args=(self._connection.cursor(), taps, stop), daemon=True)
        )
        threads[0].start()
        return opened

    def left(self: Any, *reason: Any) -> None:
        stop.set()
        threads[0].join()
        leave(self, *reason)

    warehouse.__enter__, warehouse.__exit__ = entered, left  # type: ignore[method-assign]


def _poll(cursor: Any, taps: Range, stop: threading.Event) -> None:
    while not stop.wait(POLL_SECONDS):
        try:
            found = half_visible(lambda statement: cursor.execute(statement).fetchall())
        except duckdb_warehouse.duckdb.CatalogException:  # there are no tables yet
            found = []
        except duckdb_warehouse.duckdb.Error as error:
            found = [(repr(error),)]
        taps.mark("poll", partial=[list(map(str, row)) for row in found])
    cursor.close()
