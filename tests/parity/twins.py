"""The same bank on both engines: loaded by the real loader, built by the real dbt project."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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
from ml.job import run_models
from ml.registry import Registry
from tests.conftest import scratch
from tests.parity.compare import Table, differences
from tests.redshift.s3_server import make_bucket
from tests.redshift.standin.server import StandIn

BUCKET = "bankmart-parity"
ZONE = "America/New_York"
COPY_ROLE = "arn:aws:iam::123456789012:role/copy"
NO_TESTS = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
ON_SCORES = "source:ml+"
# When a load ran, and what it was called while it did: no two runs share that, on whichever engine.
CLOCK = {"_loaded_at", "started_at", "loaded_at", "dead_at", "load_token"}


class Engine:
    """A warehouse with shortcuts."""

    def __init__(self, name: str, settings: Settings) -> None:
        """Keep the settings; nothing is made yet."""
        self.name = name
        self.settings = settings
        self.project = DbtProject(settings)

    def load(self, path: Path, mapping: str | Path = "bankmart", as_of: date | None = None) -> None:
        """Load all files below a path that speak for a day up to as_of."""
        contracts = load_contracts(self.settings.project_dir)
        report = load_path(
            settings=self.settings, mapping=load_mapping(mapping, contracts), path=path, as_of=as_of
        )
        assert report.exit_code == 0, [result.error for result in report.results if result.error]

    def build(self, as_of: date, *options: str, train: bool = False) -> tuple[NodeResult, ...]:
        """Run `dbt build` for a day."""
        nodes = self.project.run(["build", *options], as_of, train=train)
        wrong = [f"{node.name}: {node.status} {node.message}" for node in nodes if node.status in FAILED]
        assert not wrong, "\n".join([f"{self.name}, {as_of}:", *wrong])
        return nodes

    def night(self, as_of: date, *, train: bool = False) -> None:
        """Build as `bankmart run` does: all but what the scores decide, the models, and then the rest."""
        self.build(as_of, *NO_TESTS, "--exclude", ON_SCORES, train=train)
        if train:
            run_models(self.settings, as_of, scoring=False, force=True)
        report = run_models(self.settings, as_of, training=False)
        assert report.load is not None
        assert report.load.exit_code == 0
        self.build(as_of, *NO_TESTS, "--select", ON_SCORES)

    @property
    def registry(self) -> Registry:
        """The models that it has learned."""
        return Registry(self.settings.models)

    def relations(self) -> list[str]:
        """Names of all models, seeds and snapshots in the warehouse."""
        kinds = {"model", "seed", "snapshot"}
        nodes = self.project.manifest.nodes.values()
        return sorted(
            f"{node.schema}.{node.alias}"
            for node in nodes
            if node.resource_type in kinds and node.package_name == "bankmart"
        )

    def raw_tables(self) -> list[str]:
        """Names of what the loader itself writes."""
        sources = self.project.manifest.sources.values()
        return sorted(f"{source.schema}.{source.identifier}" for source in sources)

    def tables(self, names: Sequence[str]) -> dict[str, Table]:
        """Read tables whole, but for the times at which loads ran."""
        with open_warehouse(self.settings) as warehouse:
            found = {name: warehouse.query(f"select * from {name}") for name in names}  # noqa: S608
        return {name: _table(rows) for name, rows in found.items()}

    def query(self, sql: str) -> list[dict[str, Any]]:
        """Ask the warehouse."""
        with open_warehouse(self.settings) as warehouse:
            return warehouse.query(sql)

    @contextmanager
    def changed(self, table: str, assignment: str, condition: str) -> Iterator[None]:
        """Change rows of a table for a while."""
        with open_warehouse(self.settings) as warehouse:
            keep = f"create table core.kept as select * from {table} where {condition}"  # noqa: S608
            warehouse.execute([keep, f"update {table} set {assignment} where {condition}"])  # noqa: S608
            yield
            delete = f"delete from {table} where {condition}"  # noqa: S608
            warehouse.execute([delete, f"insert into {table} select * from core.kept"])  # noqa: S608
            warehouse.execute(["drop table core.kept"])


def _table(rows: list[dict[str, Any]]) -> Table:
    columns = tuple(name for name in (rows[0] if rows else ()) if name not in CLOCK)
    return Table(columns, tuple(tuple(row[name] for name in columns) for row in rows))


@dataclass(frozen=True)
class Twins:
    """DuckDB with a lake of its own, and the Redshift stand-in with one on S3."""

    duckdb: Engine
    redshift: Engine

    def load(self, path: Path, mapping: str | Path = "bankmart", as_of: date | None = None) -> None:
        """Load on both."""
        for engine in (self.duckdb, self.redshift):
            engine.load(path, mapping, as_of)

    def build(self, as_of: date, *options: str) -> None:
        """Build on both."""
        for engine in (self.duckdb, self.redshift):
            engine.build(as_of, *options)

    def night(self, as_of: date, *, train: bool = False) -> None:
        """Build and score on both."""
        for engine in (self.duckdb, self.redshift):
            engine.night(as_of, train=train)

    def differences(self, names: Sequence[str]) -> list[str]:
        """Compare tables row by row, DuckDB on the left."""
        left, right = self.duckdb.tables(names), self.redshift.tables(names)
        return [line for name in names for line in differences(name, left[name], right[name])]


@contextmanager
def twins(folder: Path, standin: StandIn, s3: Any, name: str) -> Iterator[Twins]:
    """Give both engines, empty, to a client that lives in New York.

    Args:
        folder: Folder for everything on disk.
        standin: The running stand-in.
        s3: Client of its S3 server.
        name: Name of the bank, which gets a database of its own.

    Yields:
        The engines.
    """
    make_bucket(s3, BUCKET)
    _create_database(standin, name)
    here = scratch(folder)
    there = Settings(
        _env_file=None,
        **here.model_dump()
        | {
            "target": "redshift_local",
            "lake": f"s3://{BUCKET}/{uuid4().hex}",
            "scratch": folder / "scratch",
            "dbt_target_path": folder / "target_redshift",
            "models": folder / "models_redshift",
            "s3_endpoint": standin.options.s3_endpoint,
            "aws_region": standin.options.region,
            "redshift_host": "127.0.0.1",
            "redshift_port": standin.port,
            "redshift_dbname": name,
            "redshift_user": standin.options.user,
            "redshift_password": standin.options.password,
            "redshift_copy_role": COPY_ROLE,
        },
    )
    with pytest.MonkeyPatch.context() as patch, _in_new_york(patch):
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        yield Twins(Engine("duckdb", here), Engine("redshift", there))


def _create_database(standin: StandIn, name: str) -> None:
    connection = redshift_connector.connect(
        host="127.0.0.1",
        port=standin.port,
        database=standin.options.database,
        user=standin.options.user,
        password=standin.options.password,
        ssl=False,
    )
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute(f"create database {name}")
    # Sessions of another zone than the data's must not shift a day.
    cursor.execute(f"alter user {standin.options.user} set timezone to '{ZONE}'")
    connection.close()


@contextmanager
def _in_new_york(patch: pytest.MonkeyPatch) -> Iterator[None]:
    patch.setenv("TZ", ZONE)
    time.tzset()
    try:
        yield
    finally:
        patch.undo()
        time.tzset()
