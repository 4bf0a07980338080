"""Files for people and programs from the rows of a query, written by DuckDB whatever the warehouse is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from loaders import sql

# A spreadsheet runs a cell that begins like a formula.
FORMULA = r"'^[=+@\t\r-]'"


def copy_to(connection: duckdb.DuckDBPyConnection, relation: str, params: list[object], path: Path) -> int:
    """Write the rows of a query to a file.

    Args:
        connection: The connection on which the query runs.
        relation: The query, or the name of a table.
        params: Its parameters.
        path: A file that ends in .parquet, .csv or .json (one object a line).

    Returns:
        How many rows.
    """
    kind = path.suffix.lstrip(".").lower()
    options = f"format {kind}, header" if kind == "csv" else f"format {kind}"
    columns = "*"
    if kind == "csv":
        described = connection.execute(f"describe {relation}", params).fetchall()
        columns = ", ".join(
            _harmless(name) if data_type == "VARCHAR" else sql.name(name) for name, data_type, *_ in described
        )
    statement = f"copy (select {columns} from ({relation})) to {sql.literal(str(path))} ({options})"  # noqa: S608
    row = connection.execute(statement, params).fetchone()
    return int(row[0]) if row else 0


def _harmless(column: str) -> str:
    name = sql.name(column)
    return f"case when regexp_matches({name}, {FORMULA}) then '''' || {name} else {name} end as {name}"


def write_rows(names: Sequence[str], types: Sequence[pa.DataType], rows: Sequence[Any], path: Path) -> int:
    """Write rows that were fetched to a file.

    Args:
        names: Names of the columns.
        types: Their types.
        rows: The rows.
        path: A file that ends in .parquet, .csv or .json (one object a line).

    Returns:
        How many rows.
    """
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    arrays = [pa.array(column, data_type) for column, data_type in zip(columns, types, strict=True)]
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.register("fetched", pa.Table.from_arrays(arrays, names=list(names)))
        return copy_to(connection, "select * from fetched", [], path)
