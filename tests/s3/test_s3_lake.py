"""The lake on real S3 servers: written once, compared by content, and clear about what is wrong."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pydantic import ValidationError

from loaders.errors import LakeError
from loaders.lake import open_lake
from loaders.lake.local import LocalLake
from loaders.lake.s3 import CHUNK, S3Lake
from loaders.settings import Settings
from tests.s3.conftest import MakeLake, Server
from tests.s3.servers import SeaweedS3

Write = Callable[[bytes], tuple[Path, str]]

BODIES = {"small": b"rows", "empty": b"", "in pieces": bytes(range(256)) * (CHUNK // 256) + b"more"}
KEY = "raw/shop/sales/2025-01-31/0123-abcd/part-00000.parquet"
FULL_KEY = f"a/lake/{KEY}"


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_the_same_bytes_twice_are_one_object_and_others_an_alarm(
    server: Server, make_lake: MakeLake, write: Write, body: bytes
) -> None:
    lake = make_lake(server)
    lake.put(KEY, *write(body))
    first = server.client.head_object(Bucket=server.bucket, Key=FULL_KEY)
    assert first["Metadata"] == {"sha256": hashlib.sha256(body).hexdigest()}
    lake.put(KEY, *write(body))
    for other in (body + b"x", body[:-1] + b"!" if body else b"y"):
        with pytest.raises(LakeError, match="other bytes") as caught:
            lake.put(KEY, *write(other))
        assert f"s3://{server.bucket}/{FULL_KEY}" in str(caught.value)
    again = server.client.head_object(Bucket=server.bucket, Key=FULL_KEY)
    assert (again["LastModified"], again["ETag"]) == (first["LastModified"], first["ETag"])
    assert server.bodies() == {FULL_KEY: body}
    assert server.open_uploads() == []


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_an_object_without_a_digest_is_read_back(
    server: Server, make_lake: MakeLake, write: Write, body: bytes
) -> None:
    server.client.put_object(Bucket=server.bucket, Key=FULL_KEY, Body=body)
    lake = make_lake(server)
    lake.put(KEY, *write(body))
    if body:
        with pytest.raises(LakeError, match="other bytes"):
            lake.put(KEY, *write(bytes(len(body))))
    assert server.bodies() == {FULL_KEY: body}


def test_the_server_itself_enforces_the_condition_for_puts_and_completions(server: Server) -> None:
    """Else the tests here would prove nothing: both moto 5.2 and SeaweedFS 4.48 do."""
    client, at = server.client, {"Bucket": server.bucket, "Key": "once"}
    client.put_object(**at, Body=b"first", IfNoneMatch="*")
    with pytest.raises(ClientError) as caught:
        client.put_object(**at, Body=b"second", IfNoneMatch="*")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 412
    upload = client.create_multipart_upload(**at)["UploadId"]
    piece = client.upload_part(**at, UploadId=upload, PartNumber=1, Body=b"second")
    with pytest.raises(ClientError) as caught:
        client.complete_multipart_upload(
            **at,
            UploadId=upload,
            MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": piece["ETag"]}]},
            IfNoneMatch="*",
        )
    assert caught.value.response["Error"]["Code"] == "PreconditionFailed"
    assert server.bodies() == {"once": b"first"}


def test_the_server_refuses_a_body_that_its_checksum_denies(
    seaweed_server: Server, make_lake: MakeLake, write: Write
) -> None:
    lake, (path, _) = make_lake(seaweed_server, s3_attempts=2), write(b"what came in")
    with pytest.raises(LakeError, match="BadDigest"):
        lake.put(KEY, path, hashlib.sha256(b"what was meant").hexdigest())
    assert seaweed_server.bodies() == {}


@pytest.mark.parametrize("body", [b"rows", BODIES["in pieces"]], ids=["small", "in pieces"])
def test_many_who_put_the_same_at_once_end_with_one_object(
    server: Server, make_lake: MakeLake, write: Write, body: bytes
) -> None:
    lake, (path, sha256) = make_lake(server), write(body)
    start = threading.Barrier(4)

    def put(_: int) -> None:
        start.wait()
        lake.put(KEY, path, sha256)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(put, range(4))) == [None] * 4
    assert server.bodies() == {FULL_KEY: body}
    assert server.open_uploads() == []


def test_of_many_who_put_different_bytes_at_once_one_wins_and_the_others_hear_of_it(
    seaweed_server: Server, make_lake: MakeLake, write: Write
) -> None:
    lake = make_lake(seaweed_server)
    files = [write(b"rows %d" % i) for i in range(8)]
    start = threading.Barrier(8)

    def put(file: tuple[Path, str]) -> str:
        start.wait()
        try:
            lake.put(KEY, *file)
        except LakeError as error:
            return str(error)
        return "won"

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(put, files))
    assert found.count("won") == 1
    assert all("other bytes" in text for text in found if text != "won")
    assert seaweed_server.bodies() == {FULL_KEY: files[found.index("won")][0].read_bytes()}


def test_objects_are_read_fetched_listed_and_deleted(
    server: Server, make_lake: MakeLake, write: Write, tmp_path: Path
) -> None:
    lake = make_lake(server)
    for key in ("raw/b", "raw/a", "other/c"):
        lake.put(key, *write(key.encode()))
    server.client.put_object(Bucket=server.bucket, Key="elsewhere", Body=b"")
    assert lake.read("raw/a") == b"raw/a"
    assert lake.fetch("raw/b", tmp_path / "b").read_bytes() == b"raw/b"
    assert list(lake.keys("raw/")) == ["raw/a", "raw/b"]
    assert list(lake.keys("")) == ["other/c", "raw/a", "raw/b"]
    assert lake.url("raw/a") == lake.entry_url("raw/a") == f"s3://{server.bucket}/a/lake/raw/a"
    lake.delete("raw/a")
    lake.delete("raw/a")
    assert list(lake.keys("raw/")) == ["raw/b"]
    with pytest.raises(LakeError, match=r"The lake has no s3://.*/raw/a\."):
        lake.read("raw/a")


@pytest.mark.parametrize("body", [b"rows", BODIES["in pieces"]], ids=["small", "in pieces"])
def test_objects_are_encrypted_by_the_key_of_the_settings(
    moto_server: Server, make_lake: MakeLake, write: Write, body: bytes
) -> None:
    make_lake(moto_server, kms_key="alias/lake").put(KEY, *write(body))
    head = moto_server.client.head_object(Bucket=moto_server.bucket, Key=FULL_KEY)
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", "alias/lake")


def test_an_upload_that_fails_midway_is_aborted(
    server: Server, make_lake: MakeLake, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = make_lake(server)

    def interrupted(**_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(lake.client, "complete_multipart_upload", interrupted)
    with pytest.raises(KeyboardInterrupt):
        lake.put(KEY, *write(BODIES["in pieces"]))
    assert server.bodies() == {}
    assert server.open_uploads() == []


def test_wrong_places_and_credentials_are_named(
    seaweed_server: Server, make_lake: MakeLake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    make_lake(seaweed_server).check()

    def told(**options: Any) -> str:
        with pytest.raises(LakeError) as caught:
            make_lake(seaweed_server, **options).check()
        assert caught.value.hint
        return str(caught.value)

    assert "There is no bucket no-such-bucket. Mend BANKMART_LAKE" in told(lake="s3://no-such-bucket/x")
    assert "BANKMART_S3_ENDPOINT" in told(s3_endpoint="http://127.0.0.1:9", s3_attempts=1)
    for name in ("access_key", "secret_key"):
        with monkeypatch.context() as patch:
            patch.setattr(seaweed_server, name, "wrong")
            text = told()
            assert "does not know who asks" in text
            assert seaweed_server.bucket in text
    lake = make_lake(seaweed_server)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with pytest.raises(LakeError, match="Give this machine AWS credentials"):
        lake.check()


def test_the_settings_choose_the_lake(tmp_path: Path) -> None:
    local = open_lake(Settings(_env_file=None, project_dir=tmp_path, lake="lake"))
    assert isinstance(local, LocalLake)
    assert local.scratch == tmp_path / "lake" / ".staging"
    remote = open_lake(Settings(_env_file=None, project_dir=tmp_path, lake="s3://bank/warehouse/lake/"))
    assert isinstance(remote, S3Lake)
    assert remote.url("raw/x") == "s3://bank/warehouse/lake/raw/x"
    assert remote.scratch == tmp_path / "data" / "scratch"


@pytest.mark.parametrize(
    "address",
    [
        "s3://",
        "s3:/bank/x",
        "s3://Bank/x",
        "s3://bank/a'b",
        "s3://bank/../x",
        "s3://bank//x",
        "s3://bank/a b",
    ],
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ValidationError, match="not s3://bucket/prefix"):
        Settings(_env_file=None, lake=address)


def test_what_the_server_acknowledged_outlives_its_kill(
    tmp_path: Path, make_lake: MakeLake, write: Write
) -> None:
    with SeaweedS3(tmp_path / "server") as running:
        running.client().create_bucket(Bucket="lake")
        keys = (running.access_key, running.secret_key)
        server = Server("seaweed", running.endpoint, running.client(), *keys, "lake")
        lake = make_lake(server, s3_attempts=1)
        lake.put(KEY, *write(BODIES["in pieces"]))
        lake.put("raw/small", *write(b"rows"))
        running.kill()
        with pytest.raises(LakeError, match="S3 gives no answer"):
            lake.put("raw/later", *write(b"rows"))
        running.start()
        lake.put("raw/later", *write(b"rows"))
        lake.put(KEY, *write(BODIES["in pieces"]))
        assert server.bodies() == {
            FULL_KEY: BODIES["in pieces"],
            "a/lake/raw/later": b"rows",
            "a/lake/raw/small": b"rows",
        }
