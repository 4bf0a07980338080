"""What Redshift does not have and PostgreSQL does: refused before it reaches PostgreSQL."""

from __future__ import annotations

from tests.redshift.standin.errors import FEATURE_NOT_SUPPORTED, RedshiftError, syntax_error, unsupported
from tests.redshift.standin.tokens import Group, Node, Token, is_op, name_of, render, word_of

_LEADER_ONLY = frozenset(
    {
        "generate_series",
        "current_schema",
        "current_schemas",
        "has_table_privilege",
        "age",
        "pg_backend_pid",
        "inet_client_addr",
        "now",
        "has_schema_privilege",
        "has_database_privilege",
        "to_ascii",
        "txid_current",
        "version",
    }
)
_COMPUTE_ONLY = frozenset({"listagg", "median", "percentile_cont", "percentile_disc"})
_FROM_WORDS = frozenset({"from", "join", "using", "into", "update"})
_FROM_ENDS = frozenset(
    {
        "where",
        "group",
        "having",
        "order",
        "limit",
        "union",
        "except",
        "intersect",
        "minus",
        "qualify",
        "select",
        "set",
        "on",
    }
)
_SYSTEM_PREFIXES = ("pg_", "stl_", "stv_", "svl_", "svv_", "svcs_", "sys_", "information_schema", "rs")
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


def not_on_tables(name: str) -> RedshiftError:
    """A leader-node function beside a user's table."""
    return RedshiftError(
        "Specified types or functions (one per INFO message) not supported on Amazon Redshift tables.",
        FEATURE_NOT_SUPPORTED,
        detail=f'Function "{name}" not supported.',
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


def tables_of(items: list[Node]) -> set[str]:
    """Names of the relations that a query reads, common table expressions among them."""
    found: set[str] = set()
    within_from = False
    for at, item in enumerate(items):
        if isinstance(item, Group):
            found |= tables_of(item.items)
            continue
        name = word_of(item)
        if name in _FROM_WORDS:
            within_from = True
        elif name in _FROM_ENDS:
            within_from = False
        if name in _FROM_WORDS or (within_from and is_op(item, ",")):
            parts, after = name_of(items, at + 1)
            follows = items[after] if after < len(items) else None
            if parts and parts[0] not in ("select", "lateral", "only") and not isinstance(follows, Group):
                found.add(".".join(parts))
    return found


def _ctes(items: list[Node]) -> set[str]:
    names: set[str] = set()
    for at, item in enumerate(items):
        if isinstance(item, Group):
            names |= _ctes(item.items)
            before, after = word_of(items[at - 1]) if at else "", None
            if before == "as" and at > 1:
                after = items[at - 2]
            if isinstance(after, Token) and after.kind in ("word", "quoted"):
                names.add(after.lower)
    return names


def _calls(items: list[Node]) -> set[str]:
    found: set[str] = set()
    for at, item in enumerate(items):
        if isinstance(item, Group):
            found |= _calls(item.items)
            name = word_of(items[at - 1]) if at else ""
            if name:
                found.add(name)
    return found


def _refuse_by_place(items: list[Node]) -> None:
    """Functions of the leader node beside tables, and of the compute nodes without one."""
    called = _calls(items)
    names = tables_of(items) - _ctes(items)
    user_tables = {name for name in names if not name.startswith(_SYSTEM_PREFIXES)}
    if user_tables and called & _LEADER_ONLY:
        raise not_on_tables(sorted(called & _LEADER_ONLY)[0] + "()")
    if not user_tables and called & _COMPUTE_ONLY:
        raise RedshiftError(
            "One or more of the used functions must be applied on at least one user created tables. "
            "Examples of user table only functions are LISTAGG, MEDIAN, PERCENTILE_CONT, etc",
            FEATURE_NOT_SUPPORTED,
        )


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


def _refuse_words(items: list[Node], at: int) -> None:
    name = word_of(items[at])
    if at and is_op(items[at - 1], "."):
        return
    follows = word_of(items[at + 1]) if at + 1 < len(items) else ""
    pair = (name, follows)
    third = word_of(items[at + 2]) if at + 2 < len(items) else ""
    if name == "distinct" and follows == "on":
        raise RedshiftError("SELECT DISTINCT ON is not supported", FEATURE_NOT_SUPPORTED)
    if name == "lateral":
        raise syntax_error("lateral")
    if pair == ("with", "ordinality") or name == "tablesample":
        raise syntax_error(name)
    if pair in (("for", "update"), ("for", "share")):
        raise unsupported("SELECT FOR UPDATE/SHARE")
    if name == "is" and "distinct" in (follows, third):
        raise syntax_error("distinct")
    if name == "window" and at and follows not in ("", "over") and third == "as":
        raise syntax_error("window")
    if name == "groups" and follows in ("between", "unbounded", "current"):
        raise syntax_error("groups")
    if pair == ("with", "recursive"):
        return
    if pair in (("fetch", "first"), ("fetch", "next")):
        raise syntax_error("fetch")


def refuse_query(items: list[Node]) -> None:
    """Refuse within a query, or raise nothing."""
    _refuse_level(items)
    _refuse_by_place(items)


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
