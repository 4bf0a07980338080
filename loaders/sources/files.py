"""Discovery of the files to load: which are there, which table each is for and which day it speaks for."""

from __future__ import annotations

import hashlib
import os
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path, PurePosixPath

from loaders.errors import IncompleteFileError, InputFileError, NothingToLoadError
from loaders.mapping import Entry, FileDate, Mapping
from loaders.sources.zips import CONTROL, open_zip

IGNORED_PREFIXES = ("_", ".")
IGNORED_SUFFIXES = (".part", ".tmp", ".filepart", ".crdownload", ".swp", "~")
MAX_NAME_BYTES = 500
HASH_CHUNK = 1 << 20


@dataclass(frozen=True)
class InputFile:
    """A file, or a member of a zip archive, bound to its table."""

    path: Path
    name: str
    table: str
    file_date: date
    entry: Entry
    member: str | None = None
    look: tuple[int, int] = (0, 0)
    problem: InputFileError | None = None


@dataclass(frozen=True)
class Discovery:
    """What a folder holds."""

    files: list[InputFile]
    later: list[InputFile] = field(default_factory=list)
    unmatched: list[Path] = field(default_factory=list)


def discover(
    mapping: Mapping, path: Path, as_of: date | None = None, file_date: date | None = None
) -> Discovery:
    """Find the files that a mapping can load.

    Args:
        mapping: Mapping whose patterns are tried in order.
        path: A folder, or one file.
        as_of: Files that speak for a later day are set aside.
        file_date: Day of files for which the mapping knows none.

    Returns:
        Files in the order of their days, then names.

    Raises:
        NothingToLoadError: The path does not exist, or nothing in it fits.
    """
    if not path.exists():
        raise NothingToLoadError(f"{path} does not exist.", hint="Give a folder or a file.")
    files: list[InputFile] = []
    unmatched: list[Path] = []
    for candidate in _walk(path):
        found = list(_inputs(mapping, path, candidate, file_date))
        files.extend(found)
        if not found:
            unmatched.append(candidate)
    if not files:
        patterns = ", ".join(entry.raw.pattern for entry in mapping.entries)
        raise NothingToLoadError(
            f"Nothing in {path} fits the mapping {mapping.name} ({len(unmatched)} other files).",
            hint=f"It looks for {patterns}.",
        )
    files.sort(key=lambda file: (file.file_date, file.name))
    later = [file for file in files if as_of and file.file_date > as_of]
    return Discovery([file for file in files if file not in later], later, unmatched)


def look_at(path: Path) -> tuple[int, int]:
    """Look at a file's size and time, which differ between two looks while it grows."""
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns


def check_settled(file: InputFile) -> None:
    """Make sure that a file is still the one that was discovered.

    Args:
        file: The file.

    Raises:
        IncompleteFileError: It changed or vanished since.
    """
    try:
        now = look_at(file.path)
    except FileNotFoundError:
        now = (-1, -1)
    if now != file.look:
        raise IncompleteFileError(
            f"{file.name} changed while it was read: it is still being written.",
            hint="Load it again when it is complete; write to a .part name and rename.",
        )


def digest(path: Path) -> str:
    """Compute the sha256 of a file's bytes.

    Args:
        path: The file.

    Returns:
        The digest in hexadecimal.
    """
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _walk(root: Path) -> Iterator[Path]:
    if not root.is_dir():
        yield root
        return
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith(IGNORED_PREFIXES))
        for name in sorted(names):
            if not name.startswith(IGNORED_PREFIXES) and not name.lower().endswith(IGNORED_SUFFIXES):
                yield Path(folder, name)


def _inputs(mapping: Mapping, root: Path, path: Path, file_date: date | None) -> Iterator[InputFile]:
    # The folder's own name counts too, so that `load landing/cards` works as `load landing` does.
    posix = path.absolute().as_posix()
    whole = mapping.match(posix)
    if problem := _problem(root, path):
        if whole:
            yield _input(path, whole, file_date, problem=problem)
        return
    if path.suffix.lower() != ".zip":
        if whole:
            yield _input(path, whole, file_date)
        return
    try:
        members = _members(path)
    except (InputFileError, zipfile.BadZipFile, OSError, ValueError) as error:
        problem = error if isinstance(error, InputFileError) else IncompleteFileError(
            f"{path.name} is no complete zip archive ({error}).", hint="Deliver it again."
        )  # fmt: skip
        if whole:
            yield _input(path, whole, file_date, problem=problem)
        return
    for member in members:
        match = (whole[0], whole[1], f"{whole[2]}/{member}") if whole else mapping.match(f"{posix}/{member}")
        if match:
            yield _input(path, match, file_date, member=member)


def _problem(root: Path, path: Path) -> InputFileError | None:
    """Say why a path can't be opened at all: a pipe would be waited for, a device never end."""
    shown = printable(path.name)
    if path.is_symlink() and not (path.is_file() and path.resolve().is_relative_to(root.resolve())):
        problem = InputFileError(
            f"{shown} is a link out of its folder, or to nothing.", hint="Deliver the file itself."
        )
    elif not path.is_file():
        problem = InputFileError(f"{shown} is a pipe, a socket or a device.", hint="Deliver a file.")
    elif CONTROL.search(path.name):
        problem = InputFileError(
            f"The name {shown} holds control characters, or is not UTF-8.", hint="Rename it."
        )
    else:
        return None
    return problem


def printable(name: str) -> str:
    """Write a name so that it is one line of text wherever it is shown.

    Args:
        name: Any name, such as one of a foreign file.

    Returns:
        The name, with codes in place of what controls terminals or is no text.
    """
    return CONTROL.sub(lambda found: ascii(found[0])[1:-1], name)


def _members(path: Path) -> list[str]:
    with open_zip(path) as archive:
        names = [info.filename for info in archive.infolist() if not info.is_dir()]
    return sorted(name for name in names if not PurePosixPath(name).name.startswith(IGNORED_PREFIXES))


def _input(
    path: Path,
    match: tuple[Entry, str, str],
    fallback: date | None,
    *,
    member: str | None = None,
    problem: InputFileError | None = None,
) -> InputFile:
    entry, table, tail = match
    day = _day(entry.file_date, tail) or fallback
    if day is None:
        problem = InputFileError(f"The mapping finds no day in the name {tail}.", hint="Give --file-date.")
    if len(tail.encode(errors="replace")) > MAX_NAME_BYTES:
        problem = InputFileError(f"The name {printable(tail[:60])}… is over {MAX_NAME_BYTES} bytes long.")
    look = (0, 0) if problem else look_at(path)
    return InputFile(path, printable(tail), table, day or date.min, entry, member, look, problem)


def _day(rule: date | FileDate | None, name: str) -> date | None:
    if not isinstance(rule, FileDate):
        return rule
    found = re.search(rule.regex, name)
    if not found:
        return None
    try:
        return datetime.strptime(found[found.lastindex or 0], rule.format).date()
    except ValueError:
        return None
