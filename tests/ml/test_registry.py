"""The registry gives each day the version that was champion on it, and never what was not saved whole."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ml import registry as module
from ml.drift import Reference
from ml.errors import ModelError
from ml.propensity import Propensity, fit_baseline
from ml.reasons import Reasons
from ml.registry import Artifact, Facts, Registry
from ml.train import is_due
from tests.ml.bank import FEATURES, contacts

NAME = "propensity_other"
JANUARY, MARCH, LATER = date(2025, 1, 31), date(2025, 3, 31), date(2025, 12, 31)


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return contacts(3_000)


@pytest.fixture(scope="module")
def model(rows: pd.DataFrame) -> Propensity:
    return fit_baseline(FEATURES, rows[:2_000], rows[2_000:], outcome="has_converted")


@pytest.fixture(scope="module")
def artifact(model: Propensity, rows: pd.DataFrame) -> Artifact:
    return Artifact(model, Reasons.fit(FEATURES, rows), Reference.of(FEATURES, rows), 0.1)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path)


def save(
    registry: Registry,
    artifact: Artifact,
    as_of: date,
    *,
    promoted: bool = True,
    digest: str = "a",
    at: int = 0,
) -> str:
    version = f"{as_of:%Y%m%d}-{digest}"
    facts = Facts(
        model_name=NAME,
        model_version=version,
        as_of=as_of,
        candidate="baseline",
        features=FEATURES.names,
        feature_digest=FEATURES.digest,
        windows={},
        metrics={},
        code_revision="unknown",
        promoted=promoted,
        trained_at=f"2026-01-01T00:00:{at:02d}+00:00",
    )
    registry.save(facts, artifact, "# Card\n")
    return version


def champion(registry: Registry, as_of: date) -> str | None:
    facts = registry.champion(NAME, as_of)
    return facts and facts.model_version


def test_it_gives_back_what_it_took(registry: Registry, artifact: Artifact, rows: pd.DataFrame) -> None:
    assert champion(registry, LATER) is None
    version = save(registry, artifact, JANUARY)
    facts = registry.version(NAME, version)
    assert registry.champion(NAME, LATER) == facts
    assert facts.features == FEATURES.names
    assert np.array_equal(registry.load(facts).model.raw(rows), artifact.model.raw(rows))


def test_a_past_day_has_the_champion_that_it_had_then(registry: Registry, artifact: Artifact) -> None:
    january, march = save(registry, artifact, JANUARY), save(registry, artifact, MARCH)
    save(registry, artifact, date(2025, 5, 31), promoted=False)
    assert champion(registry, date(2025, 1, 30)) is None
    assert champion(registry, JANUARY) == champion(registry, date(2025, 3, 30)) == january
    assert champion(registry, MARCH) == champion(registry, LATER) == march


def test_a_version_that_is_trained_again_and_refused_is_champion_no_more(
    registry: Registry, artifact: Artifact
) -> None:
    january, march = save(registry, artifact, JANUARY), save(registry, artifact, MARCH)
    assert champion(registry, LATER) == march
    save(registry, artifact, MARCH, promoted=False)
    assert champion(registry, LATER) == january


def test_its_rival_is_the_champion_before_however_often_it_is_trained(
    registry: Registry, artifact: Artifact
) -> None:
    january, march = save(registry, artifact, JANUARY), save(registry, artifact, MARCH)
    save(registry, artifact, date(2025, 5, 31))
    rival = registry.champion(NAME, MARCH, other_than=march)
    assert rival is not None
    assert rival.model_version == january


def test_of_two_versions_of_a_day_the_later_trained_holds(registry: Registry, artifact: Artifact) -> None:
    later = save(registry, artifact, MARCH, digest="a", at=2)
    save(registry, artifact, MARCH, digest="b", at=1)
    assert champion(registry, LATER) == later


def test_a_training_of_a_later_day_makes_none_of_an_earlier_superfluous(
    registry: Registry, artifact: Artifact
) -> None:
    save(registry, artifact, MARCH, promoted=False)
    assert is_due(registry, NAME, JANUARY, 30)
    assert not is_due(registry, NAME, date(2025, 4, 29), 30)
    assert is_due(registry, NAME, date(2025, 4, 30), 30)


@pytest.mark.parametrize("step", ["joblib.dump", "pathlib.Path.write_text", "pathlib.Path.rename"])
def test_a_version_that_was_not_saved_to_the_end_is_none(
    registry: Registry, artifact: Artifact, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    january = save(registry, artifact, JANUARY)

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(step, stop)
        save(registry, artifact, MARCH)
    assert champion(registry, LATER) == january
    assert registry.last_trained(NAME, LATER) == JANUARY
    assert [path.name for path in (registry.folder / NAME).iterdir()] == [january]


def test_a_changed_file_is_never_opened(
    registry: Registry, artifact: Artifact, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = registry.version(NAME, save(registry, artifact, JANUARY))
    with (registry.folder / NAME / facts.model_version / module.PIPELINE).open("ab") as file:
        file.write(b"x")
    monkeypatch.setattr("joblib.load", lambda _: pytest.fail("it was opened"))
    with pytest.raises(ModelError, match="is not the file that was saved"):
        registry.load(facts)


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"as_of": "2025-03-31"}', '{"as_of": "2025-03-31", "more": 1}']
)
def test_a_damaged_version_is_named_and_once_removed_the_champion_before_scores(
    registry: Registry, artifact: Artifact, content: str
) -> None:
    january, march = save(registry, artifact, JANUARY), save(registry, artifact, MARCH)
    place = registry.folder / NAME / march
    (place / module.FACTS).write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match=module.FACTS) as failed:
        champion(registry, LATER)
    assert f"{place} back as it was, or remove it" in str(failed.value.hint)
    assert registry.last_trained(NAME, LATER) == JANUARY
    for path in place.iterdir():
        path.unlink()
    place.rmdir()
    assert champion(registry, LATER) == january


def test_a_version_of_other_code_is_told(
    registry: Registry, artifact: Artifact, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("joblib.dump", lambda _, path, **__: path.write_bytes(b"cml\nGone\n."))
        version = save(registry, artifact, JANUARY)
    with pytest.raises(ModelError, match="of other code than this") as failed:
        registry.load(registry.version(NAME, version))
    assert "bankmart train --force" in str(failed.value.hint)
