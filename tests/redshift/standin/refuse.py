"""What Redshift does not have and PostgreSQL does: refused before it reaches PostgreSQL."""

from __future__ import annotations

from tests.redshift.standin.errors import FEATURE_NOT_SUPPORTED, RedshiftError, syntax_error, unsupported
from tests.redshift.standin.leader import refuse_by_place
from tests.redshift.standin.tokens import Group, Node, Token, is_op, render, word_of

_TYPES_REFUSED = frozenset(
    {
        "json",
        "jsonb",
        "uuid",
        "xml",
        "bytea",
        "money",
        "inet",
        "cidr",
        "macaddr",
        "bit",
        "tsvector",
        "hstore",
        "int4range",
        "int8range",
        "daterange",
        "tsrange",
        "tstzrange",
        "numrange",
        "serial",
        "bigserial",
        "smallserial",
        "serial4",
        "serial8",
        "point",
        "line",
        "lseg",
        "box",
        "path",
        "polygon",
        "circle",
        "txid_snapshot",
        "tsquery",
    }
)


def refuse_type(name: str) -> None:
    """Refuse a column's or a cast's type that Redshift does not have."""
    if name in _TYPES_REFUSED:
        raise RedshiftError(f'Column "" has unsupported type "{name}".', FEATURE_NOT_SUPPORTED)


_COLUMN_TYPES_REFUSED = _TYPES_REFUSED | {
    "interval",
    "name",
    "oid",
    "regclass",
    "regtype",
    "regproc",
    "xid",
    "tid",
    "cid",
}


def refuse_column_type(node: Node | None) -> None:
    """Refuse a type that no column of Redshift may have."""
    name = word_of(node)
    if name in _COLUMN_TYPES_REFUSED or (isinstance(node, Token) and node.kind == "quoted"):
        shown = node.lower if isinstance(node, Token) else ""
        raise RedshiftError(f'Column "" has unsupported type "{shown}".', FEATURE_NOT_SUPPORTED)


def _refuse_level(items: list[Node]) -> None:
    _refuse_orders(items)
    _refuse_set_operations(items)
    for at, item in enumerate(items):
        follows = items[at + 1] if at + 1 < len(items) else None
        if isinstance(item, Group):
            _refuse_group(items, at, item)
            _refuse_level(item.items)
        elif is_op(item, "["):
            before = word_of(items[at - 1]) if at else ""
            if before == "array" or is_op(follows, "]"):
                raise syntax_error("[")
        elif is_op(item, "::"):
            refuse_type(word_of(follows))
        else:
            _refuse_words(items, at)


def _refuse_group(items: list[Node], at: int, group: Group) -> None:
    first = word_of(group.items[0]) if group.items else ""
    before = word_of(items[at - 1]) if at else ""
    if first == "values":
        raise syntax_error("values")
    if before == "cast" and len(group.items) > 1 and word_of(group.items[-2]) == "as":
        refuse_type(word_of(group.items[-1]))
    if (
        before in ("any", "all", "some")
        and first in ("select", "with")
        and at > 1
        and is_op(items[at - 2], "<", ">", "<=", ">=")
    ):
        raise RedshiftError(f"{before.upper()} with a subquery is not supported", FEATURE_NOT_SUPPORTED)
    if before == "row" and (at < 2 or word_of(items[at - 2]) != "for"):
        raise syntax_error("row")
    if before == "over":
        _refuse_window(items, at, group)
    if before == "filter" and first == "where":
        raise syntax_error("(")


_NEED_FRAME = frozenset(
    {
        "sum",
        "avg",
        "count",
        "min",
        "max",
        "stddev",
        "stddev_samp",
        "stddev_pop",
        "variance",
        "var_samp",
        "var_pop",
        "first_value",
        "last_value",
        "nth_value",
    }
)


def _refuse_window(items: list[Node], at: int, window: Group) -> None:
    """An aggregate with ORDER BY needs a frame, of rows; a constant orders nothing."""
    inside = [word_of(item) for item in window.items]
    called = [word_of(item) for item in items[max(0, at - 4) : at - 1]]
    name = next((name for name in reversed(called) if name in _NEED_FRAME), "")
    if "range" in inside:
        raise RedshiftError("Window frame of RANGE is not supported", FEATURE_NOT_SUPPORTED)
    if "order" not in inside:
        return
    if name and "rows" not in inside:
        raise RedshiftError(
            "Aggregate window functions with an ORDER BY clause require a frame clause", FEATURE_NOT_SUPPORTED
        )
    ordering = window.items[inside.index("order") + 2 :]
    if ordering and isinstance(ordering[0], Token) and ordering[0].kind == "string":
        raise RedshiftError("ORDER BY of a constant is not supported in a window", FEATURE_NOT_SUPPORTED)


