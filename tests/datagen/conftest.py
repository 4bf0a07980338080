"""One generated bank for all tests of the generator."""

from __future__ import annotations

from datetime import date

import pytest

from datagen import GenerationReport, generate


@pytest.fixture(scope="session")
def bank(tmp_path_factory: pytest.TempPathFactory) -> GenerationReport:
    out = tmp_path_factory.mktemp("bank")
    return generate(out, customers=600, days=14, start=date(2026, 1, 1), history_days=120, seed=3)
