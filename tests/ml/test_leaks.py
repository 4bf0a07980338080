"""What a feature of a past day says now is what it said on that day: nothing that came later is in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

import duckdb
import pandas as pd
import pytest

from datagen import generate
from loaders.contract import load_contracts
from loaders.dbt import NOT_DONE, DbtProject
from loaders.load import load_path
from loaders.mapping import load_mapping
from loaders.settings import PROJECT_ROOT, Settings
from ml.dataset import USE_CASES, VIEWS
from ml.features import CONTACT_FEATURES, load_feature_set
from tests.conftest import scratch

# Within the days of contact of a month, so that there are contacts before it, on the day after it and later.
THEN, NOW = date(2026, 1, 3), date(2026, 1, 8)
MODELS = {
    "customer_features": ["customer_id", "feature_date"],
    "customer_product_features": ["customer_id", "product_code", "feature_date"],
}
SELECTED = ["--select", *(f"+{model}" for model in MODELS), "--resource-type", "model", "snapshot", "seed"]
COMPILED = Path("compiled/bankmart/models/intermediate/feature")


class Nights(NamedTuple):
    """The features as they were built on a day, and as they were built days later."""

    settings: Settings
    then: dict[str, pd.DataFrame]
    now: dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Nights:
    settings = scratch(tmp_path_factory.mktemp("leaks"))
    generate(settings.landing, customers=300, months=5, days=8, start=date(2026, 1, 1), seed=4)
    project = DbtProject(settings)
    return Nights(settings, _build(settings, project, THEN), _build(settings, project, NOW))


def _build(settings: Settings, project: DbtProject, as_of: date) -> dict[str, pd.DataFrame]:
    mapping = load_mapping("bankmart", load_contracts(settings.project_dir))
    assert load_path(settings=settings, mapping=mapping, path=settings.landing, as_of=as_of).exit_code == 0
    nodes = project.run(["build", *SELECTED], as_of, train=True)
    assert nodes
    assert [node.message for node in nodes if node.status in NOT_DONE] == []
    with duckdb.connect(str(settings.duckdb_path), read_only=True) as connection:
        return {model: connection.execute(f"from features.{model}").df() for model in MODELS}


def told_later(
    then: pd.DataFrame, now: pd.DataFrame, keys: Sequence[str], columns: Sequence[str]
) -> set[str]:
    """Columns that say something else of a day than they said on it."""
    both = then.merge(now, on=list(keys), suffixes=("_then", "_now"), validate="one_to_one")
    assert (both["feature_date"].dt.date == THEN).sum() >= 20
    assert (both["feature_date"].dt.date < THEN).sum() >= 500
    return {name for name in columns if _differ(both[f"{name}_then"], both[f"{name}_now"])}


def _differ(one: pd.Series, other: pd.Series) -> bool:
    return not bool(((one == other) | (one.isna() & other.isna())).all())


def _learned_from() -> list[str]:
    names = {name for use_case in USE_CASES for name in load_feature_set(PROJECT_ROOT, use_case).names}
    return sorted(names - set(CONTACT_FEATURES) - set(VIEWS))


def test_no_feature_of_a_past_day_was_told_later(nights: Nights) -> None:
    keys = MODELS["customer_features"]
    then, now = (built["customer_features"] for built in (nights.then, nights.now))
    assert told_later(then, now, keys, _learned_from()) == set()


def test_no_view_of_a_product_was_told_later(nights: Nights) -> None:
    keys = MODELS["customer_features"]
    days = nights.then["customer_features"][keys].merge(nights.now["customer_features"][keys])
    then, now = (_views(built["customer_product_features"], days) for built in (nights.then, nights.now))
    assert now[list(VIEWS)].to_numpy().sum() > 0
    assert told_later(then, now, keys, VIEWS) == set()


def _views(views: pd.DataFrame, days: pd.DataFrame) -> pd.DataFrame:
    """Views of one product by each customer; where there is no row there were none."""
    return days.merge(views[views["product_code"] == "SAV"], how="left").fillna(dict.fromkeys(VIEWS, 0))


SESSIONS = ("days.feature_date >= engagements.engagement_date", "days.feature_date >= engagements.file_date")


@pytest.mark.parametrize(
    ("model", "guards", "leaking"),
    [
        ("engagement_counted", SESSIONS, "app_sessions_90d"),
        ("contacts_counted", ("days.feature_date >= contacts.file_date",), "contacts_60d"),
        ("profiled", ("known_from <= days.feature_date",), "instalments_behind"),
    ],
)
def test_a_feature_that_looks_ahead_is_caught(
    nights: Nights, model: str, guards: tuple[str, ...], leaking: str
) -> None:
    path = nights.settings.dbt_target_path / COMPILED / f"int_feature_days_{model}.sql"
    statement = path.read_text(encoding="utf-8")
    for guard in guards:
        assert guard in statement
        statement = statement.replace(guard, "true")
    with duckdb.connect(str(nights.settings.duckdb_path), read_only=True) as connection:
        ahead = connection.execute(statement).df()
    then, keys = nights.then["customer_features"], MODELS["customer_features"]
    assert leaking in told_later(then, ahead, keys, [leaking])
