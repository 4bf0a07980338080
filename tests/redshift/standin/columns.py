"""Columns and constraints of CREATE TABLE: keys are parsed and not enforced."""

from __future__ import annotations

from tests.redshift.standin.build import sign, word
from tests.redshift.standin.design import Cursor, Design, names_in
from tests.redshift.standin.errors import RedshiftError, syntax_error, unsupported
from tests.redshift.standin.expressions import rewrite, type_of
from tests.redshift.standin.refuse import refuse_column_type
from tests.redshift.standin.tokens import Group, Node, Token, is_op, name_of, parse, render, split, word_of

_ENCODINGS = frozenset(
    {
        "raw",
        "az64",
        "bytedict",
        "delta",
        "delta32k",
        "lzo",
        "mostly8",
        "mostly16",
        "mostly32",
        "runlength",
        "text255",
        "text32k",
        "zstd",
        "auto",
    }
)
_TABLE_CONSTRAINTS = frozenset({"constraint", "primary", "unique", "foreign", "check", "exclude"})
_STRINGS_TO_256 = frozenset({"varchar", "text", "nvarchar"})
_CHARS_TO_1 = frozenset({"char", "character", "nchar", "bpchar"})
_MAX_VARCHAR = 65535
_MAX_CHAR = 4096


def column_type(cursor: Cursor) -> list[Node]:
    """A column's type: bare VARCHAR is 256 bytes, TEXT too, bare CHAR one; what Redshift lacks is refused."""
    name = cursor.word()
    refuse_column_type(cursor.peek())
    if is_op(cursor.peek(1), "["):
        raise RedshiftError(f'Column "" has unsupported type "{name}[]".', "0A000")
    if name == "character" and cursor.word(1) == "varying":
        cursor.take()
        name = "varchar"
    if name in _STRINGS_TO_256 or name in _CHARS_TO_1:
        return _string_type(cursor, name)
    if name in ("double", "timestamp", "time", "interval"):
        return _words_type(cursor)
    items, cursor.at = type_of(cursor.items, cursor.at)
    if isinstance(cursor.peek(), Group) and name not in ("identity",):
        items.append(cursor.take())
    return items


def _string_type(cursor: Cursor, name: str) -> list[Node]:
    cursor.take()
    varying = name in _STRINGS_TO_256
    kind, limit = ("varchar", _MAX_VARCHAR) if varying else ("char", _MAX_CHAR)
    if not isinstance(cursor.peek(), Group) or name == "text":
        if isinstance(cursor.peek(), Group):
            raise syntax_error("(")
        return parse("varchar(256)" if varying else "char(256)" if name == "bpchar" else "char(1)")
    inside = cursor.group()
    text = inside[0].text.lower() if inside and isinstance(inside[0], Token) else ""
    length = limit if text == "max" else int(text) if text.isdigit() else 0
    if not 1 <= length <= limit:
        raise RedshiftError(
            f"length for type {kind} cannot exceed {limit}"
            if length
            else f"length for type {kind} must be at least 1",
            "22023",
        )
    return parse(f"{kind}({length})")


def _words_type(cursor: Cursor) -> list[Node]:
    taken = [cursor.take()]
    while cursor.word() in (
        "precision",
        "with",
        "without",
        "time",
        "zone",
        "year",
        "month",
        "day",
        "hour",
        "minute",
        "second",
        "to",
    ) or isinstance(cursor.peek(), Group):
        taken.append(cursor.take())
    return taken


def column(items: list[Node], design: Design) -> list[Node]:
    """One column's definition."""
    cursor = Cursor(items)
    name = cursor.take()
    if not isinstance(name, Token) or name.kind == "op":
        raise syntax_error(")")
    out: list[Node] = [name, *column_type(cursor)]
    while not cursor.done:
        out.extend(_column_attribute(cursor, name.lower, word_of(items[1]), design))
    return out


