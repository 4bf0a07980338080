"""COPY: the statement, and the check of the Parquet files that it would take by position alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from loaders.contract import DATA_TYPE, Column
from loaders.errors import WarehouseError
from loaders.warehouse.redshift.connection import Transaction

UNQUOTABLE = re.compile(r"['\\\x00-\x1f\x7f]")
TYPES: dict[str, pa.DataType] = {
    "smallint": pa.int16(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "varchar": pa.string(),
    "json": pa.string(),
}


def literal(value: str) -> str:
    """Quote what COPY takes as a literal and can't be bound: an address, a role.

    Args:
        value: The text.

    Returns:
        It in quotes.

    Raises:
        WarehouseError: It holds a quote, a backslash or a control character.
    """
    if UNQUOTABLE.search(value):
        raise WarehouseError(
            f"{value!r} can't stand in a COPY.", hint="Leave out quotes, backslashes and control characters."
        )
    return f"'{value}'"


def copy_statement(table: str, manifest: str, role: str) -> str:
    """Write a COPY that fails at the first fault: none of the options that drop, cut or replace is in it.

    Args:
        table: The table, quoted.
        manifest: Address of the manifest.
        role: ARN of the IAM role, or `default`.

    Returns:
        The statement.
    """
    who = "default" if role == "default" else literal(role)
    return f"copy {table} from {literal(manifest)} iam_role {who} format as parquet manifest"


def copy(transaction: Transaction, statement: str, wanted: int, what: str) -> None:
    """Run a COPY and compare what the engine says it loaded.

    Args:
        transaction: The transaction.
        statement: The COPY.
        wanted: How many rows the manifest has.
        what: Name of the file, for messages.

    Raises:
        WarehouseError: The engine did not run it, or counts other rows.
    """
    before = _last(transaction)[0]
    transaction.query(statement)
    after, count = _last(transaction)
    # A COPY that fails early leaves the count of the one before it.
    if after == before or count != wanted:
        counted = "nothing" if after == before else f"{count} rows"
        raise WarehouseError(
            f"{what}: COPY loaded {counted}, where the manifest has {wanted} rows.",
            hint="Nothing of it was kept; its parts in the lake are not what the loader wrote.",
        )


def _last(transaction: Transaction) -> tuple[int, int]:
    row = transaction.query("select pg_last_copy_id() as id, pg_last_copy_count() as count")[0]
    return int(row["id"]), int(row["count"])


def check_parts(parts: Sequence[Path], columns: Sequence[Column], what: str) -> None:
    """Refuse Parquet files whose columns are not the table's, in order: COPY would not look at their names.

    Args:
        parts: The files.
        columns: The columns of the table.
        what: Name of the loaded file, for messages.

    Raises:
        WarehouseError: A column has another place or another type.
    """
    wanted = [(column.name, _arrow_type(column)) for column in columns]
    for part in parts:
        schema = pq.read_schema(part)
        found = [(field.name, field.type) for field in schema]
        if found != wanted:
            place = next(
                (i for i, pair in enumerate(zip(found, wanted, strict=False)) if pair[0] != pair[1]),
                min(len(found), len(wanted)),
            )
            raise WarehouseError(
                f"{what}: column {place + 1} of {part.name} is {_column_text(found, place)}, "
                f"where the table has {_column_text(wanted, place)}.",
                hint="Nothing was loaded: COPY takes the columns of Parquet by position alone.",
            )


def _arrow_type(column: Column) -> pa.DataType:
    if column.base_type != "decimal":
        return TYPES[column.base_type]
    match = DATA_TYPE.fullmatch(column.data_type)
    places = [int(number) for number in match[2].split(",")] if match and match[2] else [18, 3]
    return pa.decimal128(*places)


def _column_text(columns: Sequence[tuple[str, pa.DataType]], place: int) -> str:
    return f"{columns[place][0]} ({columns[place][1]})" if place < len(columns) else "none"
