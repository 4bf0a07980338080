"""Which dead letters a command speaks of, and which of them a replay can read."""

from __future__ import annotations

from typing import Any

from loaders import sql
from loaders.stage.cards import REDACTED
from loaders.stage.row_sql import CUT
from loaders.warehouse import Warehouse

NOT_SPLIT = ("wrong_field_count", "bad_quotes", "broken_json")


def why_not(warehouse: Warehouse) -> str:
    """Write why a replay can't read a dead letter.

    Args:
        warehouse: The warehouse that will run it.

    Returns:
        SQL over ops.dead_letters, null where a replay can.
    """
    return (
        "case"
        f" when strpos(raw_row, {sql.literal(REDACTED)}) > 0 then 'redacted'"
        f" when strpos(raw_row, {sql.literal(CUT)}) > 0 then 'too long to be kept whole'"
        f" when not {warehouse.is_json('raw_row')} or left(raw_row, 1) <> '{{'"
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
