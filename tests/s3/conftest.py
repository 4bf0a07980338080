"""Both S3 servers, a bucket for each test, and lakes on them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from loaders.lake.s3 import S3Lake
from loaders.settings import Settings
from tests.s3.servers import REGION, SeaweedS3


@dataclass
class Server:
    """A running S3 server with a bucket of the test's own."""

    name: str
    endpoint: str
    client: Any
    access_key: str
    secret_key: str
    bucket: str

    def bodies(self) -> dict[str, bytes]:
        """All objects of the bucket."""
        found = self.client.list_objects_v2(Bucket=self.bucket).get("Contents", ())
        keys = [item["Key"] for item in found]
        return {key: self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read() for key in keys}

    def open_uploads(self) -> list[str]:
        """Keys of multipart uploads that were neither completed nor aborted."""
        found = self.client.list_multipart_uploads(Bucket=self.bucket).get("Uploads", ())
        return [upload["Key"] for upload in found]


@pytest.fixture(scope="session")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeaweedS3]:
    with SeaweedS3(tmp_path_factory.mktemp("seaweed")) as server:
        yield server


@pytest.fixture
def moto_server(s3: Any, s3_endpoint: str) -> Server:
    return _with_bucket(Server("moto", s3_endpoint, s3, "test", "test", ""))


@pytest.fixture
def seaweed_server(seaweed: SeaweedS3) -> Server:
    client = seaweed.client()
    return _with_bucket(
        Server("seaweed", seaweed.endpoint, client, seaweed.access_key, seaweed.secret_key, "")
    )


@pytest.fixture(params=["moto", "seaweed"])
def server(request: pytest.FixtureRequest) -> Server:
    """Each server in turn."""
    found: Server = request.getfixturevalue(f"{request.param}_server")
    return found


def _with_bucket(server: Server) -> Server:
    server.bucket = f"lake-{uuid.uuid4().hex[:12]}"
    server.client.create_bucket(
        Bucket=server.bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    return server


MakeLake = Callable[..., S3Lake]


@pytest.fixture
def make_lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeLake:
    """Make a lake on a server, or on a proxy before it."""

    def make(server: Server, endpoint: str | None = None, **options: Any) -> S3Lake:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", server.access_key)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", server.secret_key)
        values = {
            "lake": f"s3://{server.bucket}/a/lake",
            "s3_endpoint": endpoint or server.endpoint,
            "aws_region": REGION,
            "project_dir": tmp_path,
            "s3_timeout": 10,
            **options,
        }
        return S3Lake(Settings(_env_file=None, **values))

    return make


@pytest.fixture
def write(tmp_path: Path) -> Callable[[bytes], tuple[Path, str]]:
    """Write a file and give it with its digest, as `put` takes them."""
    from loaders.sources.files import digest  # noqa: PLC0415

    def make(body: bytes) -> tuple[Path, str]:
        path = tmp_path / uuid.uuid4().hex
        path.write_bytes(body)
        return path, digest(path)

    return make
