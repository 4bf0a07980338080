"""Generated banks for all tests of the generator: one of daily files, one with months of history."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from datagen import GenerationReport, generate

from .files import views


@pytest.fixture(scope="session")
def bank(tmp_path_factory: pytest.TempPathFactory) -> GenerationReport:
    out = tmp_path_factory.mktemp("bank")
    return generate(out, customers=600, days=14, start=date(2026, 1, 1), history_days=120, seed=3)


@pytest.fixture(scope="session")
def months(tmp_path_factory: pytest.TempPathFactory) -> GenerationReport:
    out = tmp_path_factory.mktemp("months")
    return generate(out, customers=4000, days=7, start=date(2026, 1, 1), months=8, seed=5)


@pytest.fixture(scope="session")
def lived(months: GenerationReport) -> duckdb.DuckDBPyConnection:
    """The files of the bank with months, and its truth, as tables."""
    return views(months.out)
