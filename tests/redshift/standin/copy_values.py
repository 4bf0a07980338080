"""A field of a file to a value of a column, by COPY's rules and with COPY's error codes."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, InvalidOperation
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from tests.redshift.standin.copy_command import CopyCommand

_INTEGERS = {"smallint": 2**15, "integer": 2**31, "bigint": 2**63}
_INTEGER = re.compile(r"[+-]?\d+\Z")
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d(?: \d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)?\Z")
_ZONE = re.compile(r"(?:[+-]\d\d(?::?\d\d)?|Z|UTC|GMT)\Z")
_BOOLEANS = {
    "t": "t",
    "true": "t",
    "y": "t",
    "yes": "t",
    "1": "t",
    "f": "f",
    "false": "f",
    "n": "f",
    "no": "f",
    "0": "f",
}
_PICTURES = {
    "YYYY": "%Y",
    "YY": "%y",
    "MM": "%m",
    "MON": "%b",
    "DD": "%d",
    "HH24": "%H",
    "HH12": "%I",
    "HH": "%H",
    "MI": "%M",
    "SS": "%S",
    "US": "%f",
    "MS": "%f",
    "AM": "%p",
    "PM": "%p",
}


class BadFieldError(Exception):
    """A field that does not fit its column."""

    def __init__(self, code: int, reason: str) -> None:
        """Keep the code of the load error reference and its words."""
        super().__init__(reason)
        self.code = code
        self.reason = reason


Converter: TypeAlias = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Column:
    """A column that COPY fills."""

    name: str
    type: str
    size: int
    scale: int
    required: bool
    identity: bool
    default: str | None

    @property
    def is_text(self) -> bool:
        """Whether empty fields stay empty texts."""
        return self.type in ("character varying", "character", "text")


def column_of(name: str, shown: str, *, required: bool, identity: bool, default: str | None) -> Column:
    """A column from its type as PostgreSQL shows it."""
    match = re.match(r"([a-z ]+?)(?:\((\d+)(?:,(\d+))?\))?( with(?:out)? time zone)?$", shown)
    if not match:
        return Column(name, shown, 0, 0, required, identity, default)
    kind = match[1] + (match[4] or "")
    return Column(name, kind, int(match[2] or 0), int(match[3] or 0), required, identity, default)


def _integer(text: str, column: Column) -> str:
    text = text.strip()
    if not _INTEGER.match(text):
        raise BadFieldError(
            1207, f"Invalid digit, Value '{text[:1]}', Pos 0, Type: {column.type.capitalize()}"
        )
    number, limit = int(text), _INTEGERS[column.type]
    if not -limit <= number < limit:
        raise BadFieldError(1204, f"Overflow for {column.type.upper()} (value {text})")
    return str(number)


def _decimal(text: str, column: Column, rounding: str) -> str:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        raise BadFieldError(1209, "Invalid DECIMAL format") from None
    if not number.is_finite():
        raise BadFieldError(1209, "Invalid DECIMAL format")
    cut = number.quantize(Decimal(1).scaleb(-column.scale), rounding) if column.size else number
    if (
        column.size
        and len(cut.as_tuple().digits) - column.scale > column.size - column.scale
        and cut.adjusted() >= (column.size - column.scale)
    ):
        raise BadFieldError(1204, f"Numeric overflow, Type: Decimal({column.size},{column.scale})")
    return format(cut, "f")


def _float(text: str) -> str:
    try:
        return repr(float(text.strip()))
    except ValueError:
        raise BadFieldError(1208, "Invalid FLOAT format") from None


def _boolean(text: str) -> str:
    value = _BOOLEANS.get(text.strip().lower())
    if value is None:
        raise BadFieldError(1210, "Unknown boolean format")
    return value


def _picture(form: str) -> str:
    names = sorted(_PICTURES, key=len, reverse=True)
    return re.sub("|".join(names), lambda match: _PICTURES[match[0]], form)


def _date(text: str, form: str) -> str:
    if form == "auto":
        return text
    try:
        return datetime.datetime.strptime(text.strip(), _picture(form or "YYYY-MM-DD")).date().isoformat()
    except ValueError:
        raise BadFieldError(1205, f"Invalid Date Format - length must be 10 or more: {text[:20]}") from None


def _timestamp(text: str, form: str, *, zoned: bool) -> str:
    text = text.strip()
    if form in ("epochsecs", "epochmillisecs"):
        try:
            seconds = float(text) / (1000 if form == "epochmillisecs" else 1)
            return datetime.datetime.fromtimestamp(seconds, datetime.UTC).replace(tzinfo=None).isoformat(" ")
        except (ValueError, OverflowError):
            raise BadFieldError(1206, "Invalid timestamp format or value") from None
    zone = _ZONE.search(text)
    bare = text[: zone.start()].rstrip() if zone and len(text) > 10 else text
    if form == "auto":
        bare = bare.replace("T", " ")
    elif form:
        try:
            return datetime.datetime.strptime(bare, _picture(form)).isoformat(" ")
        except ValueError:
            raise BadFieldError(1206, f"Invalid timestamp format or value [{form}]") from None
    if not _TIMESTAMP.match(bare):
        raise BadFieldError(1206, "Invalid timestamp format or value [YYYY-MM-DD HH24:MI:SS]")
    try:
        datetime.datetime.fromisoformat(bare)
    except ValueError:
        raise BadFieldError(1206, "Invalid timestamp format or value [YYYY-MM-DD HH24:MI:SS]") from None
    return bare + (zone[0] if zone and zoned and len(text) > 10 else "")


def _text(text: str, column: Column, *, cut: bool) -> str:
    raw = text.encode()
    if column.type == "character" and len(raw) != len(text):
        raise BadFieldError(1215, "CHAR string contains invalid ASCII char")
    if column.size and len(raw) > column.size:
        if not cut:
            raise BadFieldError(1204, "String length exceeds DDL length")
        return raw[: column.size].decode(errors="ignore")
    return text


def _super(text: str) -> str:
    try:
        json.loads(text)
    except ValueError:
        return json.dumps(text, ensure_ascii=False)
    return text


def converter(column: Column, command: CopyCommand) -> Converter:
    """How the fields of a column become values; nothing stands for NULL."""
    null_as = command.texts.get("null_as", "\\N")
    rounding = ROUND_HALF_UP if command.has("roundec") else ROUND_DOWN
    lenient = command.has("acceptanydate")
    kinds: dict[str, Callable[[str], str]] = {
        "numeric": lambda text: _decimal(text, column, rounding),
        "double precision": _float,
        "real": _float,
        "boolean": _boolean,
        "super": _super,
        "date": lambda text: _date(text, command.texts.get("dateformat", "")),
        "timestamp without time zone": lambda text: _timestamp(
            text, command.texts.get("timeformat", ""), zoned=False
        ),
        "timestamp with time zone": lambda text: _timestamp(
            text, command.texts.get("timeformat", ""), zoned=True
        ),
    }
    inner: Callable[[str], str] = kinds.get(column.type, lambda text: text)
    if column.type in _INTEGERS:
        inner = lambda text: _integer(text, column)  # noqa: E731
    if column.is_text:
        inner = lambda text: _text(text, column, cut=command.has("truncatecolumns"))  # noqa: E731

    def convert(text: str) -> str | None:
        if text == null_as or (not text and (not column.is_text or command.has("emptyasnull"))):
            return None
        if command.has("blanksasnull") and column.is_text and not text.strip(" "):
            return None
        if command.has("trimblanks") and column.type == "character varying":
            text = text.rstrip(" ")
        try:
            return inner(text)
        except BadFieldError as bad:
            if lenient and bad.code in (1205, 1206):
                return None
            raise

    return convert
