"""A limit to the time that one file may take: small files can be made that expand to days of work."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from loaders.errors import InputFileError

REPEAT_SECONDS = 0.5


@contextmanager
def deadline(connection: duckdb.DuckDBPyConnection, seconds: float, name: str) -> Iterator[None]:
    """Stop what a connection does when the time is over.

    Args:
        connection: The connection that reads the file.
        seconds: How long it may take.
        name: Name of the file, for the message.

    Raises:
        InputFileError: It took longer.
    """
    done, expired = threading.Event(), threading.Event()

    def watch() -> None:
        wait = seconds
        # Again and again: between two queries there is nothing to interrupt.
        while not done.wait(wait):
            expired.set()
            connection.interrupt()
            wait = REPEAT_SECONDS

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    except Exception as error:
        if expired.is_set():
            raise InputFileError(
                f"{name} takes over {seconds:,.0f} seconds, more than a file may.",
                hint="If it is meant so, raise BANKMART_MAX_SECONDS.",
            ) from error
        raise
    finally:
        done.set()
        watcher.join()
