from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest

from loaders.build import BuildReport, _check_not_future
from loaders.dbt import DbtProject, NodeResult
from loaders.errors import BuildError
from loaders.history import History, catch_up_days
from loaders.settings import Settings

D1, D2, D3, D4 = (date(2026, 1, day) for day in (1, 2, 3, 4))


def history(days: dict[date, int], **seen: tuple[date, int] | None) -> History:
    return History(latest_file_date=max(days), file_days=days, seen=seen)


def test_a_new_warehouse_lacks_every_day_before_the_one_that_is_built_for() -> None:
    state = history({D1: 1, D2: 2, D3: 3, D4: 4}, customers=None, loans=None)
    assert catch_up_days(state, D3) == (D1, D2)


def test_days_that_all_snapshots_have_seen_are_not_run_again() -> None:
    state = history({D1: 1, D2: 2, D3: 3}, customers=(D2, 2), loans=(D2, 2))
    assert catch_up_days(state, D4) == (D3,)


def test_the_last_day_seen_is_run_again_if_it_got_another_file() -> None:
    state = history({D1: 1, D2: 5, D3: 3}, customers=(D2, 2), loans=(D2, 2))
    assert catch_up_days(state, D4) == (D2, D3)


def test_a_day_at_which_one_snapshot_failed_is_run_again_but_none_before() -> None:
    state = history({D1: 1, D2: 2, D3: 3}, customers=(D2, 3), loans=(D1, 3))
    assert catch_up_days(state, D4) == (D2, D3)


def test_a_day_before_the_last_one_seen_is_refused() -> None:
    state = history({D1: 1, D2: 2, D3: 3}, customers=(D3, 3))
    with pytest.raises(BuildError, match="--rebuild-history") as raised:
        state.check(D2)
    assert raised.value.exit_code == 12
    state.check(D3)


def test_a_file_that_came_late_makes_its_day_stale() -> None:
    assert history({D1: 9, D2: 2, D3: 3}, customers=(D3, 3)).stale_days() == (D1,)
    assert history({D1: 1, D2: 2, D3: 9}, customers=(D3, 3)).stale_days() == ()


@pytest.mark.parametrize(
    ("status", "exit_code"), [("success", 0), ("warn", 0), ("fail", 12), ("skipped", 12)]
)
def test_the_exit_code_tells_whether_all_was_done(status: str, exit_code: int) -> None:
    report = BuildReport(D1, nodes=(NodeResult("a", "model", status, 0.1, ""),))
    assert report.exit_code == exit_code
    assert report.counts == {status: 1}


def test_a_day_that_no_file_speaks_for_and_that_is_yet_to_come_is_refused() -> None:
    _check_not_future(D2, history({D1: 1}))
    _check_not_future(date(2999, 1, 1), history({date(2999, 1, 1): 1}))
    with pytest.raises(BuildError, match="in the future"):
        _check_not_future(date(2999, 1, 1), history({D1: 1}))


def test_allow_shrink_reaches_the_models_and_only_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[dict[str, object]] = []

    def invoke(
        self: DbtProject, manifest: object, arguments: object, more: dict[str, object], _: object
    ) -> object:
        given.append(more)
        return SimpleNamespace(results=[])

    monkeypatch.setattr(DbtProject, "_invoke", invoke)
    monkeypatch.setattr(DbtProject, "manifest", SimpleNamespace(nodes={}))
    project = DbtProject(Settings())
    project.run(["build"], D1)
    project.run(["build"], D1, allow_shrink=True)
    assert given == [
        {"vars": {"as_of": "2026-01-01"}},
        {"vars": {"as_of": "2026-01-01", "allow_shrink": True}},
    ]
