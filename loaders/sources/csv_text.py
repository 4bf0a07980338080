"""A look at a CSV file before DuckDB reads it: header, line ends, quotes, the longest line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from loaders.errors import EmptyFileError, InputFileError
from loaders.mapping import Layout

CHUNK = 1 << 20
HEADER_BYTES = 1 << 20
# DuckDB says which line is too long for it, up to this length; more of it in memory would be an attack.
MAX_RECORD_BYTES = 16 << 20
# Several columns more than a table of Redshift holds: a foreign file may be wider than what is taken of it.
MAX_COLUMNS = 4_000
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
        longest: Bytes of the longest line, or of the longest row of lines within quotes.
    """

    has_nul: bool = False
    regular: bool = True
    newline_in_quotes: bool = False
    mixed_ends: bool = False
    open_at_end: bool = False
    line_end: bytes = b"\n"
    longest: int = 0

    @property
    def parallel(self) -> bool:
        """Whether DuckDB may read it with several scanners.

        They guess wrong within quoted line ends, and lose a line that fills a whole buffer without a word.
        """
        return self.regular and not self.newline_in_quotes and self.longest <= CHUNK


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
    source = io.StringIO(text, newline="")
    try:
        if len(dialect.delimiter) > 1:
            fields = source.readline().rstrip("\r\n").split(dialect.delimiter)
            fields = [field.strip(dialect.quote or None) for field in fields]
        else:
            fields = next(_reader(source, dialect))
    except (csv.Error, StopIteration) as error:
        raise InputFileError(f"The header of {name} can't be read ({error}).") from error
    if len(start) == HEADER_BYTES and source.tell() == len(text):
        raise InputFileError(f"The header of {name} is over {HEADER_BYTES:,} bytes long.")
    if len(fields) > MAX_COLUMNS:
        raise InputFileError(f"{name} has {len(fields):,} columns, over {MAX_COLUMNS:,}.")
    if "\0" in "".join(fields):
        raise InputFileError(
            f"The header of {name} holds NUL bytes: it is no text, or of another encoding.",
            hint="Say the `encoding` in the mapping.",
        )
    return [field.strip() or f"column{index}" for index, field in enumerate(fields, start=1)]


def _reader(source: io.StringIO, dialect: Dialect) -> Iterator[list[str]]:
    escape = dialect.escape if dialect.escape not in ("", dialect.quote) else None
    return csv.reader(
        source,
        delimiter=dialect.delimiter,
        quotechar=dialect.quote or None,
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        escapechar=escape,
        skipinitialspace=False,
    )


def scan(path: Path, dialect: Dialect, name: str) -> Look:
    """Look through the bytes of a file.

    Args:
        path: The file, in UTF-8.
        dialect: How it is written.
        name: Name for messages.

    Returns:
        What DuckDB's reader must be told.

    Raises:
        InputFileError: A line is longer than any that is worth to be kept as a dead letter.
    """
    scanner = _Scanner(dialect)
    with path.open("rb") as stream:
        chunk = stream.read(CHUNK)
        while chunk:
            following = stream.read(CHUNK)
            scanner.feed(chunk, following[0] if following else LF)
            chunk = following
    look = scanner.finish()
    if look.longest > MAX_RECORD_BYTES:
        raise InputFileError(
            f"{name} has a line of {look.longest:,} bytes, over {MAX_RECORD_BYTES:,}.",
            hint="Does it have line ends, is a quote never closed, and are delimiter and quote right?",
        )
    return look


