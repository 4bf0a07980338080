"""CREATE TABLE: Redshift's physical design is set aside as a hint."""

from __future__ import annotations

from tests.redshift.standin.build import word
from tests.redshift.standin.columns import columns
from tests.redshift.standin.design import Cursor, Design, take_attribute
from tests.redshift.standin.errors import RedshiftError, syntax_error
from tests.redshift.standin.expressions import rewrite
from tests.redshift.standin.tokens import Group, Node, Token, name_of, parse, split, word_of


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
    if (
        not out
        or not isinstance(out[-1], Group)
        or word_of(out[-1].items[0] if out[-1].items else None) == "like"
    ):
        if out and isinstance(out[-1], Group) and (design.distkey or design.sortkeys):
            raise RedshiftError("LIKE cannot be combined with DISTSTYLE, DISTKEY or SORTKEY")
        return
    kinds = {
        part[0].lower: word_of(part[1]) if len(part) > 1 else ""
        for part in split(out[-1].items)
        if isinstance(part[0], Token)
    }
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
