"""Where a load takes place: its settings, warehouse and lake, looked at past the product's own code."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import duckdb
import redshift_connector
from botocore.config import Config

from tests.chaos.source import write_files, write_project

Query = Callable[[str], list[tuple[Any, ...]]]
SCRATCH = ".staging"
ABSENT = ("3F000", "42P01", "42703")  # no such schema, table, column


class ElsewhereError(Exception):
    """The warehouse can't be read just now: a writer has the file, or there is no table yet."""


@dataclass(frozen=True)
class World:
    """One project with its files, warehouse and lake; it travels to child processes."""

    engine: str
    folder: Path
    settings: dict[str, Any]
    env: dict[str, str] = field(default_factory=dict)
    login: dict[str, Any] = field(default_factory=dict)

    @property
    def landing(self) -> Path:
        """Folder of the files to load."""
        return self.folder / "landing"

    @property
    def scratch(self) -> Path:
        """Folder in which loads stage."""
        return Path(self.settings.get("scratch") or self.folder / "lake" / SCRATCH)

    @property
    def log(self) -> Path:
        """What the child processes say."""
        return self.folder / "children.log"

    @contextmanager
    def query(self) -> Iterator[Query]:
        """Connect for reading by the bare driver."""
        with _CONNECTS[self.engine](self) as query:
            yield query

    def objects(self) -> dict[str, bytes]:
        """All objects of the lake; addresses within manifests are cut to what is below the lake."""
        lake = str(self.settings["lake"])
        return _s3_objects(lake, self.env) if lake.startswith("s3:") else _local_objects(Path(lake))


def duckdb_world(folder: Path, source: int | None) -> World:
    """Make a world on a DuckDB file and a local lake, with files unless others will be written."""
    folder.mkdir(parents=True)
    write_project(folder)
    if source is not None:
        write_files(folder / "landing", source)
    settings = {
        "project_dir": folder,
        "duckdb_path": folder / "bankmart.duckdb",
        "lake": str(folder / "lake"),
        "landing": folder / "landing",
        "memory_limit": "1GB",
        "threads": 2,
        "lock_timeout": 600,
    }
    return World("duckdb", folder, settings)


@contextmanager
def _connect_duckdb(world: World) -> Iterator[Query]:
    path = world.settings["duckdb_path"]
    if not path.exists():
        raise ElsewhereError("no file yet")
    try:
        connection = duckdb.connect(str(path), read_only=True)
    except duckdb.IOException as error:
        if "onflicting lock" in str(error):
            raise ElsewhereError(str(error)) from error
        raise
    try:
        yield lambda statement: _fetch_duckdb(connection, statement)
    finally:
        connection.close()


def _fetch_duckdb(connection: duckdb.DuckDBPyConnection, statement: str) -> list[tuple[Any, ...]]:
    try:
        return connection.execute(statement).fetchall()
    except duckdb.CatalogException as error:
        raise ElsewhereError(str(error)) from error


def _local_objects(root: Path) -> dict[str, bytes]:
    paths: Sequence[Path] = sorted(root.rglob("*")) if root.exists() else ()
    files = {path.relative_to(root).as_posix(): path for path in paths if path.is_file()}
    return {key: path.read_bytes() for key, path in files.items() if not key.startswith(SCRATCH)}


def s3_client(env: dict[str, str]) -> Any:
    """Connect to the S3 server itself, whatever proxy a load goes through."""
    session = boto3.Session(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"])
    address, region = env["AWS_ENDPOINT_URL_S3"], env["AWS_DEFAULT_REGION"]
    config = Config(s3={"addressing_style": "path"})
    return session.client("s3", endpoint_url=address, region_name=region, config=config)


def _s3_objects(lake: str, env: dict[str, str]) -> dict[str, bytes]:
    client = s3_client(env)
    bucket, _, prefix = lake.removeprefix("s3://").partition("/")
    objects = {}
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{prefix}/"):
        for item in page.get("Contents", ()):
            body = client.get_object(Bucket=bucket, Key=item["Key"])["Body"].read()
            objects[item["Key"].removeprefix(f"{prefix}/")] = body.replace(f"{lake}/".encode(), b"")
    return objects


@contextmanager
def _connect_redshift(world: World) -> Iterator[Query]:
    connection = redshift_connector.connect(**world.login, ssl=False)
    connection.autocommit = True
    try:
        yield lambda statement: _fetch_redshift(connection, statement)
    finally:
        connection.close()


def _fetch_redshift(connection: Any, statement: str) -> list[tuple[Any, ...]]:
    cursor = connection.cursor()
    try:
        cursor.execute(statement)
    except redshift_connector.ProgrammingError as error:
        if error.args[0].get("C") in ABSENT:
            raise ElsewhereError(str(error)) from error
        raise
    return [tuple(row) for row in cursor.fetchall()]


def digests(objects: dict[str, bytes]) -> dict[str, str]:
    """Digest each object."""
    return {key: hashlib.sha256(content).hexdigest() for key, content in objects.items()}


_CONNECTS: dict[str, Callable[[World], Any]] = {"duckdb": _connect_duckdb, "redshift": _connect_redshift}
