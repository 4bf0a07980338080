"""Loading by way of S3 and COPY, on the tests' stand-in and a moto server: both are Python, no cluster."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

LABELS = {
    "bankmart": "DuckDB, lake in a folder",
    "bankmart_s3": "DuckDB, lake on S3 (moto)",
    "bankmart_redshift": "Redshift stand-in by COPY, lake on S3 (moto)",
}


@contextmanager
def stand_in() -> Iterator[dict[str, str]]:
    """Run the stand-in and its S3 server.

    Yields:
        The environment that points bankmart at them.
    """
    from tests.redshift.local import BUCKET, variables
    from tests.redshift.s3_server import S3Server, make_bucket, s3_client
    from tests.redshift.standin.server import Options, StandIn

    with S3Server() as s3, StandIn(Options(s3_endpoint=s3.endpoint)) as standin:
        make_bucket(s3_client(s3.endpoint), BUCKET)
        yield os.environ | variables(standin)
