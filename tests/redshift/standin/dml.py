"""INSERT, UPDATE, DELETE and MERGE."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from tests.redshift.standin.build import word
from tests.redshift.standin.catalog import is_view
from tests.redshift.standin.errors import FEATURE_NOT_SUPPORTED, RedshiftError, syntax_error, unsupported
from tests.redshift.standin.expressions import rewrite
from tests.redshift.standin.plan import Forward, Plan
from tests.redshift.standin.protect import protect
from tests.redshift.standin.qualify import with_qualify
from tests.redshift.standin.refuse import refuse_dml
from tests.redshift.standin.tokens import Group, Node, name_of, render, split, word_of

if TYPE_CHECKING:
    from tests.redshift.standin.session import Session


def plan_dml(items: list[Node], session: Session) -> Plan:
    """Refuse or translate one."""
    refuse_dml([item for item in items if not _is_values(item)])
    if word_of(items[0]) == "insert":
        _refuse_values(items)
    _refuse_views(items, session)
    if word_of(items[0]) == "delete" and word_of(items[1] if len(items) > 1 else None) != "from":
        items = [items[0], word("from"), *items[1:]]
    if word_of(items[0]) == "merge":
        items = _merge(items)
    names, _ = name_of(items, 1 + (word_of(items[1]) in ("into", "from")))
    return Forward(render(rewrite(protect(with_qualify(items, session), session))), writes=tuple(names))


def _refuse_views(items: list[Node], session: Session) -> None:
    """Views are read only, and no source of a MERGE."""
    names, after = name_of(items, 1 + (word_of(items[1]) in ("into", "from")))
    if is_view(session, names):
        raise RedshiftError(f'cannot change view "{names[-1]}"', FEATURE_NOT_SUPPORTED)
    if word_of(items[0]) == "merge" and word_of(items[after]) == "using":
        source, _ = name_of(items, after + 1)
        if is_view(session, source):
            raise RedshiftError("MERGE needs a table as its source, not a view", FEATURE_NOT_SUPPORTED)


def _is_values(item: Node) -> bool:
    return isinstance(item, Group) and bool(item.items) and word_of(item.items[0]) == "values"


def _refuse_values(items: list[Node]) -> None:
    for at, item in enumerate(items):
        if word_of(item) != "values":
            continue
        rows = [row[0] for row in split(items[at + 1 :]) if row]
        nested = any(
            isinstance(cell, Group) and cell.items and word_of(cell.items[0]) == "select"
            for row in rows
            if isinstance(row, Group)
            for cell in row.items
        )
        if len(rows) > 1 and nested:
            raise RedshiftError("can't use subqueries in multi-row VALUES", FEATURE_NOT_SUPPORTED)


def _merge(items: list[Node]) -> list[Node]:
    """MERGE: the source is a table, both clauses are needed, or REMOVE DUPLICATES."""
    text = [word_of(item) for item in items]
    for at, item in enumerate(items):
        if word_of(item) == "using" and isinstance(items[at + 1] if at + 1 < len(items) else None, Group):
            raise syntax_error("(")
    clauses = [tuple(text[at + 1 : at + 3]) for at, name in enumerate(text) if name == "when"]
    if "do" in text and "nothing" in text:
        raise syntax_error("do")
    if clauses and len(clauses) < 2:
        raise RedshiftError("syntax error at end of input")
    if text[-2:] == ["remove", "duplicates"]:
        raise unsupported("MERGE REMOVE DUPLICATES on the stand-in")
    if ("matched", "and") in itertools.pairwise(text):
        raise syntax_error("and")
    return items
