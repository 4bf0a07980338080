"""A look at a CSV file before DuckDB reads it: header, line ends, quotes; made regular where it must be."""

from __future__ import annotations

import csv
import io
import mmap
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from loaders.errors import EmptyFileError, InputFileError
from loaders.mapping import Layout

CHUNK = 8 << 20
HEADER_BYTES = 1 << 20
LF, CR = 10, 13

Bytes = npt.NDArray[np.uint8]
Indexes = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Dialect:
    """Delimiter, quote and escape of a file; quote and escape may be empty."""

    delimiter: str = ","
    quote: str = '"'
    escape: str = '"'

    @classmethod
    def of(cls, layout: Layout) -> Dialect:
        """Take the dialect of a layout, with the defaults."""
        quote = '"' if layout.quote is None else layout.quote
        return cls(layout.delimiter or ",", quote, quote if layout.escape is None else layout.escape)


@dataclass
class Look:
    """What a scan of the bytes found.

    Attributes:
        has_nul: There is a NUL byte.
        regular: Quotes stand only where fields begin and end, or doubled within.
        newline_in_quotes: A quoted value holds a line end.
        mixed_ends: Lines end in more than one way.
        open_at_end: The file ends within quotes.
        line_end: How lines end where all end alike.
    """

    has_nul: bool = False
    regular: bool = True
    newline_in_quotes: bool = False
    mixed_ends: bool = False
    open_at_end: bool = False
    line_end: bytes = b"\n"

    @property
    def parallel(self) -> bool:
        """Whether DuckDB may read it with several scanners: it may guess wrong within quoted line ends."""
        return self.regular and not self.newline_in_quotes


def read_header(path: Path, dialect: Dialect, name: str) -> list[str]:
    """Read the names of the columns.

    Args:
        path: The file, in UTF-8.
        dialect: How it is written.
        name: Name for messages.

    Returns:
        The names without surrounding blanks; a nameless column is called `column<n>`.

    Raises:
        EmptyFileError: There is nothing but blanks.
        InputFileError: The first line is no header.
    """
    with path.open("rb") as stream:
        start = stream.read(HEADER_BYTES)
    text = start.decode("utf-8-sig", errors="replace")
    if not text.strip() and len(start) < HEADER_BYTES:
        raise EmptyFileError(f"{name} is empty.", hint="Ask the source to deliver it again.")
    try:
        if len(dialect.delimiter) > 1:
            fields = re.split(r"\r\n|\r|\n", text, maxsplit=1)[0].split(dialect.delimiter)
            fields = [field.strip(dialect.quote or None) for field in fields]
        else:
            fields = next(_reader(text, dialect))
    except (csv.Error, StopIteration) as error:
        raise InputFileError(f"The header of {name} can't be read ({error}).") from error
    return [field.strip() or f"column{index}" for index, field in enumerate(fields, start=1)]


def _reader(text: str, dialect: Dialect) -> Iterator[list[str]]:
    escape = dialect.escape if dialect.escape not in ("", dialect.quote) else None
    return csv.reader(
        io.StringIO(text, newline=""),
        delimiter=dialect.delimiter,
        quotechar=dialect.quote or None,
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        escapechar=escape,
        skipinitialspace=False,
    )


def scan(path: Path, dialect: Dialect) -> Look:
    """Look through the bytes of a file.

    Args:
        path: The file, in UTF-8.
        dialect: How it is written.

    Returns:
        What DuckDB's reader must be told.
    """
    scanner = _Scanner(dialect)
    with path.open("rb") as stream:
        while chunk := _read(stream, dialect):
            scanner.feed(chunk)
    return scanner.finish()


def _read(stream: IO[bytes], dialect: Dialect) -> bytes:
    chunk = stream.read(CHUNK)
    ends = tuple(text.encode() for text in ("\r", dialect.quote) if text)
    while chunk.endswith(ends) and (more := stream.read(CHUNK)):
        chunk += more
    return chunk


