"""The short proof on the stand-in with S3: kills, races, cut commits, faults of S3 and its server's death."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chaos.campaign import CRASH, Range
from tests.chaos.shots import STEPS
from tests.chaos.trials import Trial, lines, payload

REDSHIFT_STEPS = sorted(STEPS["redshift"], key=lambda step: step in ("after", "close"))


@pytest.fixture(scope="module")
def field(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Range]:
    with Range("redshift", tmp_path_factory.mktemp("chaos")) as running:
        yield running


@pytest.mark.parametrize("half", range(2))
def test_a_load_killed_at_any_step_is_completed_once(field: Range, half: int) -> None:
    steps = REDSHIFT_STEPS[half::2]
    trial = field.gallery.sweep(half, steps)
    assert not trial.violations
    assert set(trial.blows) == set(steps)
    assert trial.polls


@pytest.mark.parametrize("isolation", ["snapshot", "serializable"])
def test_loaders_at_once_load_each_file_once(field: Range, isolation: str) -> None:
    trial = field.races((3,), files=8)[f"race 3 {isolation}"](1)
    assert not trial.violations


def test_a_race_without_the_fence_is_found(field: Range) -> None:
    mutated = Range("redshift", field.folder / "mutated", "no fence")
    mutated.servers, mutated.gallery = field.servers, field.gallery
    trial = mutated.races((4,), files=8)["race 4 snapshot"](1)
    assert "doubled" in {violation.kind for violation in trial.violations}


@pytest.mark.parametrize("mode", ["sent", "answered", "unsent"])
def test_a_commit_whose_answer_is_lost_counts_once(field: Range, mode: str) -> None:
    trial = field.cuts()[f"commit {mode}"](1)
    assert not trial.violations
    assert trial.blows.total() >= 2


@pytest.mark.parametrize("fault", ["fault lost answer", "fault torn upload", "fault 412"])
def test_a_fault_of_s3_loses_nothing(field: Range, fault: str) -> None:
    trial = field.faults()[fault](2)
    assert not trial.violations
    assert trial.blows[fault] >= 2


def test_the_death_of_the_s3_server_loses_nothing(field: Range) -> None:
    assert not field.crashes()[CRASH](1).violations


def test_the_table_counts_a_kill_where_it_fell() -> None:
    trial = Trial("kill", "duckdb", "read", 7, restarts=2, rows_in=5)
    trial.blows.update({"read": 1, "commit": 1})
    told = lines([trial])
    assert [(line.name, line.blows, line.rows_in) for line in told] == [("read", 1, 5), ("commit", 1, 0)]
    assert payload([trial], ["duckdb: open"], 1.0)["never_hit"] == ["duckdb: open"]
    assert "--seed 7 --engine duckdb --step 'read'" in trial.again
