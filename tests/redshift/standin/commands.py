"""Settings, rights and housekeeping."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.redshift.standin import specials
from tests.redshift.standin.alter import NO_BLOCK
from tests.redshift.standin.build import word
from tests.redshift.standin.catalog import is_view
from tests.redshift.standin.errors import RedshiftError, syntax_error, unsupported
from tests.redshift.standin.plan import Forward, Plan, Special
from tests.redshift.standin.tokens import Node, Token, is_op, name_of, parse, render, word_of, words

if TYPE_CHECKING:
    from tests.redshift.standin.session import Session

_SETTINGS = frozenset(
    {
        "query_group",
        "enable_result_cache_for_session",
        "wlm_query_slot_count",
        "analyze_threshold_percent",
        "error_on_nondeterministic_update",
        "enable_case_sensitive_identifier",
        "use_fips_ssl",
        "describe_field_name_in_uppercase",
        "json_serialization_enable",
        "auto_analyze",
        "mv_enable_aqmv",
        "json_serialization_parse_nested_strings",
        "enable_vacuum_boost",
        "require_ssl",
        "datashare_break_glass_session_var",
        "downcase_delimited_identifier",
        "enable_numeric_rounding",
        "spectrum_enable_pseudo_columns",
        "navigate_super_null_on_error",
        "cast_super_null_on_error",
        "parse_super_null_on_error",
        "default_geometry_encoding",
        "enable_case_sensitive_super_attribute",
    }
)


def plan_set(items: list[Node], _: Session) -> Plan:
    """SET, of Redshift's settings too."""
    at = 2 if word_of(items[1]) in ("session", "local") and word_of(items[2]) != "authorization" else 1
    if word_of(items[at]) in _SETTINGS:
        at_value = items[at + 1 :]
        value = (
            at_value[1:]
            if at_value and (is_op(at_value[0], "=") or word_of(at_value[0]) == "to")
            else at_value
        )
        return Forward(render([*items[:at], word("rs." + word_of(items[at])), word("to"), *value]))
    return Forward(render(items))


def plan_reset(items: list[Node], _: Session) -> Plan:
    """RESET."""
    name = word_of(items[1]) if len(items) > 1 else ""
    return Forward("set rs.query_group to default" if name in _SETTINGS or name == "use" else render(items))


def plan_rollback(items: list[Node], _: Session) -> Plan:
    """ROLLBACK, without savepoints."""
    if "to" in words(items) or "savepoint" in words(items):
        raise syntax_error("to")
    return Forward(render(items))


def plan_vacuum(items: list[Node], session: Session) -> Plan:
    """VACUUM, outside of a transaction."""
    if session.in_transaction:
        raise RedshiftError(NO_BLOCK.format("VACUUM"), "25001")
    kept = [item for item in items[1:] if isinstance(item, Token)]
    while kept and kept[0].lower in ("full", "sort", "delete", "reindex", "recluster", "only"):
        kept.pop(0)
    names = name_of(list(kept), 0)[0]
    return specials.no_change(names, "VACUUM")


def plan_analyze(items: list[Node], _: Session) -> Plan:
    """ANALYZE."""
    if word_of(items[1] if len(items) > 1 else None) == "compression":
        raise unsupported("ANALYZE COMPRESSION on the stand-in")
    kept = [item for item in items if word_of(item) not in ("verbose",)]
    return Forward(re.sub(r"(?i) (predicate|all) columns$", "", render(kept)))


def plan_lock(items: list[Node], _: Session) -> Plan:
    """LOCK shuts readers out, too. It takes no snapshot: what follows sees what the lock waited for."""
    names, after = name_of(items, 1 + (word_of(items[1]) == "table"))
    if after < len(items) and not is_op(items[after], ","):
        raise syntax_error(word_of(items[after]))
    text = render([*items, *parse("in access exclusive mode")])

    def run(session: Session) -> str:
        if not session.in_transaction:
            raise RedshiftError("LOCK TABLE can only be used in transaction blocks", "25P01")
        session.backend.query(text)
        if is_view(session, names):
            raise RedshiftError(f'"{names[-1]}" is not a table')
        return "LOCK TABLE"

    return Special(run)


def plan_cancel(items: list[Node], _: Session) -> Plan:
    """CANCEL of a session's query."""
    return Forward(f"select pg_cancel_backend({render(items[1:2])})")
