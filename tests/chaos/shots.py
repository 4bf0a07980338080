"""The steps of a load and the shot that hits one of them: the product is wrapped from outside, never changed.

A child process installs taps around the product's own functions and around the statements that go to the
driver. At the step that the shot names it kills itself: before, after, or within by a timer of the kernel's.
"""

from __future__ import annotations

import ctypes
import functools
import importlib
import json
import os
import re
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

PHASES = ("before", "within", "after")
_CLOCK_MONOTONIC = 1


@dataclass(frozen=True)
class Tap:
    """Where a step is seen: a function, or those of its calls whose text arguments fit a pattern."""

    target: str
    pattern: str = ""
    in_commit: bool = False


_DUCKDB = "loaders.warehouse.duckdb:DuckDBWarehouse"
_REDSHIFT = "loaders.warehouse.redshift.warehouse:RedshiftWarehouse"


def _puts(target: str) -> dict[str, Tap]:
    return {"put part": Tap(target, r"\.parquet"), "manifest": Tap(target, r"manifest\.json")}


def _statements(target: str, *, fence: str, copy: str) -> dict[str, Tap]:
    return {
        "begin": Tap(target, r"^\s*begin", in_commit=True),
        "fence": Tap(target, fence, in_commit=True),
        "copy": Tap(target, copy, in_commit=True),
        "dead letters": Tap(target, r"^\s*insert into ops\.dead_letters", in_commit=True),
        "ledger": Tap(target, r"^\s*insert into ops\.load_ledger", in_commit=True),
        "commit": Tap(target, r"^\s*commit", in_commit=True),
    }


COMMON = {
    "read": Tap("loaders.loader:unpack"),
    "check": Tap("loaders.loader:Stage.run"),
    "write part": Tap("loaders.stage.run:write_part"),
    "after": Tap("loaders.loader:Loader.__exit__"),
}
STATEMENTS = {"duckdb": f"{_DUCKDB}.connection", "redshift": "redshift_connector.core:Connection.execute"}
STEPS: dict[str, dict[str, Tap]] = {
    "duckdb": COMMON
    | _puts("loaders.lake.local:LocalLake.put")
    | _statements(STATEMENTS["duckdb"], fence=r"\bfrom ops\.load_ledger", copy=r'^\s*insert into "?raw')
    | {"open": Tap(f"{_DUCKDB}.__enter__"), "tables": Tap(f"{_DUCKDB}.ensure_tables")}
    | {"close": Tap(f"{_DUCKDB}.__exit__")},
    "redshift": COMMON
    | _puts("loaders.lake.s3:S3Lake.put")
    | _statements(STATEMENTS["redshift"], fence=r"^\s*lock ops\.load_fence", copy=r"^\s*copy ")
    | {
        "insert": Tap(STATEMENTS["redshift"], r'^\s*insert into "?raw'),
        "open": Tap("redshift_connector:connect"),
        "tables": Tap(f"{_REDSHIFT}.ensure_tables"),
        "close": Tap(f"{_REDSHIFT}.__exit__"),
    },
}
COMMIT_CALLS = {"duckdb": f"{_DUCKDB}.commit", "redshift": f"{_REDSHIFT}.commit"}


@dataclass(frozen=True)
class Shot:
    """Which call of which step is hit, in which phase; within it, after how many microseconds."""

    step: str
    phase: str
    nth: int = 1
    microseconds: int = 0


class _Event(ctypes.Structure):
    _fields_ = (
        ("value", ctypes.c_void_p),
        ("signal", ctypes.c_int),
        ("notify", ctypes.c_int),
        ("rest", ctypes.c_char * 48),
    )


class _TimerSpec(ctypes.Structure):
    _fields_ = (("interval", ctypes.c_long * 2), ("value", ctypes.c_long * 2))


