"""Faults planted into the product, each of a kind that the checks must find: else they prove nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from loaders import loader
from loaders.warehouse import books
from tests.chaos.shots import STATEMENTS, STEPS, wrap

Call = Callable[..., Any]


def apply(name: str, engine: str) -> None:
    """Plant one."""
    MUTANTS[name](engine)


def _before(engine: str, word: str, *others: str) -> None:
    """Run other statements before each that holds a word."""

    def around(function: Call, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        for other in others if any(word in str(arg).lower() for arg in args) else ():
            # DuckDB's takes the statement; the driver's, connection and cursor before it, and parameters.
            function(*((other,) if engine == "duckdb" else (*args[:2], other, None)))
        return function(*args, **named)

    wrap(STATEMENTS[engine], around)


def _ledger_apart(engine: str) -> None:
    """Rows are committed before the ledger knows of them, as most loaders do it."""
    _before(engine, "insert into ops.load_ledger", "commit", "begin")


def _row_lost(engine: str) -> None:
    _before(engine, "insert into ops.load_ledger", "delete from raw.shop__sales where _row_number < 9")


def _no_fence(engine: str) -> None:
    """Loaders do not wait for each other."""

    def around(function: Call, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        connection, cursor, statement, *rest = args
        if "ops.load_fence" in statement:
            statement, rest = "select 1", [None]
        return function(connection, cursor, statement, *rest, **named)

    wrap(STATEMENTS[engine], around)


def _always_new(_: str) -> None:
    """Nothing is known to be loaded already."""
    books.is_loaded = lambda *_: False  # type: ignore[assignment]


def _bytes_vary(_: str) -> None:
    """The same rows are other bytes each time."""

    def around(function: Call, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        count = function(*args, **named)
        path: Path = args[0]
        if path.exists():
            pq.write_table(pq.read_table(path).replace_schema_metadata({"at": os.urandom(8)}), path)
        return count

    wrap(STEPS["duckdb"]["write part"].target, around)


def _manifest_first(engine: str) -> None:
    """The manifest is in the lake before the parts that it names."""
    waiting: list[Callable[[], Any]] = []

    def around(function: Call, args: tuple[Any, ...], named: dict[str, Any]) -> None:
        if str(args[1]).endswith(".parquet"):
            waiting.append(lambda: function(*args, **named))
            return
        function(*args, **named)
        while waiting:
            waiting.pop()()

    wrap(STEPS[engine]["manifest"].target, around)


def _scratch_left(_: str) -> None:
    """What the dead left is left."""
    loader._clear_scratch_of_the_dead = lambda _: None


MUTANTS = {
    "ledger apart": _ledger_apart,
    "row lost": _row_lost,
    "no fence": _no_fence,
    "always new": _always_new,
    "bytes vary": _bytes_vary,
    "manifest first": _manifest_first,
    "scratch left": _scratch_left,
}
