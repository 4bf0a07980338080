"""What tests of the stand-in share: connecting, and reading a refusal."""

from __future__ import annotations

from typing import Any

import pytest
import redshift_connector

from tests.redshift.standin.server import StandIn

BUCKET = "standin-lake"
ROLE = "iam_role 'arn:aws:iam::123456789012:role/copy'"
PASSWORD = "Tests-0nly"  # pragma: allowlist secret


def connect(standin: StandIn, **more: Any) -> Any:
    return redshift_connector.connect(
        host=standin.host,
        port=standin.port,
        **{"database": standin.database, "user": standin.user, "password": standin.password, **more},
        ssl=False,
    )


def refusal(error: pytest.ExceptionInfo[Any]) -> str:
    return str(error.value.args[0]["M"])


def rows(connection: Any, sql: str, values: list[Any] | None = None) -> list[list[Any]]:
    cursor = connection.cursor()
    cursor.execute(sql, values)
    return [list(row) for row in cursor.fetchall()] if cursor.description else []
