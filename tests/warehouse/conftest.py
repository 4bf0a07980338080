"""A bank on the stand-in: a database and a bucket of its own for each test."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from loaders.settings import PROJECT_ROOT, Settings
from loaders.warehouse import open_warehouse
from loaders.warehouse.redshift import RedshiftWarehouse
from tests.conftest import TOKEN_KEY
from tests.loaders.conftest import Bank
from tests.redshift.client import connect
from tests.redshift.s3_server import make_bucket
from tests.redshift.standin.server import REGION, Options, StandIn

COPIED = ("profiles.yml", "models/staging/ops/_ops__sources.yml")
MakeBank = Callable[[StandIn], Bank]


@pytest.fixture
def make_bank(tmp_path: Path, s3: Any, s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> MakeBank:
    """Make a project whose warehouse is a new database of a stand-in, and whose lake is a new bucket."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")

    def make(standin: StandIn, contract: str | None = None) -> Bank:
        name = f"bank_{uuid.uuid4().hex[:12]}"
        run_once(standin, f"create database {name}")
        make_bucket(s3, name.replace("_", "-"))
        project = tmp_path / name
        for file in COPIED:
            copy = project / file
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text((PROJECT_ROOT / file).read_text())
        settings = Settings(
            _env_file=None,
            project_dir=project,
            target="redshift_local",
            lake=f"s3://{name.replace('_', '-')}/lake",
            s3_endpoint=s3_endpoint,
            aws_region=REGION,
            redshift_host=standin.host,
            redshift_port=standin.port,
            redshift_dbname=name,
            redshift_user=standin.user,
            redshift_password=standin.password,
            redshift_copy_role="arn:aws:iam::123456789012:role/copy",
            memory_limit="1GB",
            token_key=TOKEN_KEY,
        )
        return Bank(settings, contract) if contract else Bank(settings)

    return make


@pytest.fixture
def bank(make_bank: MakeBank, standin: StandIn) -> Bank:
    return make_bank(standin)


@pytest.fixture
def warehouse(bank: Bank) -> Iterator[RedshiftWarehouse]:
    with open_warehouse(bank.settings) as opened:
        assert isinstance(opened, RedshiftWarehouse)
        opened.ensure_tables(bank.mapping().contracts)
        yield opened


@pytest.fixture(scope="session")
def serializable_standin(s3_endpoint: str) -> Iterator[StandIn]:
    with StandIn(Options(s3_endpoint=s3_endpoint, isolation="serializable")) as running:
        yield running


def run_once(standin: StandIn, statement: str) -> None:
    """Run a statement that wants no transaction about it."""
    connection = connect(standin)
    connection.autocommit = True
    connection.cursor().execute(statement)
    connection.close()
