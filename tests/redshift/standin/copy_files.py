"""The files of a COPY: a manifest or a prefix, read from the S3 server."""

from __future__ import annotations

import bz2
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
import zstandard
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.redshift.standin.errors import INTERNAL_ERROR, RedshiftError

if TYPE_CHECKING:
    from tests.redshift.standin.copy_command import CopyCommand
    from tests.redshift.standin.server import Options

_NOT_FOUND = frozenset({"404", "NoSuchKey", "NotFound"})


@dataclass(frozen=True, slots=True)
class S3File:
    """One object to load."""

    url: str
    bucket: str
    key: str


@cache
def _client(endpoint: str, region: str) -> Any:
    """One client for all sessions: making one takes longer than a small COPY."""
    keys = ("standin", "standin") if endpoint else ()
    session = boto3.Session(*keys, region_name=region)
    retries = Config(retries={"max_attempts": 3, "mode": "standard"}, connect_timeout=5, read_timeout=30)
    return session.client("s3", endpoint_url=endpoint or None, config=retries)


class S3Reader:
    """What COPY needs of S3."""

    def __init__(self, options: Options) -> None:
        """Connect to the S3 server of the stand-in, or to what boto3's own settings say."""
        self._client = _client(options.s3_endpoint, options.region)
        self._region = options.region

    def read(self, file: S3File) -> bytes:
        """The bytes of an object."""
        try:
            return bytes(self._client.get_object(Bucket=file.bucket, Key=file.key)["Body"].read())
        except ClientError as error:
            raise _service_error(error) from error
        except BotoCoreError as error:
            raise RedshiftError(f"S3ServiceException:{error}", INTERNAL_ERROR) from error

    def write(self, file: S3File, data: bytes) -> None:
        """Put an object."""
        try:
            self._client.put_object(Bucket=file.bucket, Key=file.key, Body=data)
        except ClientError as error:
            raise _service_error(error) from error

    def exists(self, file: S3File) -> bool:
        """Whether an object is there."""
        try:
            self._client.head_object(Bucket=file.bucket, Key=file.key)
        except ClientError as error:
            if str(error.response["Error"]["Code"]) in _NOT_FOUND:
                return False
            raise _service_error(error) from error
        return True

    def check_region(self, bucket: str, region: str) -> None:
        """The bucket must be where REGION says, or where the cluster is."""
        try:
            found = self._client.get_bucket_location(Bucket=bucket)["LocationConstraint"] or "us-east-1"
        except ClientError as error:
            raise _service_error(error) from error
        except BotoCoreError as error:
            raise RedshiftError(f"S3ServiceException:{error}", INTERNAL_ERROR) from error
        if found != (region or self._region):
            words = "The S3 bucket addressed by the query is in a different region from this cluster."
            raise RedshiftError(
                f"S3ServiceException:{words},Status 301,Error PermanentRedirect", INTERNAL_ERROR
            )

    def under(self, prefix: S3File) -> list[S3File]:
        """Every object whose key starts with a prefix."""
        found = []
        try:
            for page in self._client.get_paginator("list_objects_v2").paginate(
                Bucket=prefix.bucket, Prefix=prefix.key
            ):
                for item in page.get("Contents", []):
                    found.append(file_of(f"s3://{prefix.bucket}/{item['Key']}"))
        except ClientError as error:
            raise _service_error(error) from error
        return found


def _service_error(error: ClientError) -> RedshiftError:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    code, words = error.response["Error"].get("Code", ""), error.response["Error"].get("Message", "")
    return RedshiftError(f"S3ServiceException:{words},Status {status},Error {code}", INTERNAL_ERROR)


def file_of(url: str) -> S3File:
    """An address as bucket and key."""
    bucket, _, key = url.removeprefix("s3://").partition("/")
    return S3File(url, bucket, key)


def files_to_load(reader: S3Reader, command: CopyCommand) -> list[S3File]:
    """The files that a COPY reads, in order; a file listed twice is read twice."""
    source = file_of(command.source)
    reader.check_region(source.bucket, command.texts.get("region", ""))
    if command.has("manifest"):
        return list(_manifest(reader, source, command))
    files = reader.under(source)
    if not files:
        raise RedshiftError(f"The specified S3 prefix '{source.key}' does not exist", INTERNAL_ERROR)
    return files


def _manifest(reader: S3Reader, source: S3File, command: CopyCommand) -> Iterator[S3File]:
    try:
        entries = json.loads(reader.read(source))["entries"]
        listed = [
            (str(e["url"]), e.get("mandatory", False) is True, e.get("meta", {}).get("content_length"))
            for e in entries
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RedshiftError(
            f"Manifest file is not in correct json format: {source.url}", INTERNAL_ERROR
        ) from error
    any_found = False
    for url, mandatory, length in listed:
        if command.format == "parquet" and not isinstance(length, int):
            raise RedshiftError(f"Manifest entry {url} has no content_length in meta", INTERNAL_ERROR)
        file = file_of(url)
        if reader.exists(file):
            any_found = True
            yield file
        elif mandatory:
            words = "The specified key does not exist.,Status 404,Error NoSuchKey"
            raise RedshiftError(f"S3ServiceException:{words},Key {file.key}", INTERNAL_ERROR)
    if not any_found:
        raise RedshiftError("No files of the manifest were found", INTERNAL_ERROR)


def lengths(reader: S3Reader, command: CopyCommand) -> dict[str, int]:
    """The content lengths that the manifest of a columnar COPY states."""
    if not command.has("manifest"):
        return {}
    entries = json.loads(reader.read(file_of(command.source)))["entries"]
    return {entry["url"]: entry["meta"]["content_length"] for entry in entries}


def unpacked(data: bytes, command: CopyCommand, file: S3File) -> bytes:
    """The bytes of a compressed file."""
    try:
        if command.has("gzip"):
            return gzip.decompress(data)
        if command.has("bzip2"):
            return bz2.decompress(data)
        if command.has("zstd"):
            return zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True).read()
    except (OSError, EOFError, ValueError, zstandard.ZstdError) as error:
        raise RedshiftError(f"failed to inflate input file {file.url}: {error}", INTERNAL_ERROR) from error
    return data
