"""The short proof on DuckDB, and that the proof itself can fail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.campaign import Range
from tests.chaos.kills import Gallery
from tests.chaos.shots import STEPS, Shot, Tap, wrap
from tests.chaos.source import read_source, write_files
from tests.chaos.world import duckdb_world

DUCKDB_STEPS = list(STEPS["duckdb"])
# A run that passes these leaves nothing to kill: they come last.
DUCKDB_STEPS.sort(key=lambda step: step in ("after", "close"))


@pytest.fixture(scope="module")
def field(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Range]:
    with Range("duckdb", tmp_path_factory.mktemp("chaos")) as running:
        yield running


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("half", range(2))
def test_a_load_killed_at_any_step_is_completed_once(field: Range, seed: int, half: int) -> None:
    steps = DUCKDB_STEPS[half::2]
    trial = field.gallery.sweep(2 * seed + half, steps)
    assert not trial.violations
    assert set(trial.blows) == set(steps)
    assert trial.polls


def test_loaders_at_once_load_each_file_once(field: Range) -> None:
    trial = field.races((3,), files=20)["race 3"](1)
    assert not trial.violations
    assert trial.blows["race 3"] == 3


@pytest.mark.parametrize(
    ("mutant", "shot", "found"),
    [
        ("ledger apart", Shot("ledger", "before"), "partial"),
        ("row lost", None, "lost"),
        ("always new", Shot("read", "before", 4), "doubled"),
        ("bytes vary", Shot("begin", "before"), "lake"),
        ("manifest first", Shot("put part", "before"), "lake"),
        ("scratch left", Shot("check", "after"), "scratch"),
    ],
)
def test_a_fault_in_the_product_is_found(tmp_path: Path, mutant: str, shot: Shot | None, found: str) -> None:
    gallery = Gallery("duckdb", duckdb_world, tmp_path, mutant)
    trial = gallery.play("mutant", 1, 0, [shot] if shot else [])
    assert found in {violation.kind for violation in trial.violations}


def test_a_step_that_is_gone_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AttributeError, match="no_such_step"):
        wrap("loaders.loader:Loader.no_such_step", lambda function, args, named: function(*args, **named))
    monkeypatch.setitem(STEPS["duckdb"], "gone", Tap(STEPS["duckdb"]["read"].target, "never said"))
    with pytest.raises(AssertionError, match=r"is their target gone\? \['gone'\]"):
        Gallery("duckdb", duckdb_world, tmp_path).reference(0)


def test_the_source_has_good_and_bad_rows_and_a_copy(tmp_path: Path) -> None:
    write_files(tmp_path / "landing", 0)
    planned = read_source(tmp_path / "landing")
    assert len(list((tmp_path / "landing").iterdir())) == len(planned) + 1
    assert [plan for plan in planned.values() if not plan.good]
    assert [plan for plan in planned.values() if not plan.dead]
    assert sum(len(plan.dead) for plan in planned.values()) > 20
