"""What a load says about itself: the row of the ledger, and the parts that go with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import uuid4

from loaders.contract import TableContract

META_COLUMNS = (
    ("_load_id", "bigint"),
    ("_source_file", "varchar(500)"),
    ("_row_number", "bigint"),
    ("_file_date", "date"),
    ("_loaded_at", "timestamp"),
)


@dataclass(frozen=True)
class Load:
    """A load, ready to be committed.

    Attributes:
        manifest: Key of the load's manifest below the lake, as the ledger keeps it.
        good: Local Parquet files of its rows in order, there until the commit returns.
        dead: Local Parquet files of its dead letters, likewise.
        good_manifest: Address of the manifest of `good` for COPY; None where there is no row.
        dead_manifest: Address of the manifest of `dead` for COPY; None where there is none.
        rows_erased: Rows of erased customers, left out.
        erasures: How many erasures the list was of that they were left out by.
        token: Its own mark in the ledger, by which a load knows itself after a COMMIT that nobody answered.
    """

    contract: TableContract
    file_name: str
    file_date: date
    sha256: str
    mapping: str
    manifest: str
    rows_in: int
    rows_loaded: int
    rows_dead: int
    started_at: datetime
    good: tuple[Path, ...] = ()
    dead: tuple[Path, ...] = ()
    good_manifest: str | None = None
    dead_manifest: str | None = None
    replay_of_load_id: int | None = None
    rows_erased: int = 0
    erasures: int = 0
    token: str = field(default_factory=lambda: uuid4().hex)

    def counts(self) -> dict[str, int]:
        """Give the rows read and what became of them."""
        names = ("rows_in", "rows_loaded", "rows_dead", "rows_erased")
        return {name: getattr(self, name) for name in names}


def utc_now() -> datetime:
    """Give the time in UTC, without a zone as the warehouse keeps it."""
    return datetime.now(UTC).replace(tzinfo=None)
