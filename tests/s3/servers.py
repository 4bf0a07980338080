"""A durable S3 server for tests: SeaweedFS, from its wheel, on ports and in a folder of its own."""

from __future__ import annotations

import json
import socket
import subprocess
import sysconfig
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

REGION = "eu-central-1"
SECONDS_TO_START = 60
SOCKETS = Path("/", "tmp")  # where it puts them whatever TMPDIR says
PORTS = ("master", "master.grpc", "volume", "volume.grpc", "filer", "filer.grpc", "s3", "s3.grpc")


class SeaweedS3:
    """A running server; use it as a context. It keeps its objects through `kill` and `start`."""

    access_key = "seaweed"
    secret_key = "seaweed-secret"  # noqa: S105 # pragma: allowlist secret - of a server for one test

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
        self.endpoint = f"http://127.0.0.1:{self.ports['s3']}"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> SeaweedS3:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def client(self, endpoint: str | None = None) -> Any:
        """Give boto3's client of this server, or of a proxy before it."""
        session = boto3.Session(self.access_key, self.secret_key, region_name=REGION)
        retries = {"mode": "standard", "total_max_attempts": 2}
        config = Config(connect_timeout=2, read_timeout=20, retries=retries, s3={"addressing_style": "path"})
        return session.client("s3", endpoint_url=endpoint or self.endpoint, config=config)

    def start(self) -> None:
        """Start it and wait until it takes an object."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "weed.log").open("ab") as log:
            self._process = subprocess.Popen(self._command(), cwd=self.folder, stdout=log, stderr=log)
        deadline = time.monotonic() + SECONDS_TO_START
        while (error := self._probe()) is not None:
            if self._process.poll() is not None or time.monotonic() > deadline:
                self._end()
                tail = (self.folder / "weed.log").read_text(errors="replace")[-2000:]
                raise RuntimeError(f"SeaweedFS did not start: {error}\n{tail}") from error
            time.sleep(0.1)

    def _probe(self) -> Exception | None:
        client = self.client()
        try:
            with suppress(client.exceptions.BucketAlreadyExists, client.exceptions.BucketAlreadyOwnedByYou):
                client.create_bucket(Bucket="started")
            client.put_object(Bucket="started", Key="probe", Body=b"probe")
        except (BotoCoreError, ClientError) as error:
            return error
        return None

    def kill(self) -> None:
        """End it as a power cut would; `start` brings it back with what it acknowledged."""
        self._end()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()  # asked to end, it waits 10 s for idle connections
        process.wait()
        for port in self.ports.values():
            for left in SOCKETS.glob(f"seaweedfs-*-{port}.sock"):
                left.unlink()

    def _command(self) -> list[str]:
        identity = {
            "name": "tests",
            "credentials": [{"accessKey": self.access_key, "secretKey": self.secret_key}],
            "actions": ["Admin", "Read", "List", "Tagging", "Write"],
        }
        config = self.folder / "s3.json"
        config.write_text(json.dumps({"identities": [identity]}))
        # Each bucket has volumes of its own, seven at once unless told otherwise.
        (self.folder / "master.toml").write_text("[master.volume_growth]\ncopy_1 = 1\n")
        data = self.folder / "data"
        data.mkdir(exist_ok=True)
        ports = [
            f"-{name.replace('.grpc', '')}.port{'.grpc' if name.endswith('.grpc') else ''}={port}"
            for name, port in self.ports.items()
        ]
        return [
            str(Path(sysconfig.get_path("scripts"), "weed")),
            "-logtostderr=true",
            "server",
            f"-dir={data}",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            "-filer",
            "-s3",
            f"-s3.config={config}",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            "-s3.autoCreateBucket=false",
            "-s3.iam=false",
            "-volume.preStopSeconds=0",
            "-master.electionTimeout=1s",
            "-master.resumeState=false",
            "-master.telemetry=false",
            "-master.volumeSizeLimitMB=64",
            "-volume.max=1000",
            *ports,
        ]


def free_ports(count: int) -> list[int]:
    """Find ports of this machine that nobody listens on."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
