"""Amazon S3 as the lake: every object is written whole or not at all, and never over another."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import boto3
import tenacity
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from loaders.errors import LakeError
from loaders.lake.s3_errors import VanishedError, code_of, explain, may_pass
from loaders.settings import Settings

CHUNK = 16 << 20  # bytes of a piece of a multipart upload, and the most of a file that is held in memory
MOST_PIECES = 10_000
DIGEST = "sha256"

T = TypeVar("T")


class S3Lake:
    """Objects below a prefix of a bucket.

    An object is created on condition that it is absent (`If-None-Match`), with its sha256 beside it. S3
    checks the checksum of what it received, so an upload that was torn on the way is refused. Where the
    object is there already, the same bytes are left as they are, and others are an alarm.

    A process that is killed within a multipart upload leaves pieces that nobody sees but that are paid for:
    give the bucket a lifecycle rule with `AbortIncompleteMultipartUpload`. In a bucket with versions,
    `delete` hides an object; a lifecycle rule for noncurrent versions removes it for good.

    Rights: s3:PutObject, s3:GetObject and s3:AbortMultipartUpload on the prefix, s3:ListBucket on the bucket
    for the prefix, kms:GenerateDataKey and kms:Decrypt on the key, and for erasure s3:DeleteObject.
    """

    def __init__(self, settings: Settings) -> None:
        """Read where the lake is; nothing is connected yet."""
        self.settings = settings
        self.scratch = settings.scratch
        self.bucket, _, prefix = str(settings.lake).removeprefix("s3://").partition("/")
        self.prefix = f"{prefix}/" if prefix else ""

    @cached_property
    def client(self) -> Any:  # noqa: ANN401 - boto3 makes its classes as it runs
        """boto3's client, with AWS's own chain of credentials."""
        settings = self.settings
        config = Config(
            retries={"mode": "standard", "total_max_attempts": settings.s3_attempts},
            connect_timeout=min(10.0, settings.s3_timeout),
            read_timeout=settings.s3_timeout,
            s3={"addressing_style": "path"} if settings.s3_endpoint else {},
        )
        session = boto3.session.Session(region_name=settings.aws_region)
        return session.client("s3", endpoint_url=settings.s3_endpoint, config=config)

    def check(self) -> None:
        """List one key: tells of wrong credentials, bucket and region before a file is read.

        Raises:
            LakeError: The bucket can't be listed.
        """
        self._try("", lambda: self.client.list_objects_v2(Bucket=self.bucket, Prefix=self.prefix, MaxKeys=1))

    def url(self, key: str) -> str:
        """Give the address of an object.

        Args:
            key: Its key below the lake.

        Returns:
            `s3://bucket/prefix/key`.
        """
        return f"s3://{self.bucket}/{self.prefix}{key}"

    def entry_url(self, key: str) -> str:
        """Give the address of an object, as COPY needs it.

        Args:
            key: Its key below the lake.

        Returns:
            `s3://bucket/prefix/key`.
        """
        return self.url(key)

    def put(self, key: str, path: Path, sha256: str) -> None:
        """Upload a file if the object is absent.

        Args:
            key: The key.
            path: The file, complete.
            sha256: Its digest.

        Raises:
            LakeError: The object is there with other bytes, or S3 did not take it.
        """
        size = path.stat().st_size

        def upload() -> None:
            try:
                if size <= CHUNK:
                    self._put_whole(key, path, sha256)
                elif not self._is_there(key, size, sha256):
                    self._put_pieces(key, path, size, sha256)
            except ClientError as error:
                if code_of(error) != "PreconditionFailed":
                    raise
                if not self._is_there(key, size, sha256):
                    raise VanishedError from error

        self._try(key, upload)

    def read(self, key: str) -> bytes:
        """Read a small object.

        Args:
            key: Its key.

        Returns:
            Its bytes.

        Raises:
            LakeError: It is not there, or can't be read.
        """
        return self._try(key, lambda: bytes(self._get(key)["Body"].read()))

    def fetch(self, key: str, to: Path) -> Path:
        """Download an object.

        Args:
            key: Its key.
            to: The file to write.

        Returns:
            The file.

        Raises:
            LakeError: It is not there, or can't be read.
        """

        def download() -> None:
            with to.open("wb") as file:
                for chunk in self._get(key)["Body"].iter_chunks(CHUNK):
                    file.write(chunk)

        self._try(key, download)
        return to

    def keys(self, prefix: str) -> Iterator[str]:
        """List keys.

        Args:
            prefix: What they begin with.

        Yields:
            The keys below the lake, in order.
        """
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=self.prefix + prefix
        )
        for page in self._try(prefix, lambda: list(pages)):
            yield from (item["Key"].removeprefix(self.prefix) for item in page.get("Contents", ()))

    def delete(self, key: str) -> None:
        """Remove an object.

        Args:
            key: Its key.
        """
        self._try(key, lambda: self.client.delete_object(**self._at(key)))

    def _at(self, key: str) -> dict[str, str]:
        return {"Bucket": self.bucket, "Key": self.prefix + key}

    def _get(self, key: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get_object(**self._at(key))
        return found

    def _new(self, key: str, sha256: str) -> dict[str, Any]:
        new: dict[str, Any] = {**self._at(key), "Metadata": {DIGEST: sha256}}
        if self.settings.kms_key:
            new |= {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self.settings.kms_key}
        return new

    def _put_whole(self, key: str, path: Path, sha256: str) -> None:
        with path.open("rb") as body:
            checksum = base64.b64encode(bytes.fromhex(sha256)).decode()
            self.client.put_object(
                **self._new(key, sha256), Body=body, ChecksumSHA256=checksum, IfNoneMatch="*"
            )

    def _put_pieces(self, key: str, path: Path, size: int, sha256: str) -> None:
        new = self._new(key, sha256)
        upload = self.client.create_multipart_upload(**new, ChecksumAlgorithm="SHA256")["UploadId"]
        try:
            pieces = list(self._pieces(key, upload, path, max(CHUNK, -(-size // MOST_PIECES))))
            self.client.complete_multipart_upload(
                **self._at(key), UploadId=upload, MultipartUpload={"Parts": pieces}, IfNoneMatch="*"
            )
        except BaseException:
            self._abort(key, upload)
            raise

    def _pieces(self, key: str, upload: str, path: Path, length: int) -> Iterator[dict[str, Any]]:
        with path.open("rb") as file:
            for number, body in enumerate(iter(lambda: file.read(length), b""), start=1):
                checksum = base64.b64encode(hashlib.sha256(body).digest()).decode()
                piece = {"PartNumber": number, "ChecksumSHA256": checksum}
                done = self.client.upload_part(**self._at(key), **piece, UploadId=upload, Body=body)
                yield {**piece, "ETag": done["ETag"]}

    def _abort(self, key: str, upload: str) -> None:
        # What went wrong before is told; else the lifecycle rule removes the pieces.
        with suppress(BotoCoreError, ClientError):
            self.client.abort_multipart_upload(**self._at(key), UploadId=upload)

    def _is_there(self, key: str, size: int, sha256: str) -> bool:
        try:
            head = self.client.head_object(**self._at(key))
        except ClientError as error:
            if code_of(error) in ("404", "NoSuchKey"):
                return False
            raise
        found = head["Metadata"].get(DIGEST) or self._digest(key)
        if (head["ContentLength"], found) != (size, sha256):
            raise LakeError.other_bytes(self.url(key))
        return True

    def _digest(self, key: str) -> str:
        digest = hashlib.sha256()
        for chunk in self._get(key)["Body"].iter_chunks(CHUNK):
            digest.update(chunk)
        return digest.hexdigest()

    def _try(self, key: str, what: Callable[[], T]) -> T:
        """Do something, again after a fault that may pass and that botocore does not repeat by itself."""
        again = tenacity.Retrying(
            retry=tenacity.retry_if_exception(may_pass),
            stop=tenacity.stop_after_attempt(self.settings.s3_attempts),
            wait=tenacity.wait_random_exponential(multiplier=0.2, max=20),
            reraise=True,
        )
        try:
            return again(what)
        except (BotoCoreError, ClientError, VanishedError) as error:
            raise explain(error, self.url(key), self.settings) from error
