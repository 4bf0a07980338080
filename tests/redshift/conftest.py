"""A connection to the stand-in, and a bucket to COPY from."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.redshift.client import BUCKET, connect
from tests.redshift.s3_server import make_bucket
from tests.redshift.standin.server import StandIn


@pytest.fixture
def connection(standin: StandIn) -> Iterator[Any]:
    opened = connect(standin)
    opened.autocommit = True
    yield opened
    opened.close()


@pytest.fixture
def sql(connection: Any) -> Any:
    def run(statement: str, values: Any = None) -> list[list[Any]]:
        cursor = connection.cursor()
        cursor.execute(statement, values)
        return [list(row) for row in cursor.fetchall()] if cursor.description else []

    run("set statement_timeout to 30000")  # a lock that somebody kept fails the test and does not hang it
    run("drop table if exists t cascade")
    return run


@pytest.fixture
def put(s3: Any) -> Any:
    make_bucket(s3, BUCKET)

    def write(key: str, data: bytes | str) -> str:
        s3.put_object(Bucket=BUCKET, Key=key, Body=data)
        return f"s3://{BUCKET}/{key}"

    return write


@pytest.fixture
def open_session(standin: StandIn) -> Iterator[Any]:
    """Open sessions in transactions, closed after the test whatever became of it."""
    opened: list[Any] = []

    def another(**more: Any) -> Any:
        opened.append(connect(standin, timeout=60, **more))
        return opened[-1]

    yield another
    for session in opened:
        with contextlib.suppress(Exception):
            session.close()
