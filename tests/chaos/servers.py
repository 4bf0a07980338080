"""Redshift's side of the trials: a durable S3 server, stand-ins in processes of their own, worlds on them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import redshift_connector

from loaders.settings import PROJECT_ROOT
from tests.chaos.source import write_files, write_project
from tests.chaos.world import World, s3_client
from tests.s3.servers import REGION, SeaweedS3

BUCKET = "chaos"
USER = "awsuser"
READY = re.compile(r"ready: .* port=(\d+) .*password=(\S+) ")
COPY_ROLE = "arn:aws:iam::123456789012:role/copy"


class StandInProcess:
    """A stand-in that runs apart, so that its work is not ours; use it as a context."""

    def __init__(self, isolation: str, s3_env: dict[str, str], log: Path) -> None:
        self.isolation, self._env, self._log = isolation, s3_env, log
        self.port, self.password = 0, ""

    def __enter__(self) -> StandInProcess:
        # SeaweedFS keeps no region of a bucket, which S3 tells as that of us-east-1.
        command = [sys.executable, "-m", "tests.redshift.standin", "--port", "0", "--region", "us-east-1"]
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                [*command, "--isolation", self.isolation],
                cwd=PROJECT_ROOT,
                env=os.environ | self._env,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._process.stdout is not None
        found = READY.search(self._process.stdout.readline())
        assert found, f"the stand-in did not start: {self._log.read_text()[-2000:]}"
        self.port, self.password = int(found[1]), found[2]
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def create_database(self, name: str) -> None:
        """Make a database, as empty as a cluster on its first day."""
        with redshift_connector.connect(
            host="127.0.0.1",
            port=self.port,
            database="dev",
            user=USER,
            password=self.password,
            ssl=False,
        ) as connection:
            connection.autocommit = True
            connection.cursor().execute(f"create database {name}")


class RedshiftServers:
    """One S3 server, and the stand-ins that read from it; use it as a context."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._stack = ExitStack()
        self._standins: dict[tuple[str, str], StandInProcess] = {}
        self._lock = threading.Lock()
        self._numbers = count(1)

    def __enter__(self) -> RedshiftServers:
        self.s3 = self._stack.enter_context(SeaweedS3(self.folder / "seaweed"))
        self.s3.client().create_bucket(Bucket=BUCKET)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def s3_env(self, endpoint: str = "") -> dict[str, str]:
        """What boto3 reads from the environment to reach the server, or a proxy before it."""
        return {
            "AWS_ACCESS_KEY_ID": self.s3.access_key,
            "AWS_SECRET_ACCESS_KEY": self.s3.secret_key,
            "AWS_ENDPOINT_URL_S3": endpoint or self.s3.endpoint,
            "AWS_DEFAULT_REGION": REGION,
        }

    def standin(self, isolation: str = "snapshot", s3_endpoint: str = "") -> StandInProcess:
        """Give the stand-in of an isolation level, reading from the S3 server or a proxy before it."""
        key = (isolation, s3_endpoint)
        with self._lock:
            if key not in self._standins:
                started = StandInProcess(isolation, self.s3_env(s3_endpoint), self.folder / "standin.log")
                self._standins[key] = self._stack.enter_context(started)
            return self._standins[key]

    def world(
        self,
        folder: Path,
        source: int | None,
        *,
        isolation: str = "snapshot",
        s3_endpoint: str = "",
        copies_through_proxy: bool = False,
        port: int = 0,
    ) -> World:
        """Make a world with a database and a prefix of its own.

        Args:
            folder: Where its files are.
            source: Which files it gets, none for others to be written.
            isolation: Isolation level of the database.
            s3_endpoint: A proxy before the S3 server.
            copies_through_proxy: Whether COPY reads through that proxy, too.
            port: A proxy before the stand-in.
        """
        standin = self.standin(isolation, s3_endpoint if copies_through_proxy else "")
        folder.mkdir(parents=True)
        write_project(folder)
        if source is not None:
            write_files(folder / "landing", source)
        database = f"world_{next(self._numbers)}"
        standin.create_database(database)
        prefix = f"{standin.port}/{database}"
        settings = {
            "project_dir": folder,
            "target": "redshift_local",
            "lake": f"s3://{BUCKET}/{prefix}",
            "landing": folder / "landing",
            "scratch": folder / "scratch",
            "memory_limit": "1GB",
            "threads": 2,
            "lock_timeout": 600,
            "s3_endpoint": s3_endpoint or self.s3.endpoint,
            "aws_region": REGION,
            "redshift_host": "127.0.0.1",
            "redshift_port": port or standin.port,
            "redshift_dbname": database,
            "redshift_user": USER,
            "redshift_password": standin.password,
            "redshift_copy_role": COPY_ROLE,
        }
        plain = {"host": "127.0.0.1", "port": standin.port, "database": database, "user": USER}
        login = plain | {"password": standin.password}
        return World("redshift", folder, settings, self.s3_env(), login=login)


__all__ = ["RedshiftServers", "s3_client"]
