"""UNLOAD: the rows of a query to objects on S3, as text, CSV or Parquet."""

from __future__ import annotations

import csv
import gzip
import io
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from tests.redshift.standin.copy_files import S3File, S3Reader
from tests.redshift.standin.design import Cursor
from tests.redshift.standin.errors import RedshiftError, syntax_error, unsupported
from tests.redshift.standin.tokens import Group, Token, literal_value

if TYPE_CHECKING:
    from tests.redshift.standin.session import Session

Row = list[str | None]
_SLICES = 2
_FLAGS = frozenset({"header", "gzip", "allowoverwrite", "escape", "addquotes", "parquet", "csv"})
_TEXTS = {"delimiter", "null", "iam_role", "region"}
_ARROW = {
    "smallint": pa.int16(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "boolean": pa.bool_(),
    "real": pa.float32(),
    "double precision": pa.float64(),
    "date": pa.date32(),
    "timestamp without time zone": pa.timestamp("us"),
}


@dataclass(slots=True)
class Unload:
    """What an UNLOAD says."""

    query: str
    target: str
    flags: set[str] = field(default_factory=set)
    texts: dict[str, str] = field(default_factory=dict)
    manifest: bool = False
    verbose: bool = False
    parallel: bool = True


def parse_unload(cursor: Cursor) -> Unload:
    """Read an UNLOAD, or refuse it."""
    inside = cursor.group()
    if not cursor.took("to"):
        raise syntax_error("unload")
    command = Unload(_text(Cursor(inside)), _text(cursor))
    if not command.target.startswith("s3://"):
        raise unsupported(f"UNLOAD to {command.target}")
    while not cursor.done:
        _option(cursor, command)
    if "iam_role" not in command.texts:
        raise RedshiftError("UNLOAD needs an IAM_ROLE", "42601")
    lossy = command.flags & {"header", "gzip", "escape", "addquotes"} or command.texts.keys() & {
        "delimiter",
        "null",
    }
    if "parquet" in command.flags and lossy:
        raise unsupported("UNLOAD of PARQUET with options of text")
    return command


def _text(cursor: Cursor) -> str:
    node = cursor.take()
    if isinstance(node, Group) or node.kind != "string":
        raise syntax_error(node.text if isinstance(node, Token) else "(")
    return literal_value(node)


def _option(cursor: Cursor, command: Unload) -> None:
    cursor.took("format")
    cursor.took("as")
    name = cursor.word()
    cursor.take()
    if name in _FLAGS:
        command.flags.add(name)
    elif name in _TEXTS:
        cursor.took("as")
        command.texts[name] = "default" if cursor.took("default") else _text(cursor)
    elif name == "manifest":
        command.manifest, command.verbose = True, cursor.took("verbose")
    elif name == "parallel":
        command.parallel = not (cursor.took("off") or cursor.took("false"))
        if command.parallel:
            cursor.took("on")
            cursor.took("true")
    else:
        raise syntax_error(name)


def run_unload(session: Session, command: Unload, query: str) -> str:
    """Write the objects, each row in one of them; the query is translated already."""
    ask = session.backend.query
    ask(f"create temp table rs_unload on commit drop as {query}")
    columns = [
        (f"{name}", f"{kind}")
        for name, kind in ask(
            "select attname, format_type(atttypid, atttypmod) from pg_attribute "
            "where attrelid = 'rs_unload'::regclass and attnum > 0 order by attnum"
        )
    ]
    rows = ask("select * from rs_unload")
    ask("drop table rs_unload")
    _write(S3Reader(session.options), command, columns, rows)
    session.notice(f"UNLOAD completed, {len(rows)} record(s) unloaded successfully.")
    return "UNLOAD"


def _write(store: S3Reader, command: Unload, columns: list[tuple[str, str]], rows: list[Row]) -> None:
    shares = [rows[number::_SLICES] for number in range(_SLICES)] if command.parallel else [rows]
    ending = ".parquet" if "parquet" in command.flags else ".gz" if "gzip" in command.flags else ""
    entries, objects = [], {}
    for number, share in enumerate(shares):
        name = f"{number:04}_part_00" if command.parallel else f"{number:03}"
        data = _parquet(columns, share) if "parquet" in command.flags else _lines(command, columns, share)
        objects[f"{command.target}{name}{ending}"] = data
        entries.append({"url": f"{command.target}{name}{ending}"})
        if command.verbose or "parquet" in command.flags:
            entries[-1] |= {"meta": {"content_length": len(data), "record_count": len(share)}}
    if command.manifest:
        objects[f"{command.target}manifest"] = json.dumps({"entries": entries}).encode()
    files = {url: S3File(url, *url.removeprefix("s3://").split("/", 1)) for url in objects}
    for url, file in files.items():
        if "allowoverwrite" not in command.flags and store.exists(file):
            raise RedshiftError(
                f"Specified unload destination on S3 is not empty: {url}. Consider ALLOWOVERWRITE.", "XX000"
            )
    for url, file in files.items():
        store.write(file, objects[url])


def _lines(command: Unload, columns: list[tuple[str, str]], rows: list[Row]) -> bytes:
    out = io.StringIO()
    delimiter = command.texts.get("delimiter", "," if "csv" in command.flags else "|")
    null = command.texts.get("null", "")
    given = [[name for name, _ in columns], *rows] if "header" in command.flags else rows
    if "csv" in command.flags:
        writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
        writer.writerows([[null if value is None else value for value in row] for row in given])
    else:
        for row in given:
            out.write(delimiter.join(_field(command, value, delimiter, null) for value in row) + "\n")
    data = out.getvalue().encode()
    return gzip.compress(data, mtime=0) if "gzip" in command.flags else data


def _field(command: Unload, value: str | None, delimiter: str, null: str) -> str:
    if value is None:
        return null
    if "escape" in command.flags:
        for sign in ("\\", delimiter, "\n", "\r", '"', "'"):
            value = value.replace(sign, "\\" + sign)
    return f'"{value}"' if "addquotes" in command.flags else value


def _parquet(columns: list[tuple[str, str]], rows: list[Row]) -> bytes:
    arrays = {}
    for place, (name, kind) in enumerate(columns):
        values = pa.array([row[place] for row in rows], pa.string())
        if kind.startswith("numeric("):
            precision, scale = kind[8:-1].split(",")
            wanted: pa.DataType = pa.decimal128(int(precision), int(scale))
        else:
            wanted = _ARROW.get(kind, pa.string())
        if wanted == pa.bool_():
            values = pa.array([None if v is None else v == "t" for v in values.to_pylist()], wanted)
        arrays[name] = values.cast(wanted)
    out = io.BytesIO()
    pq.write_table(pa.table(arrays), out)
    return out.getvalue()
