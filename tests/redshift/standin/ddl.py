"""CREATE TABLE and its clauses: Redshift's physical design set aside as a hint, keys parsed and not enforced."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

from tests.redshift.standin.errors import RedshiftError, syntax_error, unsupported
from tests.redshift.standin.expressions import rewrite, sign, type_of, word
from tests.redshift.standin.refuse import refuse_column_type
from tests.redshift.standin.tokens import Group, Node, Token, is_op, name_of, parse, render, split, word_of

_ENCODINGS = frozenset({"raw", "az64", "bytedict", "delta", "delta32k", "lzo", "mostly8", "mostly16", "mostly32",
                        "runlength", "text255", "text32k", "zstd", "auto"})  # fmt: skip
_STYLES = frozenset({"all", "even", "key", "auto"})
_TABLE_CONSTRAINTS = frozenset({"constraint", "primary", "unique", "foreign", "check", "exclude"})
_STRINGS_TO_256 = frozenset({"varchar", "text", "nvarchar"})
_CHARS_TO_1 = frozenset({"char", "character", "nchar", "bpchar"})
_MAX_VARCHAR = 65535
_MAX_CHAR = 4096


@dataclass(slots=True)
class Design:
    """The physical design of a table, as its event trigger records it."""

    diststyle: str = ""
    distkey: str = ""
    sortkeys: list[str] = field(default_factory=list)
    sortstyle: str = ""
    encodings: dict[str, str] = field(default_factory=dict)
    encode: str = ""
    primary_key: list[str] = field(default_factory=list)

    def hint(self) -> Token:
        """The design as a comment that the event trigger reads."""
        text = json.dumps(asdict(self)).replace("*/", "")
        return sign(f"/*redshift:{text}*/")


class Cursor:
    """A place in a list of nodes."""

    def __init__(self, items: list[Node], at: int = 0) -> None:
        """Start at a place."""
        self.items = items
        self.at = at

    def peek(self, ahead: int = 0) -> Node | None:
        """The node here, or so many on."""
        place = self.at + ahead
        return self.items[place] if place < len(self.items) else None

    def word(self, ahead: int = 0) -> str:
        """The bare word here."""
        return word_of(self.peek(ahead))

    def take(self) -> Node:
        """The node here; moves on."""
        node = self.peek()
        if node is None:
            raise RedshiftError("syntax error at end of input")
        self.at += 1
        return node

    def took(self, *texts: str) -> bool:
        """Move on over these words if they stand here."""
        if [self.word(ahead) for ahead in range(len(texts))] == list(texts):
            self.at += len(texts)
            return True
        return False

    def group(self) -> list[Node]:
        """The inside of the parentheses here."""
        node = self.take()
        if not isinstance(node, Group):
            raise syntax_error(node.text)
        return node.items

    @property
    def done(self) -> bool:
        """Whether nothing is left."""
        return self.at >= len(self.items)


def _names(items: list[Node]) -> list[str]:
    return [part[0].lower for part in split(items) if part and isinstance(part[0], Token)]


def take_attribute(cursor: Cursor, design: Design) -> bool:
    """Take one attribute of a table into its design; false where none stands."""
    if cursor.took("backup"):
        if cursor.word() not in ("yes", "no"):
            raise syntax_error("backup")
        cursor.take()
    elif cursor.took("diststyle"):
        design.diststyle = cursor.word()
        if design.diststyle not in _STYLES:
            raise syntax_error(design.diststyle)
        cursor.take()
    elif cursor.took("distkey"):
        names = _names(cursor.group())
        if len(names) != 1 or design.distkey:
            raise RedshiftError("Cannot specify more than one column as distribution key")
        design.distkey = names[0]
    elif cursor.took("encode"):
        if not cursor.took("auto"):
            raise syntax_error("encode")
        design.encode = "auto"
    else:
        return _take_sortkey(cursor, design)
    return True


def _take_sortkey(cursor: Cursor, design: Design) -> bool:
    style = cursor.word() if cursor.word() in ("compound", "interleaved") else ""
    if style:
        cursor.take()
    if not cursor.took("sortkey"):
        if style:
            raise syntax_error(style)
        return False
    design.sortstyle = style or "compound"
    if cursor.took("auto"):
        design.sortstyle = "auto"
        return True
    design.sortkeys = _names(cursor.group())
    if style == "interleaved" and len(design.sortkeys) > 8:
        raise RedshiftError("Cannot have more than 8 columns in an interleaved sort key")
    if len(design.sortkeys) > 400:
        raise RedshiftError("Cannot have more than 400 columns in a sort key")
    return True


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
        raise RedshiftError(f"length for type {kind} cannot exceed {limit}" if length else
                            f"length for type {kind} must be at least 1", "22023")  # fmt: skip
    return parse(f"{kind}({length})")


def _words_type(cursor: Cursor) -> list[Node]:
    taken = [cursor.take()]
    while cursor.word() in ("precision", "with", "without", "time", "zone", "year", "month", "day", "hour", "minute",
                            "second", "to") or isinstance(cursor.peek(), Group):  # fmt: skip
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
    elif cursor.took("identity"):
        if type_name not in ("int", "int4", "integer", "bigint", "int8"):
            raise RedshiftError("identity column type must be int or bigint")
        return _identity(cursor, "always")
    elif cursor.took("generated", "by", "default", "as", "identity"):
        return _identity(cursor, "by default")
    elif cursor.took("unique"):
        pass
    elif cursor.took("primary", "key"):
        design.primary_key.append(name)
        return parse("not null")
    elif cursor.took("references"):
        _, cursor.at = name_of(cursor.items, cursor.at)
        if isinstance(cursor.peek(), Group):
            cursor.take()
    elif cursor.took("default"):
        return [word("default"), *_default(cursor)]
    elif cursor.took("collate"):
        cursor.take()
    elif cursor.took("not", "null"):
        return parse("not null")
    elif cursor.took("null"):
        return []
    elif cursor.word() in ("check", "constraint", "generated"):
        raise unsupported("CHECK constraint") if cursor.word() == "check" else syntax_error(cursor.word())
    else:
        node = cursor.peek()
        raise syntax_error(node.text if isinstance(node, Token) else "(")
    return []


_ATTRIBUTE_WORDS = frozenset({"encode", "distkey", "sortkey", "identity", "generated", "unique", "primary", "references",
                              "collate", "not", "null", "check", "constraint"})  # fmt: skip


def _default(cursor: Cursor) -> list[Node]:
    taken: list[Node] = [cursor.take()]
    while not cursor.done and cursor.word() not in _ATTRIBUTE_WORDS:
        taken.append(cursor.take())
    return rewrite(taken)


def _identity(cursor: Cursor, when: str) -> list[Node]:
    seed, step = "1", "1"
    if isinstance(cursor.peek(), Group):
        seed, step = (render(part) for part in split(cursor.group()))
    bounds = f"minvalue {seed}" if not step.startswith("-") else f"minvalue -9223372036854775808 maxvalue {seed}"
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
        design.primary_key = _names(cursor.group())
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


def create_table(items: list[Node]) -> list[Node]:
    """CREATE TABLE, with columns or a query."""
    cursor = Cursor(items, 1)
    cursor.took("local")
    temporary = cursor.word() in ("temp", "temporary") and cursor.took(cursor.word())
    if not cursor.took("table"):
        raise syntax_error(cursor.word())
    out: list[Node] = []
    if cursor.took("if", "not", "exists"):
        out = parse("if not exists")
    parts, after = name_of(items, cursor.at)
    temporary = temporary or (bool(parts) and parts[-1].startswith("#"))
    out += items[cursor.at : after]
    cursor.at = after
    head = parse("create temp table" if temporary else "create table")
    design = Design()
    if isinstance(cursor.peek(), Group):
        out += _column_list(cursor, design)
    while not cursor.done and cursor.word() != "as":
        if not take_attribute(cursor, design):
            node = cursor.peek()
            raise syntax_error(node.text if isinstance(node, Token) else "(")
    _check(design)
    _check_columns(out, design)
    if cursor.took("as"):
        out += [word("as"), *rewrite(items[cursor.at :])]
    return [*head, *out, design.hint()]


def _check_columns(out: list[Node], design: Design) -> None:
    """Keys are columns of the table, and not SUPER; ordinals stand in CREATE TABLE AS only."""
    if not out or not isinstance(out[-1], Group) or word_of(out[-1].items[0] if out[-1].items else None) == "like":
        if out and isinstance(out[-1], Group) and (design.distkey or design.sortkeys):
            raise RedshiftError("LIKE cannot be combined with DISTSTYLE, DISTKEY or SORTKEY")
        return
    kinds = {part[0].lower: word_of(part[1]) if len(part) > 1 else "" for part in split(out[-1].items) if isinstance(part[0], Token)}
    for key in [design.distkey, *design.sortkeys]:
        if key and key not in kinds:
            raise RedshiftError(f'column "{key}" named in key does not exist', "42703")
        if key and kinds[key] == "super":
            raise RedshiftError("SUPER column cannot be a distribution key or a sort key", "0A000")


def _column_list(cursor: Cursor, design: Design) -> list[Node]:
    inside = cursor.group()
    first = Cursor(inside)
    follows_as = any(word_of(item) == "as" for item in cursor.items[cursor.at :])
    bare = all(len(part) == 1 for part in split(inside))
    if bare and follows_as and not isinstance(first.peek(), Group):
        return [Group(inside)]
    return [Group(columns(inside, design))]


def _check(design: Design) -> None:
    if design.diststyle == "key" and not design.distkey:
        raise RedshiftError("DISTSTYLE KEY requires a DISTKEY column")
    if design.distkey and design.diststyle not in ("", "key"):
        raise RedshiftError(f"cannot specify DISTKEY with DISTSTYLE {design.diststyle.upper()}")
