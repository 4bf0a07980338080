"""What all tests share: settings of a warehouse of their own, and the public data sets, if any."""

from __future__ import annotations

from pathlib import Path

import pytest

from loaders.settings import PROJECT_ROOT, Settings

SHARED_DATA = PROJECT_ROOT.parent / "shared" / "data"


@pytest.fixture
def scratch_settings(tmp_path: Path) -> Settings:
    """Settings with warehouse, lake, landing and dbt's target folder below the test's own folder."""
    return scratch(tmp_path)


def scratch(folder: Path) -> Settings:
    """Settings that keep everything below a folder."""
    return Settings(
        _env_file=None,
        duckdb_path=folder / "bankmart.duckdb",
        lake=folder / "lake",
        landing=folder / "landing",
        dbt_target_path=folder / "target",
        lock_timeout=5,
    )


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the public data sets; the test is skipped where it is missing."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the public data sets are not beside this repository")
    return SHARED_DATA


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test that asks for the public data sets, so that `-m "not shared_data"` leaves them out."""
    for item in items:
        if "shared_data" in getattr(item, "fixturenames", ()):
            item.add_marker("shared_data")