def _refuse_orders(items: list[Node]) -> None:
    """Ordered-set aggregates of one query share one order."""
    orders = {
        render(item.items)
        for at, item in enumerate(items)
        if isinstance(item, Group)
        and [word_of(node) for node in items[at - 2 : at]] == ["within", "group"]
        and word_of(items[at + 1] if at + 1 < len(items) else None) != "over"
    }
    orders |= {
        "order by " + render(item.items)
        for at, item in enumerate(items)
        if isinstance(item, Group)
        and at
        and word_of(items[at - 1]) == "median"
        and word_of(items[at + 1] if at + 1 < len(items) else None) != "over"
    }
    if len(orders) > 1:
        raise RedshiftError(
            "within group ORDER BY clauses for aggregate functions must be the same", FEATURE_NOT_SUPPORTED
        )


def _refuse_set_operations(items: list[Node]) -> None:
    text = [word_of(item) for item in items]
    operations = [at for at, name in enumerate(text) if name in ("union", "intersect", "except", "minus")]
    for at in operations:
        follows = text[at + 1] if at + 1 < len(text) else ""
        if follows == "all" and text[at] != "union":
            raise RedshiftError(f"{text[at].upper()} ALL is not supported", FEATURE_NOT_SUPPORTED)
        for side in (
            items[at - 1] if at else None,
            items[at + 1 + (follows == "all")] if at + 1 < len(items) else None,
        ):
            if isinstance(side, Group) and {"limit", "offset", "top"} & {
                word_of(item) for item in side.items
            }:
                raise RedshiftError(
                    "LIMIT may not be used within input to set operations", FEATURE_NOT_SUPPORTED
                )
    if "recursive" in text:
        at = text.index("recursive")
        if not isinstance(items[at + 2] if at + 2 < len(items) else None, Group):
            raise RedshiftError(
                "a recursive common table expression needs a list of columns", FEATURE_NOT_SUPPORTED
            )
        body = next((item for item in items[at + 3 :] if isinstance(item, Group)), None)
        names = [word_of(item) for item in body.items] if body else []
        if "union" in names and names[names.index("union") + 1] != "all":
            raise RedshiftError("a recursive common table expression needs UNION ALL", FEATURE_NOT_SUPPORTED)


_PAIRS_REFUSED = frozenset(
    {
        ("with", "ordinality"),
        ("fetch", "first"),
        ("fetch", "next"),
        ("groups", "between"),
        ("groups", "unbounded"),
        ("groups", "current"),
    }
)
_WORDS_REFUSED = frozenset({"lateral", "tablesample"})


def _refuse_words(items: list[Node], at: int) -> None:
    if at and is_op(items[at - 1], "."):
        return
    name, follows, third = ([word_of(item) for item in items[at : at + 3]] + ["", ""])[:3]
    if (name, follows) == ("distinct", "on"):
        raise RedshiftError("SELECT DISTINCT ON is not supported", FEATURE_NOT_SUPPORTED)
    if (name, follows) in (("for", "update"), ("for", "share")):
        raise unsupported("SELECT FOR UPDATE/SHARE")
    if (name, follows) in _PAIRS_REFUSED or name in _WORDS_REFUSED:
        raise syntax_error(name)
    if name == "is" and "distinct" in (follows, third):
        raise syntax_error("distinct")
    if name == "window" and at and follows not in ("", "over") and third == "as":
        raise syntax_error("window")


def refuse_query(items: list[Node]) -> None:
    """Refuse within a query, or raise nothing."""
    _refuse_level(items)
    refuse_by_place(items)


def refuse_dml(items: list[Node]) -> None:
    """Refuse clauses that Redshift's INSERT, UPDATE, DELETE and MERGE do not have."""
    for at, item in enumerate(items):
        name = word_of(item)
        follows = word_of(items[at + 1]) if at + 1 < len(items) else ""
        if name == "returning":
            raise syntax_error("returning")
        if (name, follows) == ("on", "conflict"):
            raise syntax_error("conflict")
    refuse_query(items)
