"""Loads in a process of their own, whose memory and time are measured, of files made to harm."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from loaders.settings import PROJECT_ROOT
from tests.loaders.conftest import Bank, bank, make_settings

__all__ = ["bank", "make_settings"]

MEMORY_MB = 1024
SECONDS = 60
# The peak is asked for in the process itself: what wait4 tells includes what its parent held.
CHILD = """
import atexit, sys
def peak():
    lines = dict(line.split(":", 1) for line in open("/proc/self/status"))
    print("peak", int(lines["VmHWM"].split()[0]) // 1024, file=sys.stderr)
atexit.register(peak)
from loaders.cli.app import main
main()
"""


@dataclass
class Outcome:
    """What a load in a process of its own said, and what it took."""

    exit_code: int
    payload: dict[str, Any]
    errors: str

    def of(self, name: str) -> dict[str, Any]:
        return next(file for file in self.payload["files"] if file["file_name"] == name)


@pytest.fixture
def attack(bank: Bank) -> Callable[..., Outcome]:
    """Load the landing folder, and hold it to its bounds: one of memory and one of time."""

    def load(**settings: str) -> Outcome:
        bank.mapping()
        env = {name: value for name, value in os.environ.items() if not name.startswith("BANKMART_")}
        env |= {"BANKMART_PROJECT_DIR": str(bank.settings.project_dir), "BANKMART_MEMORY_LIMIT": "400MB"}
        env |= {f"BANKMART_{name.upper()}": value for name, value in settings.items()}
        mapping = str(bank.settings.project_dir / "test.yml")
        command = [sys.executable, "-c", CHILD, "load", "--mapping", mapping, "--format", "json"]
        started = time.monotonic()
        done = subprocess.run(
            command, env=env, cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=SECONDS, check=False
        )
        assert "Traceback" not in done.stderr, done.stderr
        peak = int(done.stderr.rpartition("peak ")[2])
        assert peak < MEMORY_MB, f"{peak} MB in {time.monotonic() - started:.0f} s"
        return Outcome(done.returncode, json.loads(done.stdout), done.stderr)

    return load
