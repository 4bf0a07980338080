"""Relations that give a file's rows as text, one column for each column of the file, in the file's order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from loaders import sql
from loaders.errors import EmptyFileError, IncompleteFileError, InputFileError
from loaders.mapping import Layout
from loaders.sources.csv_repair import unify_line_ends
from loaders.sources.csv_text import MAX_COLUMNS, Dialect, Look, scan

NO_NULL = "\x01\x02"  # a text that means null for DuckDB's reader; null is decided later, column by column
NO_DELIMITER = "\x03"
MAX_LINE_BYTES = 2 << 20
TAIL_BYTES = 64 << 10
MAX_OBJECT_BYTES = 16 << 20
ONE_FIELD = Dialect(NO_DELIMITER, "", "")
SCRATCH_PATH = re.compile(r"[\"']?/\S+/(?:content|utf8|lines|closed)\b[\"']?")
END = "~end of file~"
PROBLEM = '"~problem"'  # reason code of a row that can't be split into columns
LINE = '"~line"'  # the row as it came, where there is a problem


@dataclass(frozen=True)
class Rows:
    """A file's rows as SQL.

    Attributes:
        relation: SQL of a table expression.
        reread: The same to be read once more, without the table of rejects.
        names: Names of the columns that the file has.
        line_rows: Whether the relation has the columns PROBLEM and LINE.
        rejects: Name of the table that holds what DuckDB's reader could not split, if it may.
        first_line: Number of the first row's line in that table.
        may_have_nul: Whether a text may hold a NUL.
        ends: Whether a row of END closes the file, which proves that no open quote swallowed rows before it.
        numbers: SQL of a table expression with `position` (from 0) and `row_number`, if rows bring their own.
    """

    relation: str
    reread: str
    names: tuple[str, ...]
    line_rows: bool = False
    rejects: str | None = None
    first_line: int = 1
    may_have_nul: bool = False
    ends: bool = False
    numbers: str | None = None


def csv_rows(
    path: Path, names: Sequence[str], dialect: Dialect, look: Look, *, header: bool, tag: str
) -> Rows:
    """Read a CSV file.

    Args:
        path: The file, in UTF-8, its line ends alike, closed by END where it can't be read in parallel.
        names: Names of its columns, all different.
        dialect: How it is written.
        look: What the scan of its bytes found.
        header: Whether its first line is a header.
        tag: Part of the names of DuckDB's tables of rejected lines.

    Returns:
        The rows.
    """
    relation, reread = (
        _read_csv(path, names, dialect, header=header, parallel=look.parallel, tag=t)
        for t in (tag, f"{tag}_again")
    )
    return Rows(
        relation=relation,
        reread=reread,
        names=tuple(names),
        rejects=f"bm_errors_{tag}",
        first_line=2 if header else 1,
        may_have_nul=look.has_nul,
        ends=not look.parallel,
    )


def _read_csv(
    path: Path, names: Iterable[str], dialect: Dialect, *, header: bool, parallel: bool, tag: str
) -> str:
    columns = ", ".join(f"{sql.literal(name)}: 'varchar'" for name in names)
    return (
        f"read_csv({sql.literal(str(path))}, auto_detect = false, header = {str(header).lower()},"
        f" delim = {sql.literal(dialect.delimiter)}, quote = {sql.literal(dialect.quote)},"
        f" escape = {sql.literal(dialect.escape)}, columns = {{{columns}}}, nullstr = {sql.literal(NO_NULL)},"
        f" strict_mode = true, parallel = {str(parallel).lower()}, max_line_size = {MAX_LINE_BYTES},"
        f" store_rejects = true, rejects_limit = 0, rejects_table = 'bm_errors_{tag}',"
        f" rejects_scan = 'bm_scans_{tag}')"
    )


def json_rows(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    paths: Sequence[str],
    *,
    lines: bool,
    tag: str,
    name: str,
) -> Rows:
    """Read a file of JSON objects, one a line or in one array.

    Args:
        connection: Connection that looks at the keys.
        path: The file, in UTF-8.
        paths: Paths below the first level that the mapping reads, such as `$.user.id`.
        lines: Whether it is one object a line.
        tag: Part of the names of DuckDB's tables of rejected lines.
        name: Name of the file for messages.

    Returns:
        The rows; nested values are JSON text.
    """
    if lines:
        look = scan(path, ONE_FIELD, name)
        path = unify_line_ends(path, ONE_FIELD, path.parent) if look.mixed_ends else path
        sources = [_json_lines(path, f"{tag}{part}", look) for part in ("_keys", "", "_again")]
    else:
        _check_array_end(path, name)
        sources = [_json_array(path)] * 3
    keys = _json_keys(connection, sources[0], name)
    names = [*keys, *(path for path in dict.fromkeys(paths) if path not in keys)]
    relation, reread = (json_relation(source, names) for source in sources[1:])
    rejects = f"bm_errors_{tag}" if lines else None
    return Rows(relation, reread, tuple(names), line_rows=True, rejects=rejects, may_have_nul=True)


def _check_array_end(path: Path, name: str) -> None:
    # DuckDB takes an array that ends after a comma for a whole one.
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - TAIL_BYTES))
        if not stream.read().rstrip().endswith(b"]"):
            raise IncompleteFileError(f"{name} is cut off: its array never ends.", hint="Ask for it again.")


def replay_rows(connection: duckdb.DuckDBPyConnection, path: Path, paths: Sequence[str], name: str) -> Rows:
    """Read dead letters again.

    Args:
        connection: Connection that looks at the keys.
        path: Parquet file with `row_number` and the raw row as `line`.
        paths: Paths below the first level that the mapping reads.
        name: Name of the file that they came from, for messages.

    Returns:
        The rows under their old numbers.
    """
    source = f"(select line from read_parquet({sql.literal(str(path))}))"  # noqa: S608
    keys = _json_keys(connection, source, name)
    names = [*keys, *(path for path in dict.fromkeys(paths) if path not in keys)]
    relation = json_relation(source, names)
    numbers = (
        "(select file_row_number as position, row_number"  # noqa: S608
        f" from read_parquet({sql.literal(str(path))}, file_row_number = true))"
    )
    return Rows(relation, relation, tuple(names), line_rows=True, may_have_nul=True, numbers=numbers)


def _json_lines(path: Path, tag: str, look: Look) -> str:
    source = _read_csv(path, ["line"], ONE_FIELD, header=False, parallel=look.parallel, tag=tag)
    return f"(select line from {source} where trim(line) <> '')"  # noqa: S608


def _json_array(path: Path) -> str:
    return (
        f"(select cast(json as varchar) as line from read_json_objects({sql.literal(str(path))},"  # noqa: S608
        f" format = 'array', maximum_object_size = {MAX_OBJECT_BYTES}))"
    )


def json_relation(source: str, names: Sequence[str]) -> str:
    """Write the relation over JSON objects in the column `line`.

    Args:
        source: SQL of a table expression with that column.
        names: Keys of the first level, or paths that start with `$`.

    Returns:
        SQL of a table expression with a text column for each name, PROBLEM and LINE.
    """
    paths = "[" + sql.literals(_json_path(name) for name in names) + "]"
    cells = ", ".join(f"cells[{i}] as {sql.name(name)}" for i, name in enumerate(names, start=1))
    inexact = (
        "len(list_filter(list_zip(kinds, cells), lambda c: c[1] = 'DOUBLE'"
        " and (contains(c[2], 'e') or len(c[2]) > 16))) > 0"
    )
    is_object = "json_valid(line) and json_type(line) = 'OBJECT'"
    twice = "len(json_keys(line)) > len(list_distinct(json_keys(line)))"
    return f"""(
        select
            {cells}{"," if cells else ""}
            case when fault then 'broken_json' when {inexact} then 'out_of_range' end as {PROBLEM},
            line as {LINE}
        from (
            select
                line, fault,
                case when not fault then json_extract_string(line, {paths}) end as cells,
                case when not fault then json_type(line, {paths}) end as kinds
            from (
                select line, case when {is_object} then {twice} else true end as fault from {source}
            )
        )
    )"""  # noqa: S608


def _json_path(name: str) -> str:
    if name.startswith("$"):
        return name
    return "/" + name.replace("~", "~0").replace("/", "~1")


def _json_keys(connection: duckdb.DuckDBPyConnection, source: str, name: str) -> list[str]:
    keys = f"""
        select key from (
            select unnest(json_keys(line)) as key
            from {source} where case when json_valid(line) then json_type(line) = 'OBJECT' else false end
        ) group by key order by key limit {MAX_COLUMNS + 1}
    """  # noqa: S608
    try:
        found = [row[0] for row in connection.execute(keys).fetchall()]
    except duckdb.Error as error:
        problem = said(error, name)
        raise InputFileError(
            f"{name} can't be read as JSON objects ({problem}).", hint="Mend the file."
        ) from error
    if not found:
        raise EmptyFileError(
            f"{name} holds no JSON object with a key.", hint="Ask the source whether that is meant."
        )
    if len(found) > MAX_COLUMNS:
        raise InputFileError(f"The objects of {name} have over {MAX_COLUMNS:,} different keys.")
    return found


def said(error: duckdb.Error, name: str) -> str:
    """Give what DuckDB said about a file, with the file's name in place of the loader's path.

    Args:
        error: The error.
        name: Name of the file.

    Returns:
        Its first line.
    """
    return SCRATCH_PATH.sub(lambda _: name, str(error).splitlines()[0]).strip().rstrip(".")


def format_of(layout: Layout, name: str, start: bytes) -> str:
    """Tell a file's format: by the mapping, else by its content and name.

    Args:
        layout: The mapping's layout.
        name: Name of the file.
        start: Its first bytes, decompressed.

    Returns:
        csv, ndjson, json or parquet.
    """
    if layout.format:
        return layout.format
    if start[:4] == b"PAR1":
        return "parquet"
    stem = name.lower()
    for packed in (".gz", ".zst", ".zip"):
        stem = stem.removesuffix(packed)
    if stem.endswith((".ndjson", ".jsonl", ".json")):
        return "json" if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[") else "ndjson"
    return "csv"
