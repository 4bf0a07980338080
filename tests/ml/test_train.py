"""From contacts to a champion: what is judged is saved, with a card, and holds from its day on."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from loaders.settings import Settings
from ml.card import _above_best_cut
from ml.propensity import fit_baseline
from ml.registry import Registry
from ml.train import Training, _judge, cut
from tests.conftest import scratch
from tests.ml.bank import FEATURES, contacts

NAME = "propensity_other"
DAY = date(2026, 3, 1)
LATER = DAY + timedelta(days=30)


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return contacts(20_000, days=420)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return scratch(tmp_path)


def trained(settings: Settings, rows: pd.DataFrame, as_of: date, *, blind: bool = False) -> Training:
    """Judge a model that knows all features; a blind one learned from outcomes that were dealt anew."""
    slices, learned = cut(rows, as_of, "other"), cut(rows, as_of, "other").train
    if blind:
        dealt = np.random.default_rng(1).permutation(learned["has_converted"])
        learned = learned.assign(has_converted=dealt)
    # All features by the plain recipe: quick, and better than the baseline, which sees but a few of them.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ml.propensity.BASELINE_FEATURES", tuple(FEATURES.names))
        candidate = fit_baseline(FEATURES, learned, slices.calibration, outcome="has_converted")
    return _judge(settings, as_of, slices, candidate, rows)


def test_what_passes_the_gate_is_champion_from_its_day_on(settings: Settings, rows: pd.DataFrame) -> None:
    training, registry = trained(settings, rows, DAY), Registry(settings.models)
    assert training.decision.promoted, training.decision.text
    assert registry.champion(NAME, DAY) == registry.version(NAME, training.facts.model_version)
    assert registry.champion(NAME, DAY - timedelta(days=1)) is None


def test_what_is_refused_leaves_the_champion_and_is_measured_against_it(
    settings: Settings, rows: pd.DataFrame
) -> None:
    first, registry = trained(settings, rows, DAY), Registry(settings.models)
    later = trained(settings, rows, LATER, blind=True)
    assert not later.decision.promoted
    assert "champion" in later.rivals
    assert registry.last_trained(NAME, LATER) == LATER
    champion = registry.champion(NAME, LATER)
    assert champion is not None
    assert champion.model_version == first.facts.model_version


def test_the_same_training_again_decides_the_same(settings: Settings, rows: pd.DataFrame) -> None:
    trained(settings, rows, DAY)
    once, again = (trained(settings, rows, LATER) for _ in range(2))
    assert once.decision == again.decision
    assert once.rivals == again.rivals
    assert once.metrics == again.metrics


def test_the_card_tells_decision_windows_parity_and_features(settings: Settings, rows: pd.DataFrame) -> None:
    facts = trained(settings, rows, DAY).facts
    card = (settings.models / NAME / facts.model_version / "card.md").read_text("utf-8")
    assert card.startswith(f"# {NAME} {facts.model_version}\n")
    for told in (
        "Promoted: beats baseline",
        "- test: contacts from",
        "### gender",
        ", ".join(FEATURES.names),
    ):
        assert told in card


def test_chosen_for_parity_is_whose_contact_promises_most(rows: pd.DataFrame) -> None:
    test = rows[:4].assign(conversion_value=[10.0, 100.0, 10.0, 100.0], contact_cost=1.0)
    chosen = _above_best_cut(test, np.array([0.9, 0.2, 0.8, 0.01]), 0.5)
    assert chosen.tolist() == [True, True, False, False]