def _column_attribute(cursor: Cursor, name: str, type_name: str, design: Design) -> list[Node]:
    if cursor.took("identity"):
        if type_name not in ("int", "int4", "integer", "bigint", "int8"):
            raise RedshiftError("identity column type must be int or bigint")
        return _identity(cursor, "always")
    if cursor.took("generated", "by", "default", "as", "identity"):
        return _identity(cursor, "by default")
    if cursor.took("default"):
        return [word("default"), *_default(cursor)]
    if cursor.took("not", "null"):
        return parse("not null")
    if cursor.took("primary", "key"):
        design.primary_key.append(name)
        return parse("not null")
    if not (_design_attribute(cursor, name, design) or _parsed_only(cursor)):
        node = cursor.peek()
        if word_of(node) == "check":
            raise unsupported("CHECK constraint")
        raise syntax_error(node.text if isinstance(node, Token) else "(")
    return []


def _design_attribute(cursor: Cursor, name: str, design: Design) -> bool:
    """Take ENCODE, DISTKEY or SORTKEY of a column into the design."""
    if cursor.took("encode"):
        encoding = cursor.word()
        if encoding not in _ENCODINGS:
            raise RedshiftError(f"unknown encoding type {encoding}", "42601")
        cursor.take()
        design.encodings[name] = encoding
    elif cursor.took("distkey"):
        if design.distkey:
            raise RedshiftError("Cannot specify more than one column as distribution key")
        design.distkey = name
    elif cursor.took("sortkey"):
        design.sortkeys.append(name)
        design.sortstyle = "compound"
    else:
        return False
    return True


def _parsed_only(cursor: Cursor) -> bool:
    """Pass over what Redshift parses and does not enforce."""
    if cursor.took("references"):
        _, cursor.at = name_of(cursor.items, cursor.at)
        if isinstance(cursor.peek(), Group):
            cursor.take()
        return True
    if cursor.took("collate"):
        cursor.take()
        return True
    return cursor.took("unique") or cursor.took("null")


_ATTRIBUTE_WORDS = frozenset(
    {
        "encode",
        "distkey",
        "sortkey",
        "identity",
        "generated",
        "unique",
        "primary",
        "references",
        "collate",
        "not",
        "null",
        "check",
        "constraint",
    }
)


def _default(cursor: Cursor) -> list[Node]:
    taken: list[Node] = [cursor.take()]
    while not cursor.done and cursor.word() not in _ATTRIBUTE_WORDS:
        taken.append(cursor.take())
    return rewrite(taken)


def _identity(cursor: Cursor, when: str) -> list[Node]:
    seed, step = "1", "1"
    if isinstance(cursor.peek(), Group):
        seed, step = (render(part) for part in split(cursor.group()))
    bounds = (
        f"minvalue {seed}" if not step.startswith("-") else f"minvalue -9223372036854775808 maxvalue {seed}"
    )
    return parse(f"not null generated {when} as identity (start with {seed} increment by {step} {bounds})")


def columns(items: list[Node], design: Design) -> list[Node]:
    """What stands between the parentheses of CREATE TABLE; keys are dropped, as no one enforces them."""
    kept: list[list[Node]] = []
    required: set[str] = set()
    for part in split(items):
        cursor = Cursor(part)
        if cursor.took("like"):
            kept.append([word("like"), *part[1:]])
        elif cursor.word() in _TABLE_CONSTRAINTS:
            required |= set(_table_constraint(cursor, design))
        else:
            kept.append(column(part, design))
    for part in kept:
        first = part[0]
        if isinstance(first, Token) and first.lower in required:
            part.extend(parse("not null"))
    out: list[Node] = []
    for position, part in enumerate(kept):
        out += [sign(","), *part] if position else part
    return out


def _table_constraint(cursor: Cursor, design: Design) -> list[str]:
    if cursor.took("constraint"):
        cursor.take()
    if cursor.took("primary", "key"):
        design.primary_key = names_in(cursor.group())
        return design.primary_key
    if cursor.took("unique"):
        cursor.group()
        return []
    if cursor.took("foreign", "key"):
        cursor.group()
        if not cursor.took("references"):
            raise syntax_error("foreign")
        return []
    raise unsupported("CHECK constraint") if cursor.word() == "check" else syntax_error(cursor.word())
