"""What masking policies and row-level security leave of a relation, put in its place within a query.

A query of a session that a policy applies to reads a protected table, or a view of one, through
`rs.protected`, which runs with the rights of the owner. The arm of the UNION that gives no row has PostgreSQL
check the session's own rights.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.redshift.standin.errors import FEATURE_NOT_SUPPORTED, RedshiftError
from tests.redshift.standin.relations import Substitution
from tests.redshift.standin.tokens import Node, literal, name_of, parse, quoted_name, render, word_of

if TYPE_CHECKING:
    from tests.redshift.standin.session import Session


class Guard:
    """Whether any policy may be in force; while none is, queries are not looked at."""

    def __init__(self) -> None:
        """Nothing is protected yet."""
        self.active = False
        self._keys: dict[str, str] = {}
        self._lock = threading.Lock()

    def key(self, session: Session) -> str:
        """The secret of the session's database that opens `rs.protected`."""
        database = session.database
        with self._lock:
            if database not in self._keys:
                backend = session.administrator()
                self._keys[database] = f"{backend.query('select key from rs.secret')[0][0]}"
                backend.sock.close()
            return self._keys[database]


def protect(items: list[Node], session: Session) -> list[Node]:
    """Replace what the session's user may not read as it is."""
    if not session.guard.active or session.backend.status == b"E":
        return items
    _refuse_target(items, session)
    return _Protection(session).of(items)


def _refuse_target(items: list[Node], session: Session) -> None:
    """UPDATE, DELETE and MERGE of a table whose columns the user sees masked are beyond the stand-in."""
    if word_of(items[0]) not in ("update", "delete", "merge"):
        return
    names, _ = name_of(items, 1 + (word_of(items[1]) in ("from", "into")))
    found = _Protection(session).asked([names])
    for relation in found.values():
        if any(column["mask"] for column in relation["columns"]):
            raise RedshiftError("the stand-in does not change masked tables", FEATURE_NOT_SUPPORTED)


def _dotted(names: list[str]) -> str:
    return ".".join(quoted_name(name) for name in names[-2:])


class _Protection:
    """The protected relations that one statement reads."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of(self, items: list[Node]) -> list[Node]:
        """A statement of the session's user."""
        return self._replaced(items, self._guarded)

    def _replaced(
        self, items: list[Node], query: Callable[[dict[str, Any]], list[Node] | None]
    ) -> list[Node]:
        names: list[list[str]] = []
        Substitution(names.append).of(items)
        protected = self.asked(names)
        if not protected:
            return items

        def replace(found: list[str]) -> list[Node] | None:
            relation = protected.get(_dotted(found))
            return query(relation) if relation else None

        return Substitution(replace).of(items)

    def asked(self, names: list[list[str]]) -> dict[str, Any]:
        """How the protected ones among some relations are read, by name."""
        if not names:
            return {}
        asked = json.dumps(sorted({_dotted(found) for found in names}))
        rows = self._session.ask(
            "select n, rs.reading(to_regclass(n)::oid::text)::text "
            f"from rs.protected_among({literal(asked)}) as n"
        )
        return {f"{name}": json.loads(f"{reading}") for name, reading in rows}

    def _guarded(self, relation: dict[str, Any]) -> list[Node] | None:
        """A subquery with the rights of the session's user for the relation itself."""
        allowed = [quoted_name(column["name"]) for column in relation["columns"] if column["allowed"]]
        if not allowed:
            return None
        columns, name = ", ".join(allowed), relation["name"]
        key = self._session.guard.key(self._session)
        query = f"rs.protected(null::{name}, {literal(self._read(relation))}, {literal(key)})"
        return parse(f"select {columns} from {query} union all select {columns} from {name} where false")

    def _read(self, relation: dict[str, Any]) -> str:
        """The query that reads a relation as the session's user may see it."""
        if relation["kind"] == "r":
            return _table(relation)
        body = render(self._replaced(parse(relation["body"]), lambda inner: parse(self._read(inner))))
        columns = ", ".join(
            f"q.{quoted_name(column['name'])}::{column['type']}" for column in relation["columns"]
        )
        return f"select {columns} from ({body}) as q"


def _table(relation: dict[str, Any]) -> str:
    columns = ", ".join(_column(column) for column in relation["columns"])
    query = f"select {columns} from {relation['name']} as rs_row"
    rules = relation["rules"]
    if rules is None:
        return query
    conditions = [_condition(policy) for policy in rules["policies"]]
    return f"{query} where " + (f" {rules['conjunction']} ".join(conditions) or "false")


def _column(column: dict[str, Any]) -> str:
    name, mask = quoted_name(column["name"]), column["mask"]
    if mask is None:
        return f"rs_row.{name}"
    inputs = ", ".join(
        f"rs_row.{quoted_name(given['column'])}::{given['type']} as {quoted_name(given['name'])}"
        for given in mask["inputs"]
    )
    return f"(select ({mask['sql']}) from (select {inputs}) as masked)::{column['type']} as {name}"


def _condition(policy: dict[str, Any]) -> str:
    inputs = ", ".join(
        f"rs_row.{quoted_name(given['colname'])}::{given['type']} as {quoted_name(given['colname'])}"
        for given in policy["inputs"]
    )
    alias = quoted_name(policy["alias"])
    return f"(select coalesce(({policy['sql']}), false) from (select {inputs or '1'}) as {alias})"
