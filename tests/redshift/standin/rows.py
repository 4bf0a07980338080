"""Answers of PostgreSQL made to look like Redshift's: type ids, names, SUPER values."""

from __future__ import annotations

import json
import struct

from tests.redshift.standin.tokens import POSTGRES_NAME_BYTES, long_names
from tests.redshift.standin.wire import message

_VARCHAR = 1043
_SUPER = 4000
_JSONB = 3802
_TYPES = {25: _VARCHAR, 705: _VARCHAR, _JSONB: _SUPER, 194: _VARCHAR, 2205: 26, 2206: 26, 4089: 26}


def describe(body: bytes) -> tuple[bytes, frozenset[int]]:
    """A RowDescription with Redshift's type ids, and which columns are SUPER."""
    (count,) = struct.unpack_from("!h", body)
    parts, at, supers = [body[:2]], 2, set()
    for column in range(count):
        end = body.index(b"\0", at)
        name = body[at:end].decode()
        table, number, type_id, size, modifier, form = struct.unpack_from("!ihihih", body, end + 1)
        if type_id == _JSONB:
            supers.add(column)
        parts.append(long_names.get(name, name).encode() + b"\0")
        parts.append(
            struct.pack("!ihihih", table, number, _TYPES.get(type_id, type_id), size, modifier, form)
        )
        at = end + 19
    return message(b"T", b"".join(parts)), frozenset(supers)


def _compact(text: bytes) -> bytes:
    try:
        value = json.loads(text, parse_float=_Verbatim, parse_int=_Verbatim)
    except ValueError:
        return text
    return _dump(value).encode()


class _Verbatim(float):
    """A number that keeps its digits."""

    digits: str

    def __new__(cls, digits: str) -> _Verbatim:
        number = super().__new__(cls, float(digits))
        number.digits = digits
        return number


def _dump(value: object) -> str:
    if isinstance(value, _Verbatim):
        return value.digits
    if isinstance(value, dict):
        return (
            "{" + ",".join(f"{json.dumps(k, ensure_ascii=False)}:{_dump(v)}" for k, v in value.items()) + "}"
        )
    if isinstance(value, list):
        return "[" + ",".join(_dump(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def restored(body: bytes, supers: frozenset[int], *, names: bool) -> bytes:
    """A DataRow whose SUPER values carry no blanks and whose names have their full length."""
    names = names and bool(long_names)
    if not supers and not names:
        return message(b"D", body)
    (count,) = struct.unpack_from("!h", body)
    parts, at = [body[:2]], 2
    for column in range(count):
        (length,) = struct.unpack_from("!i", body, at)
        value = body[at + 4 : at + 4 + max(length, 0)]
        at += 4 + max(length, 0)
        if column in supers and length >= 0:
            value = _compact(value)
            length = len(value)
        if names and length >= POSTGRES_NAME_BYTES - 3:
            value = long_names.get(value.decode(errors="replace"), "").encode() or value
            length = len(value)
        parts.append(struct.pack("!i", length) + value)
    return message(b"D", b"".join(parts))
