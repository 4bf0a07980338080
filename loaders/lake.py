"""The lake: Parquet parts with a manifest, the same bytes for the same content, written only if absent."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from collections.abc import Mapping as AnyMapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from loaders.contract import TableContract
from loaders.errors import InputFileError
from loaders.sources.files import digest

ROW_GROUP_ROWS = 122_880
STAGE_VERSION = 1  # raise it when the same file would give other parts
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Published:
    """Parts in the lake and the key of their manifest."""

    manifest: str
    good: Path | None
    dead: Path | None


def fingerprint(entry: AnyMapping[str, Any], contract: TableContract) -> str:
    """Digest all that decides how a file's content becomes parts.

    Args:
        entry: What the mapping says about the file.
        contract: The contract that checked it.

    Returns:
        Eight hexadecimal digits.
    """
    facts = [STAGE_VERSION, duckdb.__version__, pa.__version__, entry, contract.rules()]
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()[:8]


def folder_key(contract: TableContract, file_date: date, sha256: str, mark: str) -> str:
    """Name the folder of a file's parts below the lake.

    Args:
        contract: The contract of the table.
        file_date: Day that the file speaks for.
        sha256: Digest of the file.
        mark: Fingerprint of mapping and contract.

    Returns:
        The key, with forward slashes.
    """
    return f"raw/{contract.source}/{contract.name}/{file_date}/{sha256[:16]}-{mark}"


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


def publish(lake: Path, key: str, good: Path | None, dead: Path | None, rows: dict[str, int]) -> Published:
    """Move staged parts into the lake.

    Args:
        lake: Root of the lake.
        key: Folder below it.
        good: Part of good rows, if there are any.
        dead: Part of dead letters, if there are any.
        rows: Rows by name of part.

    Returns:
        The parts in their place.

    Raises:
        InputFileError: The place holds other bytes.
    """
    folder = lake / key
    folder.mkdir(parents=True, exist_ok=True)
    entries = []
    for part in (good, dead):
        if part is not None:
            size, sha256 = part.stat().st_size, digest(part)
            _place(part, folder / part.name, sha256)
            entries.append(
                {
                    "key": f"{key}/{part.name}",
                    "content_length": size,
                    "sha256": sha256,
                    "rows": rows[part.name],
                }
            )
    staged = (good or dead or folder / "x").parent / MANIFEST if good or dead else folder / f".{MANIFEST}"
    staged.write_text(json.dumps({"entries": entries}, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    _place(staged, folder / MANIFEST, digest(staged))
    return Published(
        f"{key}/{MANIFEST}", folder / good.name if good else None, folder / dead.name if dead else None
    )


def _place(staged: Path, target: Path, sha256: str) -> None:
    try:
        os.link(staged, target)  # unlike a rename, this fails where the target is there
    except FileExistsError:
        if digest(target) != sha256:
            raise InputFileError(
                f"The lake holds other bytes at {target}.",
                hint="Nothing was overwritten; remove that folder if no load uses it.",
            ) from None
    staged.unlink()
