"""Copies of CSV files made regular where DuckDB's reader needs it."""

from __future__ import annotations

import mmap
import re
import shutil
from pathlib import Path
from typing import IO

from loaders.sources.csv_text import CHUNK, CR, LF, Dialect


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
        for quoted in _quoted_fields(dialect).finditer(data) if dialect.quote else ():
            _unify(data, written, quoted.start(), out)
            written = quoted.end()
            for start in range(quoted.start(), written, CHUNK):
                out.write(data[start : min(start + CHUNK, written)])
        _unify(data, written, len(data), out)
    return target


def _unify(data: mmap.mmap, start: int, stop: int, out: IO[bytes]) -> None:
    while start < stop:
        end = min(start + CHUNK, stop)
        if end < stop and data[end - 1] == CR and data[end] == LF:
            end += 1
        out.write(data[start:end].replace(b"\r\n", b"\n").replace(b"\r", b"\n"))
        start = end


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
    shutil.copyfile(path, target)
    with target.open("ab") as out:
        out.write(line_end + line + line_end)
    return target


def _quoted_fields(dialect: Dialect) -> re.Pattern[bytes]:
    quote, before = re.escape(dialect.quote.encode()), re.escape(dialect.delimiter.encode()[-1:])
    if dialect.escape in ("", dialect.quote):
        body = rb"(?:[^%b]|%b%b)*+" % (quote, quote, quote)
    else:
        escape = re.escape(dialect.escape.encode())
        body = rb"(?:[^%b%b]|%b.)*+" % (quote, escape, escape)
    return re.compile(rb"(?<![^%b\r\n])%b%b%b" % (before, quote, body, quote), re.DOTALL)
