"""Users, groups and roles, and what they may do; all three are roles of PostgreSQL."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.redshift.standin.design import Cursor
from tests.redshift.standin.errors import FEATURE_NOT_SUPPORTED, RedshiftError, syntax_error, unsupported
from tests.redshift.standin.plan import Forward, Plan, Special
from tests.redshift.standin.policies import role_name
from tests.redshift.standin.tokens import (
    Node,
    Token,
    literal,
    literal_value,
    quoted_name,
    render,
    split,
    word_of,
    words,
)

if TYPE_CHECKING:
    from tests.redshift.standin.session import Session

SYSTEM_ROLES = ("sys:secadmin", "sys:superuser", "sys:operator", "sys:dba", "sys:monitor")
_SYSTEM_PRIVILEGES = re.compile(
    r"(ignore rls|explain (rls|masking)|access (system table|catalog)|truncate table|vacuum|analyze|cancel"
    r"|(create|alter|drop) (role|user|schema|table|model|library|datashare|default privileges)"
    r"|create or replace (function|procedure|view|external function))"
)
_MIN_PASSWORD, _MAX_PASSWORD = 8, 64


def _check_password(items: list[Node]) -> None:
    """A password has 8 to 64 printable characters, with upper case, lower case and a digit."""
    for at, item in enumerate(items[:-1]):
        given = items[at + 1]
        if word_of(item) != "password" or not isinstance(given, Token) or given.kind != "string":
            continue
        text = literal_value(given)
        if re.fullmatch(r"md5[0-9a-f]{32}", text):
            return
        good = _MIN_PASSWORD <= len(text) <= _MAX_PASSWORD and not re.search(r"[^!-~]|['\"\\/@]", text)
        if not good or not all(re.search(kind, text) for kind in ("[A-Z]", "[a-z]", "[0-9]")):
            raise RedshiftError(
                "password needs 8 to 64 printable characters with upper and lower case and a digit", "22023"
            )


def plan_user(items: list[Node], kind: str, session: Session) -> Plan:
    """CREATE, ALTER or DROP of a user, a group or a role."""
    del session
    verb = word_of(items[0])
    if kind == "user":
        _check_password(items)
        if verb == "create" and "password" not in words(items, len(items)):
            raise syntax_error("user")
        text = re.sub(r"(?i)\bpassword disable\b", "password null", render(items))
        text = re.sub(r"(?i)\b(no)?createuser\b", lambda m: ("no" if m[1] else "") + "superuser", text)
        text = re.sub(r"(?i) (syslog access \w+|session timeout \d+|externalid '[^']*')", "", text)
        return Forward(text)
    cursor = Cursor(items, 2)
    if cursor.took("if", "exists"):
        cursor.at = 4
    name = role_name(cursor)
    if kind == "group":
        return _group(items, verb, name)
    return _role(items, verb, name, cursor)


def _group(items: list[Node], verb: str, name: str) -> Plan:
    if verb == "alter":
        return Forward(render(items))
    note = {
        "create": f"insert into rs.groups values ({literal(name)})",
        "drop": f"delete from rs.groups where name = {literal(name)}",
    }[verb]

    def run(session: Session) -> str:
        session.backend.query(render(items))
        session.backend.query(note)
        return f"{verb.upper()} GROUP"

    return Special(run)


def _role(items: list[Node], verb: str, name: str, cursor: Cursor) -> Plan:
    if name.startswith("sys:"):
        raise RedshiftError(f'role name "{name}" is reserved', FEATURE_NOT_SUPPORTED)
    rest = words(items[cursor.at :], 8)
    if verb == "alter":
        return Forward(re.sub(r"(?i) with rename", " rename", render(items)))
    quoted = quoted_name(name)
    if verb == "create":

        def create(session: Session) -> str:
            session.backend.query(f"create role {quoted}")
            session.backend.query(f"insert into rs.role_owners values ({literal(quoted)}::regrole)")
            return "CREATE ROLE"

        return Special(create)

    def drop(session: Session) -> str:
        if "force" in rest:
            session.backend.query(f"drop owned by {quoted}")
            _drop_rights_elsewhere(session, quoted)
        else:
            _refuse_bound(session, quoted)
        session.backend.query(f"drop role {quoted}")
        return "DROP ROLE"

    return Special(drop)


def _drop_rights_elsewhere(session: Session, quoted: str) -> None:
    """A role is the whole cluster's, but PostgreSQL drops its rights in one database at a time."""
    others = "select datname from pg_database where datallowconn and datname <> current_database()"
    for (database,) in session.backend.query(others):
        backend = session.administrator(database)
        backend.query(f"drop owned by {quoted}")
        backend.sock.close()


