"""Parquet parts: the same rows are the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

ROW_GROUP_ROWS = 122_880


@dataclass(frozen=True)
class Part:
    """A staged Parquet file and how many rows it has."""

    path: Path
    rows: int


def write_part(path: Path, rows: pa.RecordBatchReader) -> int:
    """Write rows as Parquet in row groups of one size, so that the same rows are the same bytes.

    DuckDB's own writer cuts row groups as its threads happen to hand them over.

    Args:
        path: The file to write; none is written where there is no row.
        rows: The rows, in order.

    Returns:
        How many there were.
    """
    count = 0
    with ExitStack() as stack:
        writer = None
        for group in _row_groups(rows):
            writer = writer or stack.enter_context(pq.ParquetWriter(path, rows.schema))
            writer.write_table(group, row_group_size=ROW_GROUP_ROWS)
            count += group.num_rows
    return count


def _row_groups(rows: pa.RecordBatchReader) -> Iterator[pa.Table]:
    waiting: list[pa.RecordBatch] = []
    held = 0
    for batch in rows:
        waiting.append(batch)
        held += batch.num_rows
        if held >= ROW_GROUP_ROWS:
            table = pa.Table.from_batches(waiting)
            for start in range(0, held - held % ROW_GROUP_ROWS, ROW_GROUP_ROWS):
                yield table.slice(start, ROW_GROUP_ROWS).combine_chunks()
            held %= ROW_GROUP_ROWS
            waiting = table.slice(table.num_rows - held).to_batches()
    if held:
        yield pa.Table.from_batches(waiting).combine_chunks()


def parts_of(path: Path | None, rows: int) -> tuple[Part, ...]:
    """Give the parts of a staged file.

    Args:
        path: The file, if there is any.
        rows: How many rows it has.

    Returns:
        Its parts.
    """
    return (Part(path, rows),) if path else ()