class _Scanner:
    """State between chunks: whether the last one ended within quotes, and its last byte."""

    def __init__(self, dialect: Dialect) -> None:
        self.look = Look()
        self.quote = dialect.quote.encode()
        self.escape = dialect.escape.encode() if dialect.escape != dialect.quote else b""
        around = dialect.delimiter.encode()
        self.before = np.array([LF, CR, around[-1], *self.quote[:1]], dtype=np.uint8)
        self.after = np.array([LF, CR, around[0], *self.quote[:1]], dtype=np.uint8)
        self.inside = 0
        self.last = LF
        self.ends = [0, 0, 0]  # \n, \r, \r\n outside quotes

    def feed(self, chunk: bytes) -> None:
        self.look.has_nul |= b"\0" in chunk
        if self.escape and self.escape in chunk:
            self.look.regular = False
        if self.quote and (self.quote in chunk or self.inside):
            self._feed_quoted(np.frombuffer(chunk, dtype=np.uint8))
        else:
            both = chunk.count(b"\r\n") if b"\r" in chunk else 0
            returns = chunk.count(b"\r") if b"\r" in chunk else 0
            self._count(chunk.count(b"\n") - both, returns - both, both)
        self.last = chunk[-1]

    def _count(self, feeds: int, returns: int, both: int) -> None:
        self.ends = [self.ends[0] + feeds, self.ends[1] + returns, self.ends[2] + both]

    def _feed_quoted(self, data: Bytes) -> None:
        quotes = np.flatnonzero(data == self.quote[0])
        opens = (np.arange(len(quotes)) + self.inside) % 2 == 0
        previous = np.where(quotes > 0, data[quotes - 1], self.last)
        following = np.where(quotes < len(data) - 1, data[np.minimum(quotes + 1, len(data) - 1)], LF)
        # A byte order mark may stand before the first quote of a file.
        self.look.regular &= bool(np.isin(previous[opens], [*self.before, 0xBF]).all())
        self.look.regular &= bool(np.isin(following[~opens], self.after).all())
        feeds, returns = np.flatnonzero(data == LF), np.flatnonzero(data == CR)
        outside_feeds, outside_returns = self._outside(feeds, quotes), self._outside(returns, quotes)
        if len(outside_feeds) + len(outside_returns) < len(feeds) + len(returns):
            self.look.newline_in_quotes = True
        both = len(np.intersect1d(outside_feeds - 1, outside_returns, assume_unique=True))
        self._count(len(outside_feeds) - both, len(outside_returns) - both, both)
        self.inside = (self.inside + len(quotes)) % 2

    def _outside(self, positions: Indexes, quotes: Indexes) -> Indexes:
        outside: Indexes = positions[(np.searchsorted(quotes, positions) + self.inside) % 2 == 0]
        return outside

    def finish(self) -> Look:
        if not self.ends[0]:
            self.look.line_end = b"\r\n" if self.ends[2] else b"\r" if self.ends[1] else b"\n"
        self.look.mixed_ends = sum(count > 0 for count in self.ends) > 1
        self.look.open_at_end = self.inside == 1
        return self.look


def unify_line_ends(path: Path, dialect: Dialect, scratch: Path) -> Path:
    r"""Write a copy in which every line ends in `\n`; line ends within quotes stay as they are.

    Args:
        path: The file, in UTF-8.
        dialect: How it is written.
        scratch: Folder for the copy.

    Returns:
        The copy.
    """
    target = scratch / "lines"
    with (
        path.open("rb") as source,
        target.open("wb") as out,
        mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ) as data,
    ):
        written = 0
        for token in _tokens(dialect).finditer(data):
            if data[token.start()] == CR:
                out.write(data[written : token.start()])
                out.write(b"\n")
                written = token.end()
        for start in range(written, len(data), CHUNK):
            out.write(data[start : start + CHUNK])
    return target


def close_with(path: Path, line: bytes, line_end: bytes, scratch: Path) -> Path:
    """Write a copy with a last line of its own.

    Args:
        path: The file, in UTF-8.
        line: The line.
        line_end: How its lines end.
        scratch: Folder for the copy.

    Returns:
        The copy.
    """
    target = scratch / "closed"
    with path.open("rb") as source, target.open("wb") as out:
        shutil.copyfileobj(source, out, CHUNK)
        out.write(line_end + line + line_end)
    return target


def _tokens(dialect: Dialect) -> re.Pattern[bytes]:
    ends = rb"\r\n?"
    if not dialect.quote:
        return re.compile(ends)
    quote, before = re.escape(dialect.quote.encode()), re.escape(dialect.delimiter.encode()[-1:])
    if dialect.escape in ("", dialect.quote):
        body = rb"(?:[^%b]|%b%b)*+" % (quote, quote, quote)
    else:
        escape = re.escape(dialect.escape.encode())
        body = rb"(?:[^%b%b]|%b.)*+" % (quote, escape, escape)
    return re.compile(rb"(?<![^%b\r\n])%b%b%b|%b" % (before, quote, body, quote, ends), re.DOTALL)