class _Scanner:
    """State between chunks: whether the last one ended within quotes, its last byte, where the line began."""

    def __init__(self, dialect: Dialect) -> None:
        self.look = Look()
        self.quote = dialect.quote.encode()
        self.escape = dialect.escape.encode() if dialect.escape != dialect.quote else b""
        around = dialect.delimiter.encode()
        self.before = np.array([LF, CR, around[-1], *self.quote[:1]], dtype=np.uint8)
        self.after = np.array([LF, CR, around[0], *self.quote[:1]], dtype=np.uint8)
        self.inside, self.last = 0, LF
        self.ends = [0, 0, 0]  # \n, \r, \r\n outside quotes; the last are counted as the others, too
        self.size = 0
        self.line_from = self.record_from = 0  # where the line begins, and the row of lines within quotes
        self.longest = [0, 0]  # line, record

    def feed(self, chunk: bytes, following: int) -> None:
        self.look.has_nul |= b"\0" in chunk
        self.look.regular &= not self.escape or self.escape not in chunk
        ends = [at for at in (chunk.find(b"\n"), chunk.find(b"\r")) if at >= 0]
        last_end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
        if ends:
            self.longest[0] = max(self.longest[0], self.size + min(ends) - self.line_from)
            self.line_from = self.size + last_end + 1
        if self.quote and (self.quote in chunk or self.inside):
            self._feed_quoted(np.frombuffer(chunk, dtype=np.uint8), following)
        else:
            both = chunk.count(b"\r\n") + (self.last == CR and chunk[0] == LF)
            self._count(chunk.count(b"\n"), chunk.count(b"\r"), both)
            if ends:
                self._end_record(min(ends), last_end)
        self.last = chunk[-1]
        self.size += len(chunk)

    def _count(self, feeds: int, returns: int, both: int) -> None:
        self.ends = [self.ends[0] + feeds, self.ends[1] + returns, self.ends[2] + both]

    def _end_record(self, first: int, last: int) -> None:
        self.longest[1] = max(self.longest[1], self.size + first - self.record_from)
        self.record_from = self.size + last + 1

    def _feed_quoted(self, data: Bytes, following: int) -> None:
        quotes = np.flatnonzero(data == self.quote[0])
        opens = (np.arange(len(quotes)) + self.inside) % 2 == 0
        previous = np.where(quotes > 0, data[quotes - 1], self.last)
        after = np.where(quotes < len(data) - 1, data[np.minimum(quotes + 1, len(data) - 1)], following)
        # A byte order mark may stand before the first quote of a file.
        self.look.regular &= bool(np.isin(previous[opens], [*self.before, 0xBF]).all())
        self.look.regular &= bool(np.isin(after[~opens], self.after).all())
        feeds, returns = np.flatnonzero(data == LF), np.flatnonzero(data == CR)
        outside_feeds, outside_returns = self._outside(feeds, quotes), self._outside(returns, quotes)
        if len(outside_feeds) + len(outside_returns) < len(feeds) + len(returns):
            self.look.newline_in_quotes = True
        both = np.count_nonzero(data[outside_feeds[outside_feeds > 0] - 1] == CR)
        both += bool(len(outside_feeds) and outside_feeds[0] == 0 and self.last == CR)
        self._count(len(outside_feeds), len(outside_returns), int(both))
        ends = [int(at[place]) for at in (outside_feeds, outside_returns) if len(at) for place in (0, -1)]
        if ends:
            self._end_record(min(ends), max(ends))
        self.inside = (self.inside + len(quotes)) % 2

    def _outside(self, positions: Indexes, quotes: Indexes) -> Indexes:
        outside: Indexes = positions[(np.searchsorted(quotes, positions) + self.inside) % 2 == 0]
        return outside

    def finish(self) -> Look:
        feeds, returns, both = self.ends[0] - self.ends[2], self.ends[1] - self.ends[2], self.ends[2]
        if not feeds:
            self.look.line_end = b"\r\n" if both else b"\r" if returns else b"\n"
        self.look.mixed_ends = sum(count > 0 for count in (feeds, returns, both)) > 1
        self.look.open_at_end = self.inside == 1
        line = max(self.longest[0], self.size - self.line_from)
        record = max(self.longest[1], self.size - self.record_from)
        # Where quotes stand anywhere, what is within them is anybody's guess.
        self.look.longest = record if self.look.regular else line
        return self.look
