"""Functions of the leader node beside a user's table, and of the compute nodes without one: both refused."""

from __future__ import annotations

from tests.redshift.standin.errors import FEATURE_NOT_SUPPORTED, RedshiftError
from tests.redshift.standin.tokens import Group, Node, Token, is_op, name_of, word_of

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
SYSTEM_PREFIXES = ("pg_", "stl_", "stv_", "svl_", "svv_", "svcs_", "sys_", "information_schema", "rs")


def not_on_tables(name: str) -> RedshiftError:
    """A leader-node function beside a user's table."""
    return RedshiftError(
        "Specified types or functions (one per INFO message) not supported on Amazon Redshift tables.",
        FEATURE_NOT_SUPPORTED,
        detail=f'Function "{name}" not supported.',
    )


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


def ctes_of(items: list[Node]) -> set[str]:
    """Names of common table expressions."""
    names: set[str] = set()
    for at, item in enumerate(items):
        if isinstance(item, Group):
            names |= ctes_of(item.items)
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


def refuse_by_place(items: list[Node]) -> None:
    """Functions of the leader node beside tables, and of the compute nodes without one."""
    called = _calls(items)
    names = tables_of(items) - ctes_of(items)
    user_tables = {name for name in names if not name.startswith(SYSTEM_PREFIXES)}
    if user_tables and called & _LEADER_ONLY:
        raise not_on_tables(sorted(called & _LEADER_ONLY)[0] + "()")
    if not user_tables and called & _COMPUTE_ONLY:
        raise RedshiftError(
            "One or more of the used functions must be applied on at least one user created tables. "
            "Examples of user table only functions are LISTAGG, MEDIAN, PERCENTILE_CONT, etc",
            FEATURE_NOT_SUPPORTED,
        )
