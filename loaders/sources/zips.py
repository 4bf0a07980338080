"""Zip archives: opened only where nothing in them lies, hides, overlaps or leaves its folder."""

from __future__ import annotations

import re
import stat
import zipfile
from pathlib import Path, PurePosixPath

from loaders.errors import InputFileError

MAX_MEMBERS = 1_000
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # those that Python expands a piece at a time
LOCAL_HEADER_BYTES = 30
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def open_zip(path: Path) -> zipfile.ZipFile:
    """Open an archive.

    Args:
        path: The archive.

    Returns:
        The archive, for a with statement; each member can be read by its name.

    Raises:
        InputFileError: A member can't be trusted.
        zipfile.BadZipFile: It is no complete archive.
    """
    archive = zipfile.ZipFile(path)
    try:
        _check(path.name, archive)
    except BaseException:
        archive.close()
        raise
    return archive


def _check(name: str, archive: zipfile.ZipFile) -> None:
    infos = archive.infolist()
    if len(infos) > MAX_MEMBERS:
        raise InputFileError(f"{name} holds over {MAX_MEMBERS:,} files.")
    for info in infos:
        if problem := _problem(info):
            raise InputFileError(f"{name} holds {info.orig_filename[:100]!r}, {problem}.")
    places = [PurePosixPath(_slashed(info)).as_posix().casefold() for info in infos]
    if len(set(places)) != len(places):
        raise InputFileError(f"{name} holds one name twice.")
    end = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:
            raise InputFileError(f"{name} holds {info.filename[:100]!r}, which overlaps another file.")
        end = info.header_offset + LOCAL_HEADER_BYTES + len(info.orig_filename) + info.compress_size


def _slashed(info: zipfile.ZipInfo) -> str:
    return info.orig_filename.replace("\\", "/")


def _problem(info: zipfile.ZipInfo) -> str:
    path = PurePosixPath(_slashed(info))
    if path.is_absolute() or ".." in path.parts or re.match(r"[A-Za-z]:", info.orig_filename):
        return "a name that leaves its folder"
    if CONTROL.search(info.orig_filename):
        return "a name with control characters"
    if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "which is a link or a device"
    if info.flag_bits & 1:
        return "which is encrypted"
    if info.compress_type not in METHODS:
        return f"compressed by method {info.compress_type}; only deflate is read"
    return ""
