"""The people's bank on the stand-in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import redshift_connector

from loaders.contract import load_contracts
from loaders.dbt import FAILED, DbtProject, NodeResult
from loaders.load import load_path
from loaders.mapping import load_mapping
from loaders.settings import Settings
from loaders.warehouse import open_warehouse
from tests.conftest import scratch
from tests.privacy.people import DAYS, write_files
from tests.redshift.client import PASSWORD, connect
from tests.redshift.s3_server import make_bucket
from tests.redshift.standin.server import StandIn

DAY = date.fromisoformat(DAYS[-1])


@dataclass
class RedshiftBank:
    """A bank on the stand-in with shortcuts."""

    settings: Settings
    standin: StandIn

    def load(self) -> Any:
        mapping = load_mapping("bankmart", load_contracts(self.settings.project_dir))
        report = load_path(settings=self.settings, mapping=mapping, path=self.settings.landing)
        assert report.exit_code == 0, [result.error for result in report.results if result.error]
        return report

    def dbt(self, *arguments: str) -> tuple[NodeResult, ...]:
        return DbtProject(self.settings).run(list(arguments), DAY)

    def operate(self, macro: str) -> list[str]:
        """Run a macro by `dbt run-operation` and give how that ended."""
        project = DbtProject(self.settings)
        done = project._invoke(project.manifest, ["run-operation", macro], {}, [])
        return [str(result.status) for result in done.results]

    def build(self, *options: str) -> None:
        """Build all but the tests, each of which must go well."""
        kinds = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
        nodes = self.dbt("build", *kinds, *options)
        wrong = [f"{node.name}: {node.message}" for node in nodes if node.status in FAILED]
        assert not wrong, "\n".join(wrong)

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Ask as the owner."""
        with open_warehouse(self.settings) as warehouse:
            return [tuple(row.values()) for row in warehouse.query(statement)]

    def ask(self, user: str) -> Callable[[str], list[tuple[Any, ...]]]:
        """Ask as a user; the connection stays open."""
        connection = redshift_connector.connect(
            host=self.standin.host,
            port=self.standin.port,
            database=self.settings.redshift_dbname,
            user=user,
            password=PASSWORD,
            ssl=False,
        )
        connection.autocommit = True

        def query(statement: str) -> list[tuple[Any, ...]]:
            cursor = connection.cursor()
            cursor.execute(statement)
            return [tuple(row) for row in cursor.fetchall()] if cursor.description else []

        return query


@pytest.fixture(scope="module")
def redshift_bank(
    tmp_path_factory: pytest.TempPathFactory, standin: StandIn, s3: Any
) -> Iterator[RedshiftBank]:
    """A bank in a database of its own, its files written, nothing loaded yet."""
    name = f"privacy_{uuid4().hex[:8]}"
    owner = connect(standin)
    owner.autocommit = True
    owner.cursor().execute(f"create database {name}")
    owner.close()
    bucket = name.replace("_", "-")
    make_bucket(s3, bucket)
    folder = tmp_path_factory.mktemp(name)
    write_files(folder / "landing")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        yield RedshiftBank(_settings(folder, standin, name, f"s3://{bucket}/lake"), standin)


def _settings(folder: Path, standin: StandIn, name: str, lake: str) -> Settings:
    own = {
        "target": "redshift_local",
        "lake": lake,
        "scratch": folder / "scratch",
        "s3_endpoint": standin.options.s3_endpoint,
        "aws_region": standin.options.region,
        "redshift_host": standin.host,
        "redshift_port": standin.port,
        "redshift_dbname": name,
        "redshift_user": standin.user,
        "redshift_password": standin.password,
        "redshift_copy_role": "arn:aws:iam::123456789012:role/copy",
    }
    return Settings(_env_file=None, **scratch(folder).model_dump() | own)
