"""COPY, executed within the client's transaction."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.redshift.standin.copy_files import S3File, S3Reader, files_to_load, lengths, unpacked
from tests.redshift.standin.copy_parquet import csv_of_parquet
from tests.redshift.standin.copy_read import Row, decoded, rows_of
from tests.redshift.standin.copy_values import BadFieldError, Column, Converter, column_of, converter
from tests.redshift.standin.errors import INTERNAL_ERROR, RedshiftError
from tests.redshift.standin.specials import dotted
from tests.redshift.standin.tokens import literal, quoted_name

if TYPE_CHECKING:
    from tests.redshift.standin.copy_command import CopyCommand
    from tests.redshift.standin.session import Session

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_BLOCK_ROWS = 5000


@dataclass(slots=True)
class Load:
    """One COPY under way."""

    session: Session
    command: CopyCommand
    query_id: int
    table_id: int
    columns: list[Column]
    started: datetime.datetime = field(
        default_factory=lambda: datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    )
    loaded: int = 0
    errors: int = 0
    bytes_read: int = 0

    def log_error(
        self, file: S3File, row: Row, place: int, column: Column | None, bad: BadFieldError
    ) -> None:
        """A row for stl_load_errors."""
        value = row.fields[place] if column and place < len(row.fields) else ""
        self.session.log.write(
            "stl_load_errors",
            {
                "userid": 100,
                "slice": 0,
                "tbl": self.table_id,
                "starttime": self.started.isoformat(" "),
                "session": self.session.pid,
                "query": self.query_id,
                "filename": file.url,
                "line_number": row.line,
                "colname": column.name if column else "",
                "type": column.type[:10] if column else "",
                "col_length": str(column.size) if column else "",
                "position": place,
                "raw_line": _clean(row.raw)[:1024],
                "raw_field_value": _clean(value or "")[:1024],
                "err_code": bad.code,
                "err_reason": _clean(bad.reason)[:100],
                "is_partial": 0,
                "start_offset": 0,
            },
        )

    def log_commit(self, file: S3File, lines: int, errors: int) -> None:
        """A row for stl_load_commits."""
        self.session.log.write(
            "stl_load_commits",
            {
                "userid": 100,
                "query": self.query_id,
                "slice": 0,
                "name": f"s3 {file.key}"[:256],
                "filename": file.url,
                "byte_offset": 0,
                "lines_scanned": lines,
                "errors": errors,
                "curtime": _now(),
                "status": 1,
                "file_format": self.command.format or "text",
                "is_partial": 0,
                "start_offset": 0,
                "copy_job_id": -1,
            },
        )

    def log_history(self, status: str, files: int) -> None:
        """A row for sys_load_history."""
        self.session.log.write(
            "sys_load_history",
            {
                "user_id": 100,
                "query_id": self.query_id,
                "transaction_id": self.query_id,
                "session_id": self.session.pid,
                "database_name": self.session.options.database,
                "table_name": self.command.table[-1],
                "start_time": self.started.isoformat(" "),
                "end_time": _now(),
                "duration": 0,
                "status": status,
                "file_format": self.command.format or "text",
                "loaded_rows": self.loaded,
                "loaded_bytes": self.bytes_read,
                "source_file_count": files,
                "source_file_bytes": self.bytes_read,
                "file_count_scanned": files,
                "file_bytes_scanned": self.bytes_read,
                "error_count": self.errors,
                "copy_job_id": -1,
                "table_id": self.table_id,
            },
        )


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).replace(tzinfo=None).isoformat(" ")


def _clean(text: str) -> str:
    return text.replace("\0", "").encode(errors="replace").decode()


def run_copy(session: Session, command: CopyCommand) -> str:
    """Load the files; the tag tells how many rows."""
    load = _begin(session, command)
    session.lock_for_writing(command.table)
    status, files = "aborted", list[S3File]()
    try:
        reader = S3Reader(session.options)
        files = files_to_load(reader, command)
        stated = lengths(reader, command) if command.format == "parquet" else {}
        for file in files:
            data = reader.read(file)
            load.bytes_read += len(data)
            if stated.get(file.url, len(data)) != len(data):
                raise RedshiftError(
                    f"The content length of {file.url} is {len(data)}, not {stated[file.url]}", INTERNAL_ERROR
                )
            before, errors = load.loaded, load.errors
            _load_file(load, file, data)
            load.log_commit(file, load.loaded - before + load.errors - errors, load.errors - errors)
        status = "completed"
    finally:
        load.log_history(status, len(files))
    count = 0 if command.has("noload") else load.loaded
    session.backend.query(f"set rs.copy_count = {count}; set rs.copy_id = {load.query_id}")
    session.notice(
        f"Load into table '{command.table[-1]}' completed, {load.loaded} record(s) loaded successfully."
    )
    return f"COPY {count}"


def _begin(session: Session, command: CopyCommand) -> Load:
    name = dotted(command.table)
    rows = session.backend.query(
        "select a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity <> '', "
        "pg_get_expr(d.adbin, d.adrelid), a.attrelid::oid "
        "from pg_attribute as a left join pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum "
        f"where a.attrelid = {literal(name)}::regclass "
        "and a.attnum > 0 and not a.attisdropped order by a.attnum"
    )
    found = [
        column_of(f"{row[0]}", f"{row[1]}", required=row[2] == "t", identity=row[3] == "t", default=row[4])
        for row in rows
    ]
    by_name = {column.name: column for column in found}
    for wanted in command.columns:
        if wanted not in by_name:
            raise RedshiftError(
                f'column "{wanted}" of relation "{command.table[-1]}" does not exist', "42703"
            )
    chosen = [by_name[wanted] for wanted in command.columns]
    columns = chosen or [column for column in found if not column.identity or command.has("explicit_ids")]
    return Load(session, command, session.log.next_id(), int(rows[0][5] or 0) if rows else 0, columns)


def _load_file(load: Load, file: S3File, data: bytes) -> None:
    if load.command.format == "parquet":
        text, count = csv_of_parquet(data, load.columns, file)
        if count:
            parts = (text[at : at + (1 << 20)] for at in range(0, len(text), 1 << 20))
            load.session.backend.copy_in(_copy_sql(load, "with (format csv)"), parts)
        load.loaded += count
        return
    text_of_file = decoded(unpacked(data, load.command, file), load.command)
    blocks = _blocks(load, file, text_of_file)
    if load.command.has("noload"):
        for _ in blocks:
            continue
        return
    # All rows are checked before the first is sent: a fault leaves the server's session as it was.
    load.session.backend.copy_in(_copy_sql(load, ""), iter(list(blocks)))


def _copy_sql(load: Load, options: str) -> str:
    names = ", ".join(quoted_name(column.name) for column in load.columns)
    return f"copy {dotted(load.command.table)} ({names}) from stdin {options}"


def _blocks(load: Load, file: S3File, text: str) -> Iterator[bytes]:
    converters = [converter(column, load.command) for column in load.columns]
    lines: list[str] = []
    for row in rows_of(text, load.columns, load.command):
        line = _line(load, file, row, converters)
        if line is None:
            continue
        lines.append(line)
        load.loaded += 1
        if len(lines) >= _BLOCK_ROWS:
            yield "".join(lines).encode()
            lines.clear()
    if lines:
        yield "".join(lines).encode()


def _line(load: Load, file: S3File, row: Row, converters: list[Converter]) -> str | None:
    """A row as PostgreSQL's COPY reads it, or nothing where it is bad and may be skipped."""
    cells: list[str] = []
    try:
        if row.fault:
            raise row.fault
        for column, convert, text in zip(load.columns, converters, row.fields, strict=True):
            value = None if text is None else convert(text)
            if value is None and column.required:
                raise BadFieldError(1213, "Missing data for not-null field")
            cells.append("\\N" if value is None else value.translate(_ESCAPES))
    except BadFieldError as bad:
        column_at_fault = None if row.fault else load.columns[len(cells)]
        load.log_error(file, row, len(cells), column_at_fault, bad)
        load.errors += 1
        if load.errors > load.command.max_errors and not load.command.has("ignoreallerrors"):
            table = load.command.table[-1]
            words = f"Load into table '{table}' failed.  Check 'stl_load_errors' system table for details."
            raise RedshiftError(words, INTERNAL_ERROR) from bad
        return None
    return "\t".join(cells) + "\n"
