"""SHOW, of settings and of the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.redshift.standin.design import Cursor
from tests.redshift.standin.plan import Forward, Plan
from tests.redshift.standin.tokens import Node, Token, fit_name, literal, literal_value, name_of, render

if TYPE_CHECKING:
    from tests.redshift.standin.session import Session

_RS_SETTINGS = frozenset({"query_group", "enable_result_cache_for_session", "wlm_query_slot_count"})
_SHOWN_ISOLATION = "select 'Snapshot' as \"default_transaction_isolation\""


def _like(cursor: Cursor, column: str) -> str:
    if cursor.took("like"):
        pattern = cursor.take()
        if isinstance(pattern, Token):
            return f" and {column} like {literal(literal_value(pattern))}"
    return ""


def plan_show(items: list[Node], session: Session) -> Plan:
    """SHOW TABLES, COLUMNS, SCHEMAS, GRANTS, DATABASES, or a setting."""
    del session
    cursor = Cursor(items, 1)
    if cursor.took("tables", "from", "schema"):
        names, cursor.at = name_of(items, cursor.at)
        where = f"schema_name = {literal(fit_name(names[-1]))}"
        return Forward(
            f"select * from rs.show_tables where {where}{_like(cursor, 'table_name')}", catalog=True
        )
    if cursor.took("columns", "from", "table"):
        names, cursor.at = name_of(items, cursor.at)
        where = f"schema_name = {literal(names[-2])} and table_name = {literal(fit_name(names[-1]))}"
        return Forward(
            f"select * from rs.show_columns where {where}{_like(cursor, 'column_name')} "
            "order by ordinal_position",
            catalog=True,
        )
    if cursor.took("schemas", "from", "database"):
        cursor.at = name_of(items, cursor.at)[1]
        return Forward(f"select * from rs.show_schemas where true{_like(cursor, 'schema_name')}")
    if cursor.took("grants", "on", "table"):
        names, cursor.at = name_of(items, cursor.at)
        where = f"schema_name = {literal(names[-2])} and object_name = {literal(fit_name(names[-1]))}"
        return Forward(f"select * from rs.show_grants where {where}")
    if cursor.word() in _RS_SETTINGS:
        name = cursor.word()
        return Forward(f"select coalesce(current_setting('rs.{name}', true), '') as {name}")
    return Forward(render(items))
