"""The rows of a file: CSV, delimited text, JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.redshift.standin.copy_values import BadFieldError, Column

if TYPE_CHECKING:
    from tests.redshift.standin.copy_command import CopyCommand

_MAX_FIELD = 16 * 1024 * 1024


@dataclass(slots=True)
class Row:
    """The fields of a line, or what is wrong with it."""

    line: int
    fields: list[str | None]
    raw: str
    fault: BadFieldError | None = None


def decoded(data: bytes, command: CopyCommand) -> str:
    """The text of a file; what is no UTF-8 is kept in a form that the rows' check finds."""
    if command.has("acceptinvchars"):
        return data.decode(errors="replace").replace("\ufffd", command.texts["acceptinvchars"])
    text = data.decode(errors="surrogateescape")
    return text.removeprefix("\ufeff")


def _invalid(text: str) -> bool:
    return any("\udc80" <= char <= "\udcff" for char in text)


def rows_of(text: str, columns: list[Column], command: CopyCommand) -> Iterator[Row]:
    """Every row of a file, good or bad."""
    rows = _json(text, columns, command) if command.format == "json" else _separated(text, columns, command)
    for row in rows:
        if not row.fault and _invalid(row.raw):
            row.fault = BadFieldError(1220, "String contains invalid or unsupported UTF8 codepoints")
        elif not row.fault and "\0" in row.raw:
            row.fault = BadFieldError(1220, "Missing newline: Unexpected character 0x00 found")
        yield row


def _separated(text: str, columns: list[Column], command: CopyCommand) -> Iterator[Row]:
    csv.field_size_limit(_MAX_FIELD)
    reader = csv.reader(io.StringIO(text, newline=""), **_dialect(command))
    skip = command.numbers.get("ignoreheader", 0)
    seen = 0
    try:
        for fields in reader:
            seen += 1
            if seen <= skip or (not fields and command.has("ignoreblanklines")):
                continue
            yield _checked(
                Row(reader.line_num, list(fields), command.texts.get("delimiter", ",").join(fields)),
                columns,
                command,
            )
    except csv.Error as error:
        yield Row(reader.line_num, [], "", BadFieldError(1214, f"Invalid quote formatting for CSV: {error}"))


def _dialect(command: CopyCommand) -> dict[str, Any]:
    if command.format == "csv":
        return {
            "delimiter": command.texts.get("delimiter", ","),
            "quotechar": command.texts.get("quote", '"'),
            "doublequote": True,
            "strict": True,
        }
    dialect: dict[str, Any] = {"delimiter": command.texts.get("delimiter", "|"), "quoting": csv.QUOTE_NONE}
    if command.has("removequotes"):
        dialect = {"delimiter": dialect["delimiter"], "quotechar": '"', "quoting": csv.QUOTE_MINIMAL}
    if command.has("escape"):
        dialect["escapechar"] = "\\"
    return dialect


def _checked(row: Row, columns: list[Column], command: CopyCommand) -> Row:
    missing = len(columns) - len(row.fields)
    if missing < 0:
        row.fault = BadFieldError(1202, "Extra column(s) found")
    elif missing and command.has("fillrecord"):
        row.fields += [None] * missing
    elif missing:
        row.fault = BadFieldError(1201 if len(row.fields) == 1 else 1203, "Delimiter not found")
    return row


def _json(text: str, columns: list[Column], command: CopyCommand) -> Iterator[Row]:
    decoder = json.JSONDecoder(parse_float=Decimal)
    at, line = 0, 1
    while True:
        while at < len(text) and text[at].isspace():
            line += text[at] == "\n"
            at += 1
        if at >= len(text):
            return
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            yield Row(line, [], text[at : at + 1000], BadFieldError(1216, f"Invalid value. {error}"))
            return
        raw = text[at:end]
        yield _shredded(value, raw, line, columns, command)
        line += raw.count("\n")
        at = end


def _shredded(value: Any, raw: str, line: int, columns: list[Column], command: CopyCommand) -> Row:
    if command.json == "noshred":
        return Row(line, [raw], raw)
    if not isinstance(value, dict):
        return Row(line, [], raw, BadFieldError(1216, "Invalid value. JSON is not an object"))
    if command.json == "auto ignorecase":
        value = {key.lower(): item for key, item in value.items()}
    return Row(line, [_field(value.get(column.name), column) for column in columns], raw)


def _field(value: Any, column: Column) -> str | None:
    if value is None:
        return None
    if column.type == "super" or isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str, separators=(",", ":"))
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