def kill_in(microseconds: int) -> Callable[[], None]:
    """Have the kernel send SIGKILL to this process; a thread of Python's would wait for the GIL."""
    libc = ctypes.CDLL(None, use_errno=True)
    timer = ctypes.c_void_p()
    event = _Event(signal=signal.SIGKILL)
    if libc.timer_create(_CLOCK_MONOTONIC, ctypes.byref(event), ctypes.byref(timer)):
        raise OSError(ctypes.get_errno(), "timer_create")
    spec = _TimerSpec()
    spec.value[0], spec.value[1] = divmod(max(microseconds, 1) * 1000, 10**9)
    if libc.timer_settime(timer, 0, ctypes.byref(spec), None):
        raise OSError(ctypes.get_errno(), "timer_settime")
    return lambda: libc.timer_delete(timer)


class Range:
    """The taps of one child, its shot, and the marks it leaves for the harness."""

    def __init__(self, engine: str, shot: Shot | None, marks: str) -> None:
        """Open the file of marks; nothing is wrapped yet."""
        self.engine, self.shot = engine, shot
        self._marks = os.open(marks, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        self._count = 0
        self._committing = False

    def mark(self, kind: str, **facts: object) -> None:
        """Leave a line that outlives the process."""
        os.write(self._marks, (json.dumps({"kind": kind, **facts}) + "\n").encode())

    def install(self) -> None:
        """Wrap every step, so that a target which is gone is found out by each child."""
        wrap(COMMIT_CALLS[self.engine], self._in_commit)
        by_target: dict[str, list[tuple[str, Tap]]] = {}
        for step, tap in STEPS[self.engine].items():
            by_target.setdefault(tap.target, []).append((step, tap))
        for target, taps in by_target.items():
            wrap(target, functools.partial(self._tapped, taps))

    def _in_commit(self, function: Callable[..., Any], args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        self._committing = True
        try:
            return function(*args, **named)
        finally:
            self._committing = False

    def _tapped(
        self,
        taps: list[tuple[str, Tap]],
        function: Callable[..., Any],
        args: tuple[Any, ...],
        named: dict[str, Any],
    ) -> Any:
        text = " ".join(str(value) for value in (*args, *named.values()) if isinstance(value, str))
        for step, tap in taps:
            if re.search(tap.pattern, text, re.IGNORECASE) and (self._committing or not tap.in_commit):
                return self._pass(step, lambda: function(*args, **named))
        return function(*args, **named)

    def _pass(self, step: str, call: Callable[[], Any]) -> Any:
        shot = self.shot
        if shot is None:
            started = time.perf_counter()
            result = call()
            self.mark("time", step=step, microseconds=int((time.perf_counter() - started) * 1e6))
            return result
        self._count += shot.step == step
        if shot.step != step or self._count != shot.nth:
            return call()
        self.mark("hit", step=step, phase="before")
        if shot.phase == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        if shot.phase == "within":
            self.mark("hit", step=step, phase="within")
            disarm = kill_in(shot.microseconds)
            result = call()
            disarm()
        else:
            result = call()
        self.mark("hit", step=step, phase="after")
        os.kill(os.getpid(), signal.SIGKILL)
        return result


Around = Callable[[Callable[..., Any], tuple[Any, ...], dict[str, Any]], Any]


def wrap(target: str, around: Around) -> None:
    """Put a function around a target such as `loaders.loader:Stage.run`; a property gives a connection.

    Raises:
        AttributeError: The product has no such target any more.
    """
    module, _, path = target.partition(":")
    owner = importlib.import_module(module)
    *parents, name = path.split(".")
    for parent in parents:
        owner = getattr(owner, parent)
    old = getattr(owner, name)
    if isinstance(old, property):
        setattr(owner, name, property(lambda self: _Tapped(old.__get__(self), around)))
        return

    @functools.wraps(old)
    def wrapped(*args: Any, **named: Any) -> Any:
        return around(old, args, named)

    setattr(owner, name, wrapped)


class _Tapped:
    """A connection whose statements pass by the taps."""

    def __init__(self, connection: Any, around: Around) -> None:
        self._connection, self._around = connection, around

    def execute(self, *args: Any, **named: Any) -> Any:
        return self._around(self._connection.execute, args, named)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)
