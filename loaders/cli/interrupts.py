"""Ctrl-C that gets lost: libraries that import pandas on the way take it for a failed import and go on."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_seen = threading.Event()


@contextmanager
def noting_interrupts() -> Iterator[None]:
    """Note each Ctrl-C beside raising it, so that `stop_if_interrupted` knows of one that was swallowed."""

    def note(number: int, frame: FrameType | None) -> None:
        _seen.set()
        signal.default_int_handler(number, frame)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _seen.clear()
    before = signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def stop_if_interrupted() -> None:
    """Stop between two steps if Ctrl-C was pressed during the last one.

    Raises:
        KeyboardInterrupt: It was, and nobody heeded it.
    """
    if _seen.is_set():
        raise KeyboardInterrupt
