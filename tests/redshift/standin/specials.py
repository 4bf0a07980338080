"""Statements that the proxy executes in several steps."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from tests.redshift.standin.design import Cursor, Design, take_attribute
from tests.redshift.standin.errors import syntax_error
from tests.redshift.standin.expressions import rewrite
from tests.redshift.standin.plan import Plan, Special
from tests.redshift.standin.tokens import Node, Token, literal, name_of, quoted_name, render, word_of

if TYPE_CHECKING:
    from tests.redshift.standin.session import Session


def dotted(names: list[str]) -> str:
    """A name as SQL, the database left out."""
    return ".".join(quoted_name(part) for part in names[-2:])


def no_change(names: list[str], tag: str) -> Plan:
    """A statement that changes nothing here; its table must exist."""

    def run(session: Session) -> str:
        if names:
            session.backend.query(f"lock table {dotted(names)} in access share mode")
        return tag

    return Special(run)


def _change_design(names: list[str], change: str) -> Plan:
    def run(session: Session) -> str:
        relation = f"{literal(dotted(names))}::regclass::oid"
        session.backend.query(
            f"insert into rs.designs values ({relation}, '{{}}') on conflict (relation) do nothing"
        )
        session.backend.query(f"update rs.designs set design = {change} where relation = {relation}")
        return "ALTER TABLE"

    return Special(run)


def alter_design(names: list[str], cursor: Cursor) -> Plan:
    """ALTER DISTSTYLE, DISTKEY, SORTKEY, ENCODE AUTO."""
    design = Design()
    if cursor.took("sortkey", "none"):
        return _change_design(names, """design || '{"sortkeys": [], "sortstyle": ""}'""")
    while not cursor.done:
        if not take_attribute(cursor, design):
            raise syntax_error(cursor.word())
    changed = {key: value for key, value in asdict(design).items() if value}
    if design.diststyle in ("all", "even", "auto"):
        changed["distkey"] = ""
    return _change_design(names, f"design || {literal(json.dumps(changed))}::jsonb")


def alter_encoding(names: list[str], column: str, encoding: str) -> Plan:
    """ALTER COLUMN … ENCODE."""
    made = literal(json.dumps({column: encoding}))
    return _change_design(
        names, f"jsonb_set(design, '{{encodings}}', coalesce(design -> 'encodings', '{{}}') || {made}::jsonb)"
    )


def truncate(names: list[str]) -> Plan:
    """TRUNCATE commits the transaction that it runs in."""

    def run(session: Session) -> str:
        session.backend.query(f"truncate table {dotted(names)}")
        if session.in_transaction:
            session.backend.query("commit")
        return "TRUNCATE TABLE"

    return Special(run, keeps_transaction=False)


def append_from(target: list[str], source: list[str]) -> Plan:
    """ALTER TABLE APPEND moves rows."""

    def run(session: Session) -> str:
        rows = f"with moved as (delete from {dotted(source)} returning *)"
        session.backend.query(f"{rows} insert into {dotted(target)} select * from moved")
        return "ALTER TABLE APPEND"

    return Special(run)


def create_late_binding_view(
    names: list[str], columns: str, query: str, reads: list[str], *, replace: bool
) -> Plan:
    """A view that knows its tables when it is read, and not before."""

    def run(session: Session) -> str:
        schema = literal(names[-2]) if len(names) > 1 else "current_schema()"
        args = ", ".join(
            [schema, *map(literal, (names[-1], columns, query, json.dumps(reads))), str(replace).lower()]
        )
        session.backend.query(f"select rs.create_late_binding_view({args})")
        return "CREATE VIEW"

    return Special(run)


def _storage(names: list[str]) -> str:
    return dotted([*names[:-1], f"mv_tbl__{names[-1]}__0"])


def create_materialized_view(items: list[Node]) -> Plan:
    """As Redshift keeps it: a table mv_tbl__<name>__0 and a view of it."""
    names, at = name_of(items, 3)
    cursor = Cursor(items, at)
    design, automatic = Design(), False
    while not cursor.done and cursor.word() != "as":
        if cursor.took("auto", "refresh"):
            automatic = word_of(cursor.take()) == "yes"
        elif not take_attribute(cursor, design):
            raise syntax_error(cursor.word())
    if not cursor.took("as"):
        raise syntax_error("materialized")
    query = render(rewrite(items[cursor.at :]))
    text = render(items)

    def run(session: Session) -> str:
        ask = session.backend.query
        ask(f"create table {_storage(names)} as {query} {render([design.hint()])}")
        ask(f"create view {dotted(names)} as select * from {_storage(names)}")
        ask(
            "insert into rs.materialized_views values "
            f"({literal(dotted(names))}::regclass, {literal(_storage(names))}::regclass, "
            f"{literal(text)}, {literal(query)}, {automatic})"
        )
        return "CREATE MATERIALIZED VIEW"

    return Special(run)


def _found(session: Session, names: list[str]) -> tuple[str, str]:
    name = dotted(names)
    rows = session.backend.query(
        "select storage::text, query from rs.materialized_views "
        f"where view = to_regclass({literal(name)})::oid"
    )
    if not rows:
        session.backend.query(f"select {literal(name)}::regclass")
        raise syntax_error(names[-1])
    return f"{rows[0][0]}", f"{rows[0][1]}"


def refresh_materialized_view(items: list[Node]) -> Plan:
    """Compute it anew."""
    names, _ = name_of(items, 3)

    def run(session: Session) -> str:
        storage, query = _found(session, names)
        session.backend.query(f"delete from {storage}")
        session.backend.query(f"insert into {storage} {query}")
        return "REFRESH MATERIALIZED VIEW"

    return Special(run)


def alter_materialized_view(items: list[Node]) -> Plan:
    """AUTO REFRESH yes or no, and the design, which changes nothing here."""
    names, at = name_of(items, 3)
    text = [item.text.lower() for item in items[at:] if isinstance(item, Token)]

    def run(session: Session) -> str:
        _found(session, names)
        if text[:2] == ["auto", "refresh"]:
            value = str(text[2] == "yes").lower()
            session.backend.query(
                f"update rs.materialized_views set automatic = {value} "
                f"where view = {literal(dotted(names))}::regclass"
            )
        return "ALTER MATERIALIZED VIEW"

    return Special(run)


def drop_materialized_view(items: list[Node]) -> Plan:
    """The view goes with its table."""
    cursor = Cursor(items, 3)
    lenient = cursor.took("if", "exists")
    names, _ = name_of(items, cursor.at)

    def run(session: Session) -> str:
        exists = session.backend.query(f"select to_regclass({literal(dotted(names))}) is not null")[0][0]
        if exists == "t" or not lenient:
            storage, _ = _found(session, names)
            session.backend.query(f"drop view {dotted(names)} cascade")
            session.backend.query(f"drop table {storage} cascade")
        return "DROP MATERIALIZED VIEW"

    return Special(run)
