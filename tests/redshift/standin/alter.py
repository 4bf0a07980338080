"""ALTER."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.redshift.standin import specials
from tests.redshift.standin.build import word
from tests.redshift.standin.catalog import is_materialized
from tests.redshift.standin.columns import column
from tests.redshift.standin.design import Cursor, Design
from tests.redshift.standin.errors import FEATURE_NOT_SUPPORTED, RedshiftError, syntax_error, unsupported
from tests.redshift.standin.plan import Forward, Plan
from tests.redshift.standin.policies import plan_policy, switch_rows
from tests.redshift.standin.roles import plan_default_privileges, plan_user
from tests.redshift.standin.tokens import Node, Token, name_of, parse, render, split, word_of, words

if TYPE_CHECKING:
    from tests.redshift.standin.session import Session

NO_BLOCK = "{} cannot run inside a transaction block"


def plan_alter(items: list[Node], session: Session) -> Plan:
    """ALTER, of a table or of something else."""
    if word_of(items[1]) == "table":
        return _alter_table(items, session)
    if words(items[1:3], 2) == ["materialized", "view"]:
        return specials.alter_materialized_view(items)
    if word_of(items[1]) == "masking":
        return plan_policy(items, session)
    if word_of(items[1]) in ("user", "group", "role"):
        return plan_user(items, word_of(items[1]), session)
    if word_of(items[1]) == "default":
        return plan_default_privileges(items, session)
    if word_of(items[1]) in ("schema", "database", "procedure", "function"):
        return Forward(render(items))
    raise syntax_error(word_of(items[1]))


def _alter_table(items: list[Node], session: Session) -> Plan:
    names, after = name_of(items, 2)
    cursor = Cursor(items, after)
    head = items[:after]
    if len(split(items[after:])) > 1:
        raise syntax_error(",")
    if cursor.took("add"):
        return _alter_add(cursor, head, names)
    if cursor.took("append"):
        if session.in_transaction:
            raise RedshiftError(NO_BLOCK.format("ALTER TABLE APPEND"), "25001")
        cursor.took("from")
        return specials.append_from(names, name_of(items, cursor.at)[0])
    if cursor.took("alter"):
        return _alter_column(cursor, head, names, session)
    if cursor.word() == "rename" and is_materialized(session, names):
        raise unsupported("ALTER TABLE RENAME of a materialized view")
    if cursor.took("row", "level", "security"):
        return switch_rows(cursor, names)
    if cursor.word() in ("drop", "rename", "owner"):
        return (
            specials.no_change(names, "ALTER TABLE")
            if cursor.word(1) == "constraint"
            else Forward(render(items))
        )
    raise syntax_error(cursor.word())


def _alter_add(cursor: Cursor, head: list[Node], names: list[str]) -> Plan:
    cursor.took("column")
    if cursor.word() in ("constraint", "primary", "unique", "foreign"):
        return specials.no_change(names, "ALTER TABLE")
    if cursor.word() == "check":
        raise unsupported("CHECK constraint")
    rest = [word_of(item) for item in cursor.items[cursor.at :]]
    for refused in ("unique", "primary", "references", "identity", "distkey", "sortkey"):
        if refused in rest:
            raise RedshiftError(
                f"ALTER TABLE ADD COLUMN does not support {refused.upper()}", FEATURE_NOT_SUPPORTED
            )
    added = column(cursor.items[cursor.at :], Design())
    return Forward(render([*head, *parse("add column"), *added]))


def _alter_column(cursor: Cursor, head: list[Node], names: list[str], session: Session) -> Plan:
    if cursor.word() in ("diststyle", "distkey", "sortkey", "encode", "compound", "interleaved"):
        return specials.alter_design(names, cursor)
    cursor.took("column")
    name = cursor.take()
    if cursor.took("encode"):
        return specials.alter_encoding(names, name.lower if isinstance(name, Token) else "", cursor.word())
    if not cursor.took("type") or session.in_transaction:
        if session.in_transaction:
            raise RedshiftError(NO_BLOCK.format("ALTER TABLE ALTER COLUMN"), "25001")
        raise syntax_error(cursor.word())
    if cursor.word() not in ("varchar", "character", "varbyte"):
        shown = name.text if isinstance(name, Token) else ""
        raise RedshiftError(
            f'cannot alter type of column "{shown}" to other than VARCHAR', FEATURE_NOT_SUPPORTED
        )
    return Forward(render([*head, *parse("alter column"), name, word("type"), *cursor.items[cursor.at :]]))
