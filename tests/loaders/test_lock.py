from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from loaders.errors import BankmartError, LockedError
from loaders.lock import read_holder, warehouse_lock
from loaders.settings import Settings

HOLD = """
import sys, time
from loaders.lock import warehouse_lock
from loaders.settings import Settings
with warehouse_lock(Settings(duckdb_path=sys.argv[1]), "bankmart load"):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""
OPEN = """
import sys, time, duckdb
connection = duckdb.connect(sys.argv[1])
print("held", flush=True)
time.sleep(float(sys.argv[2]))
"""


def start(code: str, path: Path, seconds: float) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(path), str(seconds)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "some" / "bank.duckdb"


def test_a_second_process_waits_its_turn_and_is_told_who_holds_the_file(path: Path) -> None:
    other = start(HOLD, path, 1.5)
    told: list[str] = []
    began = time.monotonic()
    with warehouse_lock(Settings(duckdb_path=path, lock_timeout=20), "bankmart build", notify=told.append):
        waited = time.monotonic() - began
        holder = read_holder(Settings(duckdb_path=path))
    other.wait()
    assert 0.5 < waited < 15
    assert len(told) == 1
    assert f"`bankmart load` (PID {other.pid}, since 2" in told[0]
    assert holder is not None
    assert holder.command == "bankmart build"


def test_after_the_time_to_wait_the_error_names_the_holder(path: Path) -> None:
    other = start(HOLD, path, 60)
    try:
        with (
            pytest.raises(LockedError, match=rf"bankmart load` \(PID {other.pid}") as raised,
            warehouse_lock(
                Settings(duckdb_path=path, lock_timeout=0.3), "bankmart build", notify=lambda _: None
            ),
        ):
            pytest.fail("got the lock")
        assert raised.value.exit_code == 11
    finally:
        other.kill()
        other.wait()


def test_the_lock_of_a_killed_process_is_free(path: Path) -> None:
    other = start(HOLD, path, 60)
    other.kill()
    other.wait()
    assert read_holder(Settings(duckdb_path=path)) is not None
    with warehouse_lock(Settings(duckdb_path=path, lock_timeout=0), "bankmart build"):
        pass
    assert read_holder(Settings(duckdb_path=path)) is None


def test_another_program_with_the_file_open_is_named(path: Path) -> None:
    path.parent.mkdir()
    other = start(OPEN, path, 60)
    told: list[str] = []
    try:
        with (
            pytest.raises(LockedError, match=rf"python.*\(PID {other.pid}\)"),
            warehouse_lock(Settings(duckdb_path=path, lock_timeout=0.3), "bankmart load", notify=told.append),
        ):
            pytest.fail("got the lock")
    finally:
        other.kill()
        other.wait()
    assert len(told) == 1
    assert read_holder(Settings(duckdb_path=path)) is None


def test_the_same_process_may_take_it_again(path: Path) -> None:
    settings = Settings(duckdb_path=path, lock_timeout=0)
    with warehouse_lock(settings, "bankmart run"):
        with warehouse_lock(settings, "bankmart load"):
            pass
        holder = read_holder(settings)
        assert holder is not None
        assert holder.command == "bankmart run"


def test_a_file_that_is_no_database_is_a_clear_error(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("no database " * 1000)
    with (
        pytest.raises(BankmartError, match="can't open the file"),
        warehouse_lock(Settings(duckdb_path=path), "bankmart load"),
    ):
        pytest.fail("got the lock")
