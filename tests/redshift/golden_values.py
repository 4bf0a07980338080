"""Values of the driver beside values of the golden cases.

Values are compared after a normalisation. Dates, times and timestamps become text as Redshift prints
it: no fraction of zeros, `+00` for UTC. Trailing blanks count except in CHAR columns, which are padded.
A number in the YAML equals a number of the same value, whatever its type or scale; a quoted number
equals a DECIMAL only in the same scale. Text is never equal to a number, nor null to the empty string.
"""

from __future__ import annotations

import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

OIDS = {
    "bool": 16,
    "int8": 20,
    "int2": 21,
    "int4": 23,
    "float4": 700,
    "float8": 701,
    "bpchar": 1042,
    "varchar": 1043,
    "date": 1082,
    "time": 1083,
    "timestamp": 1114,
    "timestamptz": 1184,
    "timetz": 1266,
    "numeric": 1700,
    "super": 4000,
}
NAMES = {oid: name for name, oid in OIDS.items()}
BPCHAR = OIDS["bpchar"]


def clock(value: datetime.datetime | datetime.time) -> str:
    text = value.replace(tzinfo=None).isoformat(sep=" ") if isinstance(value, datetime.datetime) else ""
    if isinstance(value, datetime.time):
        text = value.replace(tzinfo=None).isoformat()
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    offset = value.utcoffset()
    if offset is None:
        return text
    minutes = int(offset.total_seconds() // 60)
    sign, minutes = ("-", -minutes) if minutes < 0 else ("+", minutes)
    return f"{text}{sign}{minutes // 60:02d}" + (f":{minutes % 60:02d}" if minutes % 60 else "")


def plain(value: Any, oid: int | None = None) -> Any:
    """A value of the driver in the form in which it is compared."""
    match value:
        case None | bool() | int() | float() | Decimal():
            return value
        case datetime.datetime() | datetime.time():
            return clock(value)
        case datetime.date():
            return value.isoformat()
        case bytes() | bytearray():
            return bytes(value).hex()
    return str(value).rstrip(" ") if oid == BPCHAR else str(value)


def same(expected: Any, actual: Any, digits: int | None) -> bool:
    if expected is None or actual is None or isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    if isinstance(expected, str):
        if isinstance(actual, Decimal):
            return expected == format(actual, "f")
        return isinstance(actual, str) and expected == actual
    if isinstance(actual, str):
        return False
    left, right = (Decimal(repr(v)) if isinstance(v, float) else Decimal(v) for v in (expected, actual))
    if digits is None:
        return left == right
    unit = Decimal(1).scaleb(-digits)
    return left.quantize(unit, ROUND_HALF_UP) == right.quantize(unit, ROUND_HALF_UP)


def same_rows(expected: list[list[Any]], actual: list[list[Any]], case: dict[str, Any]) -> bool:
    def same_row(left: list[Any], right: list[Any]) -> bool:
        digits = case.get("digits")
        return len(left) == len(right) and all(same(a, b, digits) for a, b in zip(left, right, strict=True))

    if len(expected) != len(actual):
        return False
    if case.get("ordered", True):
        return all(same_row(a, b) for a, b in zip(expected, actual, strict=True))
    rest = list(actual)
    for row in expected:
        found = next((i for i, other in enumerate(rest) if same_row(row, other)), None)
        if found is None:
            return False
        del rest[found]
    return True
