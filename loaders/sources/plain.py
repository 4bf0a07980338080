"""From the bytes of a file to plain UTF-8 text on disk: decompression and decoding, bounded and streamed."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from loaders.errors import EmptyFileError, IncompleteFileError, InputFileError
from loaders.sources.files import InputFile, digest

CHUNK = 1 << 20
MAX_EXPANDED_BYTES = 64 << 30
MAX_RATIO = 200
RATIO_FREE_BYTES = 16 << 20
UTF8 = ("utf-8", "utf_8", "utf8", "utf-8-sig", "ascii", "us-ascii")
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
INVALID_BYTE = "\udcff"


@dataclass(frozen=True)
class Plain:
    """A file's content, decompressed, on disk."""

    path: Path
    sha256: str


def unpack(file: InputFile, scratch: Path) -> Plain:
    """Give a file's content as plain bytes, and the digest of what was delivered.

    Args:
        file: The file; a plain one is left where it is.
        scratch: Folder for the content of a compressed one.

    Returns:
        Path and digest; the digest of a zip's member is that of its content.

    Raises:
        EmptyFileError: There is not a byte.
        IncompleteFileError: The compressed stream is cut off or damaged.
        InputFileError: It expands beyond the limits.
    """
    if file.look[0] == 0:
        raise EmptyFileError(f"{file.name} is empty.", hint="Ask the source to deliver it again.")
    with file.path.open("rb") as stream:
        magic = stream.read(4)
    packed = file.member is not None or magic[:2] == b"\x1f\x8b" or magic == b"\x28\xb5\x2f\xfd"
    if not packed:
        return Plain(file.path, digest(file.path))
    target = scratch / "content"
    try:
        with _expanded(file, magic) as (stream, packed_bytes):
            content = _copy(stream, target, file.name, packed_bytes)
    except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, OSError, RuntimeError) as error:
        raise IncompleteFileError(
            f"{file.name} is cut off or damaged ({error}).", hint="Ask the source to deliver it again."
        ) from error
    if target.stat().st_size == 0:
        raise EmptyFileError(f"{file.name} is empty.", hint="Ask the source to deliver it again.")
    return Plain(target, content if file.member else digest(file.path))


@contextmanager
def _expanded(file: InputFile, magic: bytes) -> Iterator[tuple[Any, int]]:
    if file.member is not None:
        with zipfile.ZipFile(file.path) as archive:
            info = archive.getinfo(file.member)
            with archive.open(info) as stream:
                yield stream, info.compress_size
    elif magic[:2] == b"\x1f\x8b":
        with gzip.open(file.path) as stream:
            yield stream, file.look[0]
    else:
        with pa.CompressedInputStream(pa.OSFile(str(file.path)), "zstd") as stream:
            yield stream, file.look[0]


def _copy(stream: IO[bytes], target: Path, name: str, packed_bytes: int) -> str:
    hasher, total = hashlib.sha256(), 0
    with target.open("wb") as out:
        while chunk := stream.read(CHUNK):
            total += len(chunk)
            if total > MAX_EXPANDED_BYTES or total > max(RATIO_FREE_BYTES, packed_bytes * MAX_RATIO):
                raise InputFileError(
                    f"{name} expands to over {total:,} bytes from {packed_bytes:,}: too much to be true.",
                    hint="Deliver it uncompressed if it is meant so.",
                )
            hasher.update(chunk)
            out.write(chunk)
    return hasher.hexdigest()


def to_utf8(plain: Path, encoding: str | None, name: str, scratch: Path) -> Path:
    """Give a text file in UTF-8.

    Args:
        plain: The file.
        encoding: Its encoding, utf-8 if None.
        name: Name for messages.
        scratch: Folder for the decoded copy.

    Returns:
        The file itself, or a copy in which bytes that can't be decoded stay invalid.

    Raises:
        InputFileError: The encoding is unknown or plainly another one.
    """
    with plain.open("rb") as stream:
        start = stream.read(4)
    if encoding is None or encoding.lower() in UTF8:
        if start[:2] in UTF16_MARKS:
            raise InputFileError(
                f"{name} is written in UTF-16.", hint="Say `encoding: utf-16` in the mapping."
            )
        return plain
    try:
        codecs.register_error("bankmart_invalid", _keep_invalid)
        decoder = codecs.getincrementaldecoder(encoding)("bankmart_invalid")
    except LookupError as error:
        raise InputFileError(f"The encoding {encoding!r} of {name} is unknown.") from error
    target = scratch / "utf8"
    with plain.open("rb") as source, target.open("wb") as out:
        while chunk := source.read(CHUNK):
            out.write(decoder.decode(chunk).encode("utf-8", "surrogateescape"))
        out.write(decoder.decode(b"", final=True).encode("utf-8", "surrogateescape"))
    return target


def _keep_invalid(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return INVALID_BYTE, error.end
