"""Masking and row-level security policies: CREATE, ALTER, ATTACH, DETACH, DROP."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.redshift.standin.columns import column_type
from tests.redshift.standin.design import Cursor, names_in
from tests.redshift.standin.errors import syntax_error
from tests.redshift.standin.expressions import rewrite
from tests.redshift.standin.plan import Plan, Special
from tests.redshift.standin.specials import dotted
from tests.redshift.standin.tokens import Group, Node, Token, is_op, literal, name_of, parse, render, split

if TYPE_CHECKING:
    from tests.redshift.standin.session import Session

_USERS = frozenset({"current_user", "user"})


@dataclass(frozen=True, slots=True)
class Grantee:
    """Whom a policy is attached to."""

    kind: str
    name: str | None

    @property
    def sql(self) -> str:
        """The two arguments of the functions that attach and detach."""
        return f"{literal(self.kind)}, {literal(self.name) if self.name is not None else 'null'}"


def _call(function: str, tag: str, *calls: str) -> Plan:
    """Run a function of the schema rs for each list of arguments."""

    def run(session: Session) -> str:
        session.guard.active = True
        for arguments in calls:
            session.backend.query(f"select rs.{function}({arguments})")
        return tag

    return Special(run)


def _json(value: object) -> str:
    return literal(json.dumps(value)) + "::jsonb"


def _name(cursor: Cursor) -> str:
    node = cursor.take()
    if not isinstance(node, Token) or node.kind not in ("word", "quoted"):
        raise syntax_error(node.text if isinstance(node, Token) else "(")
    return node.lower


def _need(cursor: Cursor, *texts: str) -> None:
    if not cursor.took(*texts):
        node = cursor.take()
        raise syntax_error(node.text if isinstance(node, Token) else "(")


def _end(cursor: Cursor) -> None:
    node = cursor.peek()
    if node is not None:
        raise syntax_error(node.text if isinstance(node, Token) else "(")


def _inputs(items: list[Node]) -> list[dict[str, str]]:
    """The columns of a WITH clause."""
    found = []
    for part in split(items):
        cursor = Cursor(part)
        name = _name(cursor)
        found.append({"colname": name, "type": render(column_type(cursor))})
        _end(cursor)
    return found


def _translated(items: list[Node]) -> str:
    """An expression in PostgreSQL's words; the user is the session's, whoever runs the query for it."""
    return render(_of_session(rewrite(items)))


def _of_session(items: list[Node]) -> list[Node]:
    out: list[Node] = []
    for at, item in enumerate(items):
        if isinstance(item, Group):
            out.append(Group(_of_session(item.items)))
        elif item.kind == "word" and item.lower in _USERS and not (at and is_op(items[at - 1], ".")):
            out += parse("session_user :: text")
        else:
            out.append(item)
    return out


def _masking_expressions(cursor: Cursor) -> str:
    """The text of USING (…) and its parts, as arguments."""
    _need(cursor, "using")
    inside = cursor.group()
    _end(cursor)
    parts = [_translated(part) for part in split(inside)]
    return f"{literal(render(inside))}, {_json(parts)}"


def _grantee(cursor: Cursor) -> Grantee:
    if cursor.took("public"):
        return Grantee("public", None)
    if cursor.took("role"):
        return Grantee("role", role_name(cursor))
    return Grantee("user", _name(cursor))


def role_name(cursor: Cursor) -> str:
    """The name of a role; those of the system begin with sys: and are no words."""
    name = _name(cursor)
    if name == "sys" and is_op(cursor.peek(), ":"):
        cursor.take()
        return f"sys:{_name(cursor)}"
    return name


def _grantees(cursor: Cursor) -> list[Grantee]:
    found = [_grantee(cursor)]
    while is_op(cursor.peek(), ","):
        cursor.take()
        found.append(_grantee(cursor))
    return found


def _table(cursor: Cursor) -> str:
    names, cursor.at = name_of(cursor.items, cursor.at)
    if not names:
        _need(cursor, "a table")
    return dotted(names)


def _tables(cursor: Cursor) -> list[str]:
    cursor.took("table")
    found = [_table(cursor)]
    while is_op(cursor.peek(), ","):
        cursor.take()
        found.append(_table(cursor))
    return found


# -- masking


def _create_masking(cursor: Cursor) -> Plan:
    lenient = cursor.took("if", "not", "exists")
    name = _name(cursor)
    _need(cursor, "with")
    inputs = _inputs(cursor.group())
    arguments = f"{literal(name)}, {str(lenient).lower()}, {_json(inputs)}, {_masking_expressions(cursor)}"
    return _call("create_masking_policy", "CREATE MASKING POLICY", arguments)


def _alter_masking(cursor: Cursor) -> Plan:
    name = _name(cursor)
    return _call(
        "alter_masking_policy", "ALTER MASKING POLICY", f"{literal(name)}, {_masking_expressions(cursor)}"
    )


def _drop_masking(cursor: Cursor) -> Plan:
    name = _name(cursor)
    _end(cursor)
    return _call("drop_masking_policy", "DROP MASKING POLICY", literal(name))


def _attach_masking(cursor: Cursor) -> Plan:
    name = _name(cursor)
    _need(cursor, "on")
    table = _table(cursor)
    outputs = names_in(cursor.group())
    inputs = names_in(cursor.group()) if cursor.took("using") else outputs
    _need(cursor, "to")
    grantee = _grantee(cursor)
    priority = "0"
    if cursor.took("priority"):
        node = cursor.take()
        priority = node.text if isinstance(node, Token) else ""
        if not priority.isdigit():
            raise syntax_error(priority)
    _end(cursor)
    arguments = (
        f"{literal(name)}, {literal(table)}, {_json(outputs)}, {_json(inputs)}, {grantee.sql}, {priority}"
    )
    return _call("attach_masking_policy", "ATTACH MASKING POLICY", arguments)


def _detach_masking(cursor: Cursor) -> Plan:
    name = _name(cursor)
    _need(cursor, "on")
    table = _table(cursor)
    outputs = names_in(cursor.group())
    _need(cursor, "from")
    grantee = _grantee(cursor)
    _end(cursor)
    arguments = f"{literal(name)}, {literal(table)}, {_json(outputs)}, {grantee.sql}"
    return _call("detach_masking_policy", "DETACH MASKING POLICY", arguments)


# -- rows


def _create_rls(cursor: Cursor) -> Plan:
    name, inputs, alias = _name(cursor), [], "rs_policy"
    if cursor.took("with"):
        inputs = _inputs(cursor.group())
        if cursor.took("as") or cursor.word() not in ("using", ""):
            alias = _name(cursor)
    _need(cursor, "using")
    expression = cursor.group()
    _end(cursor)
    arguments = (
        f"{literal(name)}, {literal(alias)}, {_json(inputs)}, {literal(render(expression))}, "
        f"{literal(_translated(expression))}"
    )
    return _call("create_rls_policy", "CREATE RLS POLICY", arguments)


def _drop_rls(cursor: Cursor) -> Plan:
    lenient = cursor.took("if", "exists")
    name = _name(cursor)
    cascaded = cursor.took("cascade")
    if not cascaded:
        cursor.took("restrict")
    _end(cursor)
    arguments = f"{literal(name)}, {str(lenient).lower()}, {str(cascaded).lower()}"
    return _call("drop_rls_policy", "DROP RLS POLICY", arguments)


def _change_rls(cursor: Cursor, verb: str, towards: str) -> Plan:
    name = _name(cursor)
    _need(cursor, "on")
    tables = _tables(cursor)
    _need(cursor, towards)
    grantees = _grantees(cursor)
    _end(cursor)
    calls = [f"{literal(name)}, {literal(table)}, {grantee.sql}" for table in tables for grantee in grantees]
    return _call(f"{verb}_rls_policy", f"{verb.upper()} RLS POLICY", *calls)


def switch_rows(cursor: Cursor, names: list[str]) -> Plan:
    """ALTER TABLE … ROW LEVEL SECURITY ON or OFF, the words before it read already."""
    switched_on = cursor.took("on")
    if not switched_on:
        _need(cursor, "off")
    conjunction = "and"
    if cursor.took("conjunction", "type"):
        conjunction = cursor.word()
        if conjunction not in ("and", "or"):
            raise syntax_error(conjunction)
        cursor.take()
    cursor.took("for", "datashares")
    _end(cursor)
    arguments = f"{literal(dotted(names))}, {str(switched_on).lower()}, {literal(conjunction)}"
    return _call("row_level_security", "ALTER TABLE", arguments)


_STATEMENTS: dict[str, Callable[[Cursor], Plan]] = {
    "create masking policy": _create_masking,
    "alter masking policy": _alter_masking,
    "drop masking policy": _drop_masking,
    "attach masking policy": _attach_masking,
    "detach masking policy": _detach_masking,
    "create rls policy": _create_rls,
    "drop rls policy": _drop_rls,
    "attach rls policy": lambda cursor: _change_rls(cursor, "attach", "to"),
    "detach rls policy": lambda cursor: _change_rls(cursor, "detach", "from"),
}


def plan_policy(items: list[Node], _: Session) -> Plan:
    """A statement about a policy: a verb, MASKING or RLS, POLICY."""
    plan = _STATEMENTS.get(render(items[:3]).lower())
    if plan is None:
        raise syntax_error(items[1].text if len(items) > 1 and isinstance(items[1], Token) else "policy")
    return plan(Cursor(items, 3))
