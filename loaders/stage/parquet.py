"""The rows of Parquet files as text."""

from __future__ import annotations

from pathlib import Path

import duckdb

from loaders import sql
from loaders.errors import IncompleteFileError, InputFileError
from loaders.sources.csv_text import MAX_COLUMNS
from loaders.stage.readers import Rows, said

MAX_FOOTER_BYTES = 8 << 20


def parquet_rows(connection: duckdb.DuckDBPyConnection, path: Path, name: str) -> Rows:
    """Read a Parquet file.

    Args:
        connection: Connection that looks at the columns.
        path: The file.
        name: Name of the file for messages.

    Returns:
        The rows; numbers and dates as text, nested values as JSON text.

    Raises:
        IncompleteFileError: It has no readable footer.
    """
    source = f"read_parquet({sql.literal(str(path))})"
    _check_footer(path, name)
    try:
        described = connection.execute(f"describe select * from {source}").fetchall()  # noqa: S608
    except duckdb.Error as error:
        raise IncompleteFileError(
            f"{name} is no complete Parquet file ({said(error, name)}).",
            hint="Ask the source to deliver it again.",
        ) from error
    if len(described) > MAX_COLUMNS:
        raise InputFileError(f"{name} has {len(described):,} columns, over {MAX_COLUMNS:,}.")
    cells = []
    for column, kind, *_ in described:
        quoted = sql.name(column)
        nested = kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION"))
        text = f"cast(to_json({quoted}) as varchar)" if nested else f"cast({quoted} as varchar)"
        cells.append(f"{text} as {quoted}")
    relation = f"(select {', '.join(cells)} from {source})"  # noqa: S608
    return Rows(relation, relation, tuple(column for column, *_ in described), may_have_nul=True)


def _check_footer(path: Path, name: str) -> None:
    # The footer is read whole, before anything is known of the file.
    size = path.stat().st_size
    with path.open("rb") as stream:
        stream.seek(max(0, size - 8))
        length = int.from_bytes(stream.read(4), "little")
    if MAX_FOOTER_BYTES < length < size:
        raise InputFileError(f"The footer of {name} is {length:,} bytes long, over {MAX_FOOTER_BYTES:,}.")
