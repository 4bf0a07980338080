"""An S3 server in a thread of this process (moto's), and a client for it."""

from __future__ import annotations

import logging
from types import TracebackType
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

from tests.redshift.standin.server import REGION


class S3Server:
    """A running server; use it as a context. It keeps its objects in memory."""

    def __init__(self, port: int = 0) -> None:
        logging.getLogger("werkzeug").setLevel(logging.WARNING)  # else it tells of every request
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
        self.endpoint = ""

    def __enter__(self) -> S3Server:
        self._server.start()
        host, port = self._server.get_host_and_port()
        self.endpoint = f"http://{host}:{port}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()


def s3_client(endpoint: str) -> Any:
    return boto3.Session("test", "test", region_name=REGION).client("s3", endpoint_url=endpoint)


def make_bucket(client: Any, name: str) -> None:
    """Make a bucket unless it is there."""
    if name not in [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]:
        client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