def _refuse_bound(session: Session, quoted: str) -> None:
    """A role that somebody has, or that has another role, is dropped with FORCE only."""
    rows = session.backend.query(
        "select bool_or(m.rolcanlogin), bool_or(not m.rolcanlogin) from pg_auth_members as a "
        f"join pg_roles as m on m.oid = a.member where a.roleid = {literal(quoted)}::regrole"
    )
    depends = session.backend.query(
        f"select count(*) from pg_auth_members where member = {literal(quoted)}::regrole"
    )
    if rows[0][0] == "t":
        raise RedshiftError("cannot drop this role since it has been granted on a user", "2BP01")
    if rows[0][1] == "t" or depends[0][0] != "0":
        raise RedshiftError("cannot drop this role since it depends on another role", "2BP01")


def plan_grant(items: list[Node], session: Session) -> Plan:
    """GRANT and REVOKE, of roles, of permissions of the system, and on objects."""
    del session
    verb = word_of(items[0])
    towards = "to" if verb == "grant" else "from"
    plain = [word_of(item) for item in items]
    on = plain.index("on") if "on" in plain else len(plain)
    to = len(plain) - 1 - plain[::-1].index(towards) if towards in plain else len(plain)
    what = items[1:to]
    given = re.sub(r"^(admin|grant) option for ", "", render(what).lower())
    if "for" in plain[: min(on, to)] and "option" not in plain[: min(on, to)]:
        raise unsupported(f"{verb.upper()} … FOR … (scoped permissions, ASSUMEROLE) on the stand-in")
    if on > to and _SYSTEM_PRIVILEGES.fullmatch(given):
        return _system_privilege(verb, given, items[to + 1 :])
    if on > to:
        return _grant_roles(verb, what, towards, items[to + 1 :])
    return _grant_on(items, to)


def _grantees(items: list[Node]) -> tuple[list[str], str]:
    """The names after TO or FROM, quoted, and what follows them."""
    found: list[str] = []
    tail = ""
    for part in split(items):
        cursor = Cursor(part)
        if not cursor.took("role"):
            cursor.took("group")
        found.append("public" if cursor.took("public") else quoted_name(role_name(cursor)))
        tail = render(part[cursor.at :]) or tail
    return found, tail


def _grant_roles(verb: str, what: list[Node], towards: str, to: list[Node]) -> Plan:
    head = ""
    if words(what, 3) == ["admin", "option", "for"]:
        head, what = "admin option for ", what[3:]
    roles = []
    for part in split(what):
        cursor = Cursor(part)
        cursor.took("role")
        roles.append(quoted_name(role_name(cursor)))
    members, tail = _grantees(to)
    return Forward(f"{verb} {head}{', '.join(roles)} {towards} {', '.join(members)} {tail}".rstrip())


def _system_privilege(verb: str, privilege: str, to: list[Node]) -> Plan:
    members, _ = _grantees(to)

    def run(session: Session) -> str:
        session.backend.query("select rs.check_security_admin()")
        for member in members:
            session.backend.query(
                f"select rs.{verb}_system_privilege({literal(privilege)}, {literal(member)}::regrole)"
            )
        return verb.upper()

    return Special(run)


def _grant_on(items: list[Node], to: int) -> Plan:
    members, tail = _grantees(items[to + 1 :])
    target = render(items[: to + 1])
    if re.search(r"(?i) to (masking|rls) policy ", render(items)):
        return Forward("do ''")  # a policy reads its lookup tables with the rights of the owner anyway
    text = re.sub(r"(?i)\bdrop on\b", "delete on", target)
    return Forward(f"{text} {', '.join(members)} {tail}".rstrip())


def plan_default_privileges(items: list[Node], session: Session) -> Plan:
    """ALTER DEFAULT PRIVILEGES … TO a user, a group or a role."""
    del session
    plain = [word_of(item) for item in items]
    towards = "to" if "grant" in plain else "from"
    to = len(plain) - 1 - plain[::-1].index(towards)
    members, tail = _grantees(items[to + 1 :])
    return Forward(f"{render(items[: to + 1])} {', '.join(members)} {tail}".rstrip())
