"""One stand-in and one S3 server for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.redshift.standin.server import StandIn


@pytest.fixture(scope="session")
def standin() -> Iterator[StandIn]:
    with StandIn() as running:
        yield running
