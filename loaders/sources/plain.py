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
from loaders.settings import Settings
from loaders.sources.files import InputFile, digest
from loaders.sources.zips import open_zip

CHUNK = 1 << 20
RATIO_FREE_BYTES = 16 << 20
# What the loader does not read, by its first bytes and where they stand.
FOREIGN = {
    (0, b"BZh"): "bzip2",
    (0, b"\xfd7zXZ\0"): "xz",
    (0, b"7z\xbc\xaf\x27\x1c"): "7z",
    (0, b"Rar!\x1a\x07"): "rar",
    (0, b"\x1f\x8b"): "gzip within another file",
    (0, b"\x28\xb5\x2f\xfd"): "zstd within another file",
    (0, b"PK\x03\x04"): "zip (or Excel) under another name or within another file",
    (257, b"ustar"): "tar",
}
GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
UTF8 = ("utf-8", "utf_8", "utf8", "utf-8-sig", "ascii", "us-ascii")
MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
INVALID_BYTE = "\udcff"


@dataclass(frozen=True)
class Plain:
    """A file's content, decompressed, on disk."""

    path: Path
    sha256: str


def unpack(file: InputFile, scratch: Path, settings: Settings) -> Plain:
    """Give a file's content as plain bytes, and the digest of what was delivered.

    Args:
        file: The file; a plain one is left where it is.
        scratch: Folder for the content of a compressed one.
        settings: What it may expand to.

    Returns:
        Path and digest; the digest of a zip's member is that of its content. The path has a name of the
        loader's own: DuckDB would take a file's name for a pattern, or for that of a compressed file.

    Raises:
        EmptyFileError: There is not a byte.
        IncompleteFileError: The compressed stream is cut off or damaged.
        InputFileError: It expands beyond the limits, or is compressed in a way that is not read.
    """
    if file.look[0] == 0:
        raise EmptyFileError(f"{file.name} is empty.", hint="Ask the source to deliver it again.")
    with file.path.open("rb") as stream:
        magic = stream.read(4)
    target = scratch / "content"
    if file.member is None and magic[:2] != GZIP and magic != ZSTD:
        target.symlink_to(file.path.absolute())
        _refuse_foreign(target, file.name)
        return Plain(target, digest(file.path))
    with target.open("wb") as out:
        content = _copy(file, magic, out, settings)
    if target.stat().st_size == 0:
        raise EmptyFileError(f"{file.name} is empty.", hint="Ask the source to deliver it again.")
    _refuse_foreign(target, file.name)
    return Plain(target, content if file.member else digest(file.path))


def _refuse_foreign(path: Path, name: str) -> None:
    with path.open("rb") as stream:
        start = stream.read(512)
    for (place, mark), kind in FOREIGN.items():
        if start[place:].startswith(mark) and (b"\0" in start or not start.isascii()):
            raise InputFileError(
                f"{name} is {kind}, which is not read.", hint="Deliver it plain, or as .gz, .zst or .zip."
            )


@contextmanager
def _expanded(file: InputFile, magic: bytes, settings: Settings) -> Iterator[tuple[Any, int]]:
    if file.member is not None:
        with open_zip(file.path) as archive:
            # What a member holds beyond the size it declares is never read, so the sum holds for the whole.
            total = sum(info.file_size for info in archive.infolist())
            _refuse_bomb(file.path.name, total, _limit(file.look[0], settings), file.look[0])
            info = archive.getinfo(file.member)
            with archive.open(info) as stream:
                yield stream, info.compress_size
    elif magic[:2] == GZIP:
        with gzip.open(file.path) as stream:
            yield stream, file.look[0]
    else:
        with pa.CompressedInputStream(pa.OSFile(str(file.path)), "zstd") as stream:
            yield stream, file.look[0]


def _copy(file: InputFile, magic: bytes, out: IO[bytes], settings: Settings) -> str:
    hasher, total = hashlib.sha256(), 0
    with _damage_told(file.name), _expanded(file, magic, settings) as (stream, packed_bytes):
        limit = _limit(packed_bytes, settings)
        while chunk := stream.read(CHUNK):
            total += len(chunk)
            _refuse_bomb(file.name, total, limit, packed_bytes)
            hasher.update(chunk)
            out.write(chunk)
    return hasher.hexdigest()


def _limit(packed_bytes: int, settings: Settings) -> int:
    most = int(settings.max_file_gb * (1 << 30))
    return min(most, max(RATIO_FREE_BYTES, packed_bytes * settings.max_ratio))


def _refuse_bomb(name: str, size: int, limit: int, packed_bytes: int) -> None:
    if size > limit:
        raise InputFileError(
            f"{name} expands to over {limit:,} bytes from {packed_bytes:,}: too much to be true.",
            hint="If it is meant so, deliver it plain, or raise BANKMART_MAX_RATIO or BANKMART_MAX_FILE_GB.",
        )


@contextmanager
def _damage_told(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno is not None:  # of the disk, not of the content
            raise
        raise _damaged(name, error) from error
    except (EOFError, zlib.error, zipfile.BadZipFile, RuntimeError) as error:
        raise _damaged(name, error) from error


def _damaged(name: str, error: Exception) -> IncompleteFileError:
    hint = "Ask the source to deliver it again."
    return IncompleteFileError(f"{name} is cut off or damaged ({error}).", hint=hint)


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
        marked = next((kind for mark, kind in MARKS.items() if start.startswith(mark)), None)
        if marked or b"\0" in start:
            raise InputFileError(
                f"{name} is written in {marked or 'UTF-16 or UTF-32, or is no text'}.",
                hint="Say the `encoding` in the mapping, such as utf-16.",
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
