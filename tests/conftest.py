"""What all tests share: a warehouse of their own, the servers in place of AWS, the public data sets, if any.

The servers start when a test first asks for one: each process of the test run has one of each.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from loaders.settings import PROJECT_ROOT, Settings

if TYPE_CHECKING:
    from tests.redshift.standin.server import StandIn

TOKEN_KEY = "the key of all tests, so that warehouses compare"  # noqa: S105
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
        models=folder / "models",
        dbt_target_path=folder / "target",
        lock_timeout=5,
        token_key=TOKEN_KEY,
    )


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """Address of an S3 server; any access key opens it."""
    from tests.redshift.s3_server import S3Server  # noqa: PLC0415 - most tests need no server

    with S3Server() as server:
        yield server.endpoint


@pytest.fixture(scope="session")
def s3(s3_endpoint: str) -> Any:
    """boto3's client of that server."""
    from tests.redshift.s3_server import s3_client  # noqa: PLC0415

    return s3_client(s3_endpoint)


@pytest.fixture(scope="session")
def standin(s3_endpoint: str) -> Iterator[StandIn]:
    """The Redshift stand-in, whose COPY reads from that server."""
    from tests.redshift.standin.server import Options, StandIn  # noqa: PLC0415

    with StandIn(Options(s3_endpoint=s3_endpoint)) as running:
        yield running


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
