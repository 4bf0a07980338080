"""The rows of the load views, in files that the server reads: seen at once, and kept through a rollback."""

from __future__ import annotations

import itertools
import json
import threading
from pathlib import Path
from typing import Any


class LoadLog:
    """Appends rows, and numbers the loads."""

    def __init__(self, folder: Path) -> None:
        """Write below this folder."""
        self._folder = folder
        self._lock = threading.Lock()
        self._ids = itertools.count(1001)

    def next_id(self) -> int:
        """The number of the next load."""
        return next(self._ids)

    def write(self, name: str, row: dict[str, Any]) -> None:
        """Add a row to a view's file."""
        with self._lock, (self._folder / f"{name}.jsonl").open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(row) + "\n")
