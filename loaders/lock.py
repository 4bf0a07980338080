"""One bankmart at a time: a lock beside the DuckDB file, and who holds it."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from loaders.errors import BankmartError, LockedError
from loaders.settings import Settings

POLL_SECONDS = 0.1
CONFLICT = re.compile(
    r"Conflicting lock is held in (?P<program>.*?) \(PID (?P<pid>\d+)\)(?P<user> by user \S+)?"
)

Notify = Callable[[str], None]


@dataclass(frozen=True)
class Holder:
    """Who holds the lock, since when."""

    pid: int
    command: str
    since: str

    def __str__(self) -> str:
        """Name the holder as an operator would look for it."""
        return f"`{self.command}` (PID {self.pid}, since {self.since})"


def _tell(message: str) -> None:
    sys.stderr.write(f"{message}\n")
    sys.stderr.flush()


def _sidecar(duckdb_path: Path) -> Path:
    return duckdb_path.with_name(f"{duckdb_path.name}.holder.json")


def read_holder(settings: Settings) -> Holder | None:
    """Read who wrote the sidecar of the lock last.

    Args:
        settings: Say which DuckDB file.

    Returns:
        The holder, or nothing where none is written (whole).
    """
    with suppress(OSError, ValueError, TypeError):
        return Holder(**json.loads(_sidecar(settings.duckdb_path).read_text("utf-8")))
    return None


def _write_holder(duckdb_path: Path, command: str) -> None:
    since = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    sidecar = _sidecar(duckdb_path)
    draft = sidecar.with_suffix(".part")
    draft.write_text(json.dumps(asdict(Holder(os.getpid(), command, since))), "utf-8")
    draft.replace(sidecar)


def locked_by_program(error: BaseException) -> str | None:
    """Name the program that DuckDB says holds its file.

    Args:
        error: What DuckDB raised when the file was opened.

    Returns:
        Program and PID; nothing where the error means something else.
    """
    found = CONFLICT.search(str(error))
    return f"{found['program']} (PID {found['pid']}{found['user'] or ''})" if found else None


def _wait_for_bankmart(lock: FileLock, settings: Settings, deadline: float, notify: Notify) -> None:
    told: str | None = None
    while True:
        left = max(0.0, deadline - time.monotonic())
        try:
            lock.acquire(timeout=min(1.0, left) if told else 0, poll_interval=POLL_SECONDS)
        except Timeout:
            holder = read_holder(settings)
            name = str(holder) if holder else "another bankmart"
            if told is not None and left == 0:
                raise LockedError(
                    f"{settings.duckdb_path} is still held by {name}; waited {settings.lock_timeout:g} s.",
                    hint="Wait for it to end, or raise BANKMART_LOCK_TIMEOUT (seconds).",
                ) from None
            if name != told:
                notify(f"{settings.duckdb_path.name} is held by {name}; waiting up to {left:.0f} s.")
                told = name
        else:
            return


def _wait_for_programs(settings: Settings, deadline: float, notify: Notify) -> None:
    told: str | None = None
    while settings.duckdb_path.exists():
        try:
            duckdb.connect(str(settings.duckdb_path)).close()
        except duckdb.IOException as error:
            program = locked_by_program(error)
            if program is None:
                raise BankmartError(
                    f"{settings.duckdb_path}: DuckDB can't open the file: {error}",
                    hint="Is BANKMART_DUCKDB_PATH right? A file of a newer DuckDB needs that DuckDB.",
                ) from error
            left = deadline - time.monotonic()
            if left <= 0:
                raise LockedError(
                    f"{settings.duckdb_path}: another program has it open: {program}. Nothing was done.",
                    hint="Close it there (a BI tool, a notebook, the duckdb shell), then run this again.",
                ) from None
            if program != told:
                notify(f"{settings.duckdb_path.name} is open in {program}; waiting up to {left:.0f} s.")
                told = program
            time.sleep(min(POLL_SECONDS, left))
        else:
            return


@contextmanager
def warehouse_lock(settings: Settings, command: str, *, notify: Notify = _tell) -> Iterator[None]:
    """Hold the warehouse for this process, waiting for its turn as long as the settings allow.

    Args:
        settings: Say which DuckDB file, and how long to wait.
        command: What this process does with it, for others to read.
        notify: Is told once who is waited for; by default, stderr.

    Yields:
        Nothing; the lock is held inside, and may be taken again by the same process.

    Raises:
        LockedError: Someone else still holds the file after the time to wait; the message says who.
    """
    settings.duckdb_path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(settings.duckdb_path.with_name(f"{settings.duckdb_path.name}.lock"), is_singleton=True)
    deadline = time.monotonic() + settings.lock_timeout
    _wait_for_bankmart(lock, settings, deadline, notify)
    try:
        if lock.lock_counter == 1:
            _write_holder(settings.duckdb_path, command)
            _wait_for_programs(settings, deadline, notify)
        yield
    finally:
        if lock.lock_counter == 1:
            _sidecar(settings.duckdb_path).unlink(missing_ok=True)
        lock.release()
