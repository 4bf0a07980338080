"""Which dead letters a command speaks of, and which of them a replay can read."""

from __future__ import annotations

from typing import Any

from loaders import sql
from loaders.stage.cards import REDACTED
from loaders.stage.row_sql import CUT

NOT_SPLIT = ("wrong_field_count", "bad_quotes", "broken_json")
WHY_NOT = (
    "case"
    f" when contains(raw_row, {sql.literal(REDACTED)}) then 'redacted'"
    f" when contains(raw_row, {sql.literal(CUT)}) then 'too long to be kept whole'"
    " when not coalesce(json_valid(raw_row), false) or left(raw_row, 1) <> '{'"
    f" or reason_code in ({sql.literals(NOT_SPLIT)}) then 'not split into columns'"
    " end"
)


def selection(
    table: str | None, reason: str | None, load_id: int | None, *, include_replayed: bool
) -> tuple[str, list[Any]]:
    """Write the condition for dead letters.

    Args:
        table: Only of this `source.table`.
        reason: Only with this reason code.
        load_id: Only of this load.
        include_replayed: Also those that a replay has loaded since.

    Returns:
        SQL and its parameters.
    """
    conditions = {"source || '.' || table_name": table, "reason_code": reason, "load_id": load_id}
    params = [value for value in conditions.values() if value is not None]
    given = [name for name, value in conditions.items() if value is not None]
    parts = [f"{name} = ${index}" for index, name in enumerate(given, start=1)]
    if not include_replayed:
        parts.append("replayed_load_id is null")
    return " and ".join(parts) or "true", params
