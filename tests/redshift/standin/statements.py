"""From the text of a statement to the plan for it: refused, translated, or executed by the proxy."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.redshift.standin import commands, specials
from tests.redshift.standin.alter import NO_BLOCK, plan_alter
from tests.redshift.standin.build import word
from tests.redshift.standin.ddl import create_table
from tests.redshift.standin.design import Cursor
from tests.redshift.standin.dml import plan_dml
from tests.redshift.standin.errors import FEATURE_NOT_SUPPORTED, RedshiftError, syntax_error, unsupported
from tests.redshift.standin.expressions import rewrite
from tests.redshift.standin.leader import SYSTEM_PREFIXES, ctes_of, tables_of
from tests.redshift.standin.plan import EMPTY, Forward, Plan, Special
from tests.redshift.standin.policies import plan_policy
from tests.redshift.standin.protect import protect
from tests.redshift.standin.qualify import with_qualify
from tests.redshift.standin.refuse import refuse_query
from tests.redshift.standin.roles import plan_grant, plan_user
from tests.redshift.standin.show import plan_show
from tests.redshift.standin.tokens import (
    Group,
    Node,
    is_op,
    name_of,
    parse,
    render,
    shortened_literals,
    split,
    word_of,
    words,
)

if TYPE_CHECKING:
    from tests.redshift.standin.session import Session

_MAX_STATEMENT = 16 * 1024 * 1024
_CREATE_ACCESS = frozenset({"masking", "rls", "user", "role", "group"})
_CREATE_REFUSED = frozenset(
    {
        "index",
        "unique",
        "trigger",
        "sequence",
        "type",
        "domain",
        "extension",
        "rule",
        "operator",
        "aggregate",
        "cast",
        "collation",
        "conversion",
        "tablespace",
        "unlogged",
        "event",
        "publication",
        "subscription",
        "statistics",
        "server",
        "foreign",
        "language",
        "policy",
    }
)
_REFUSED = frozenset(
    {
        "savepoint",
        "release",
        "listen",
        "notify",
        "unlisten",
        "do",
        "cluster",
        "reindex",
        "discard",
        "checkpoint",
        "load",
        "values",
        "table",
        "import",
        "security",
        "reassign",
    }
)


def plan_statement(sql: str, session: Session) -> Plan:
    """Plan a single statement."""
    if len(sql.encode()) > _MAX_STATEMENT:
        raise RedshiftError("Statement is too large. Statement Size: exceeds 16777216 bytes", "54000")
    parts = statements_of(sql)
    if len(parts) > 1:
        raise RedshiftError("cannot insert multiple commands into a prepared statement", "42601")
    return plan_items(parts[0], session) if parts else EMPTY


def plan_script(sql: str, session: Session) -> list[Plan]:
    """Plan every statement of a text."""
    return [plan_items(part, session) for part in statements_of(sql)]


def statements_of(sql: str) -> list[list[Node]]:
    """The statements of a text."""
    return [part for part in split(parse(sql), ";") if part]


def plan_items(items: list[Node], session: Session) -> Plan:
    """Plan a statement that was read already."""
    first = word_of(items[0])
    if isinstance(items[0], Group):
        first = "select"
    if first in _REFUSED:
        raise unsupported("SAVEPOINT") if first == "savepoint" else syntax_error(first)
    handler = _HANDLERS.get(first)
    return handler(items, session) if handler else Forward(render(rewrite(protect(items, session))))


def _query(items: list[Node], session: Session) -> Plan:
    refuse_query(items)
    if "merge" in [word_of(item) for item in items]:
        raise syntax_error("merge")
    for at, item in enumerate(items):
        if word_of(item) == "into" and any(word_of(later) == "from" for later in items[at:]):
            raw = items[at + 1 :]
            temp = [raw.pop(0)] if word_of(raw[0]) in ("temp", "temporary") else []
            raw = raw[1:] if word_of(raw[0]) == "table" else raw
            _, end = name_of(raw, 0)
            made: list[Node] = [
                *parse("create"),
                *temp,
                word("table"),
                *raw[:end],
                word("as"),
                *items[:at],
                *raw[end:],
            ]
            return Forward(render(create_table(protect(made, session))))
    catalog = any(name.startswith(SYSTEM_PREFIXES) for name in tables_of(items))
    items = shortened_literals(items) if catalog else items
    return Forward(render(rewrite(protect(with_qualify(items, session), session))), catalog)


def _create(items: list[Node], session: Session) -> Plan:
    at = 1
    replace = words(items[1:], 2) == ["or", "replace"]
    at += 2 * replace
    kind = word_of(items[at])
    if kind in _CREATE_REFUSED:
        raise RedshiftError(f"CREATE {kind.upper()} is not supported", FEATURE_NOT_SUPPORTED)
    if kind in ("temp", "temporary", "local", "table"):
        if "view" in words(items[at:], 2):
            raise syntax_error("view")
        refuse_query(_body(items))
        return Forward(render(create_table(protect(with_qualify(items, session), session))))
    if kind == "view" or (kind == "external" and word_of(items[at + 1]) == "view"):
        return _create_view(items, at, session, replace=replace)
    if kind == "materialized":
        refuse_query(_body(items))
        return specials.create_materialized_view(protect(items, session))
    if kind in _CREATE_ACCESS:
        return plan_policy(items, session) if kind in ("masking", "rls") else plan_user(items, kind, session)
    return _create_other(items, kind, session)


def _create_other(items: list[Node], kind: str, session: Session) -> Plan:
    if kind == "database" and session.in_transaction:
        raise RedshiftError(NO_BLOCK.format("CREATE DATABASE"), "25001")
    if kind == "schema":
        return Forward(render(items).split(" quota ")[0])
    if kind == "function" and any(word_of(item) == "plpythonu" for item in items):
        raise RedshiftError("Creation of Python UDFs is not supported", FEATURE_NOT_SUPPORTED)
    return Forward(render(rewrite(items)))


def _body(items: list[Node]) -> list[Node]:
    """The query of a CREATE … AS."""
    for at, item in enumerate(items):
        if word_of(item) == "as":
            return items[at + 1 :]
    return []


def _create_view(items: list[Node], at: int, session: Session, *, replace: bool) -> Plan:
    refuse_query(_body(items))
    names, after = name_of(items, at + 1)
    if words(items[-4:], 4) != ["with", "no", "schema", "binding"]:
        return Forward(render(rewrite(with_qualify(items, session))))
    bare = {name for name in tables_of(_body(items)) if "." not in name} - ctes_of(_body(items))
    if bare:
        raise RedshiftError(
            f'relation "{min(bare)}" needs its schema WITH NO SCHEMA BINDING', FEATURE_NOT_SUPPORTED
        )
    columns = items[after : [word_of(item) for item in items].index("as")]
    query = render(rewrite(with_qualify(_body(items)[:-4], session)))
    reads = sorted(tables_of(_body(items)) - ctes_of(_body(items)))
    return specials.create_late_binding_view(names, render(columns), query, reads, replace=replace)


def _drop(items: list[Node], session: Session) -> Plan:
    kind = word_of(items[1])
    if kind in ("index", "trigger", "sequence", "type", "domain", "extension"):
        raise syntax_error(kind)
    if kind == "materialized":
        return specials.drop_materialized_view(items)
    if kind in ("masking", "rls"):
        return plan_policy(items, session)
    if kind in ("group", "role"):
        return plan_user(items, kind, session)
    if kind in ("database",) and session.in_transaction:
        raise RedshiftError(NO_BLOCK.format("DROP DATABASE"), "25001")
    return Forward(render(items))


def _truncate(items: list[Node], _: Session) -> Plan:
    if any(is_op(item, ",") for item in items):
        raise syntax_error(",")
    names, after = name_of(items, 1 + (word_of(items[1]) == "table"))
    if after < len(items):
        raise syntax_error(word_of(items[after]))
    return specials.truncate(names)


def _refresh(items: list[Node], _: Session) -> Plan:
    return specials.refresh_materialized_view(items)


def _copy(items: list[Node], session: Session) -> Plan:
    from tests.redshift.standin.copy_command import parse_copy  # noqa: PLC0415 - pyarrow loads only where COPY is used
    from tests.redshift.standin.copy_run import run_copy  # noqa: PLC0415

    command = parse_copy(items, render(items))
    return Special(lambda running: run_copy(running, command))


def _unload(items: list[Node], session: Session) -> Plan:
    from tests.redshift.standin.unload import parse_unload, run_unload  # noqa: PLC0415

    command = parse_unload(Cursor(items, 1))
    query = parse(command.query)
    if "limit" in [word_of(item) for item in query]:
        raise RedshiftError("LIMIT is not supported in the outer SELECT of UNLOAD", FEATURE_NOT_SUPPORTED)
    plan = plan_items(query, session)
    if not isinstance(plan, Forward) or word_of(query[0]) not in ("select", "with"):
        raise syntax_error(word_of(query[0]))
    return Special(lambda running: run_unload(running, command, plan.sql))


_HANDLERS: dict[str, Callable[[list[Node], Session], Plan]] = {
    "select": _query,
    "with": _query,
    "explain": _query,
    "insert": plan_dml,
    "update": plan_dml,
    "delete": plan_dml,
    "merge": plan_dml,
    "create": _create,
    "alter": plan_alter,
    "drop": _drop,
    "truncate": _truncate,
    "set": commands.plan_set,
    "reset": commands.plan_reset,
    "rollback": commands.plan_rollback,
    "abort": commands.plan_rollback,
    "vacuum": commands.plan_vacuum,
    "analyze": commands.plan_analyze,
    "grant": plan_grant,
    "revoke": plan_grant,
    "attach": plan_policy,
    "detach": plan_policy,
    "show": plan_show,
    "refresh": _refresh,
    "copy": _copy,
    "unload": _unload,
    "lock": commands.plan_lock,
    "cancel": commands.plan_cancel,
}
