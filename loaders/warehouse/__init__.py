"""The warehouse behind the loader: DuckDB today, chosen in one place."""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from loaders.contract import TableContract
from loaders.ledger import Load
from loaders.settings import Settings


class Warehouse(Protocol):
    """What the loader needs of a warehouse."""

    def __enter__(self) -> Self:
        """Connect."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Disconnect."""

    def ensure_tables(self, contracts: AnyMapping[str, TableContract]) -> None:
        """Create the tables of the contracts and the loader's own where they are missing."""

    def query(self, statement: str, params: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Run a query."""

    def export(self, statement: str, params: Sequence[Any], path: Path) -> int:
        """Write the rows of a query to a file of Parquet, CSV or JSON, as its name says."""

    def is_loaded(self, contract: TableContract, sha256: str, file_date: date) -> bool:
        """Tell whether a content is in a table already, for a picture or a change: for that day."""

    def commit(self, load: Load) -> int | None:
        """Commit a load in one transaction; None where its content is there already."""


def open_warehouse(settings: Settings) -> Warehouse:
    """Open the warehouse that the settings name.

    Args:
        settings: The settings.

    Returns:
        The warehouse, to be used in a `with`.
    """
    from loaders.warehouse.duckdb import DuckDBWarehouse  # noqa: PLC0415

    return DuckDBWarehouse(settings)
