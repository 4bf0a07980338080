"""Parquet parts: the same rows are the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROW_GROUP_ROWS = 122_880


@dataclass(frozen=True)
class Limits:
    """Sizes of parts in bytes, as Redshift advises them."""

    least: int = 1 << 20
    ideal: int = 128 << 20
    most: int = 1 << 30


@dataclass(frozen=True)
class Part:
    """A staged Parquet file and how many rows it has."""

    path: Path
    rows: int


LIMITS = Limits()


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


def parts_of(path: Path | None, rows: int, slices: int = 1, limits: Limits = LIMITS) -> tuple[Part, ...]:
    """Give the parts of a staged file: the file as it is, or cut where it is too large or slices share it.

    Args:
        path: The file, if there is any; it is removed if it is cut.
        rows: How many rows it has.
        slices: The count of parts is a multiple of it, where each part then has a worthwhile size.
        limits: Sizes of parts.

    Returns:
        Its parts, in the order of the rows; the same file gives the same parts.
    """
    if path is None:
        return ()
    whole, size = (Part(path, rows),), path.stat().st_size
    if size <= limits.most and (slices == 1 or size < slices * limits.least):
        return whole
    most_parts = rows - rows % slices
    count = min(slices * -(-size // (slices * limits.ideal)), most_parts)
    if count <= 1:
        return whole
    parts = _cut(path, count)
    while max(map(_size, parts)) > limits.most and count < most_parts:  # rows differ much in length
        count += slices
        parts = _cut(path, count)
    if size <= limits.most and min(map(_size, parts)) < limits.least:
        return whole
    path.unlink()
    return parts


def _size(part: Part) -> int:
    return part.path.stat().st_size


def _cut(path: Path, count: int) -> tuple[Part, ...]:
    """Write the rows of a file, row group by row group, as parts of about the same number of bytes."""
    folder = path.parent / path.stem
    folder.mkdir(exist_ok=True)
    parts = []
    with pq.ParquetFile(path) as file:
        stream = _Stream(file.iter_batches(batch_size=ROW_GROUP_ROWS))
        for number, (start, end) in enumerate(pairwise(_bounds(file.metadata, count))):
            part = Part(folder / f"{path.stem.rpartition('-')[0]}-{number:05}.parquet", end - start)
            write_part(
                part.path, pa.RecordBatchReader.from_batches(file.schema_arrow, stream.take(part.rows))
            )
            parts.append(part)
    return tuple(parts)


def _bounds(metadata: pq.FileMetaData, count: int) -> list[int]:
    """Give the first row of each part, and the end, taking the rows of a row group as of one length."""
    rows, sizes = [0], [0]
    for i in range(metadata.num_row_groups):
        group = metadata.row_group(i)
        columns = (group.column(j) for j in range(group.num_columns))
        rows.append(rows[-1] + group.num_rows)
        sizes.append(sizes[-1] + sum(column.total_compressed_size for column in columns))
    order = np.arange(count + 1)
    bounds = np.rint(np.interp(np.linspace(0, sizes[-1], count + 1), sizes, rows)).astype(int)
    bounds = np.maximum.accumulate(bounds - order) + order  # each part has a row
    bounds = np.minimum(bounds, rows[-1] - order[::-1])
    return [int(row) for row in bounds]


class _Stream:
    """Batches of rows, to be taken in other lengths than they come in."""

    def __init__(self, batches: Iterator[pa.RecordBatch]) -> None:
        self._batches = batches
        self._rest: list[pa.RecordBatch] = []

    def take(self, rows: int) -> Iterator[pa.RecordBatch]:
        while rows:
            batch = self._rest.pop() if self._rest else next(self._batches)
            if batch.num_rows > rows:
                self._rest.append(batch.slice(rows))
                batch = batch.slice(0, rows)
            rows -= batch.num_rows
            yield batch
