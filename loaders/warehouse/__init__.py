"""The warehouse behind the loader, DuckDB or Amazon Redshift: chosen here, and nothing else knows which."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Mapping as AnyMapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from loaders.contract import TableContract
from loaders.errors import TargetError
from loaders.ledger import Load
from loaders.settings import Settings
from loaders.warehouse.profile import read_target

T = TypeVar("T")
Query = Callable[[str, Sequence[Any]], list[dict[str, Any]]]
REDSHIFT = "redshift"
ENGINES = ("duckdb", REDSHIFT)


class Warehouse(Protocol):
    """What the loader needs of a warehouse."""

    @property
    def key_file(self) -> Path | None:
        """File in which the keys of tokens are made, for a warehouse of one machine alone."""

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

    def execute(self, statements: Sequence[str]) -> None:
        """Run statements in one transaction, such as may be run again."""

    def is_json(self, expression: str) -> str:
        """Write SQL that tells whether a text is JSON, false for null."""

    def check_can_load(self) -> None:
        """Refuse before the first file what could load none."""

    def is_loaded(self, contract: TableContract, sha256: str, file_date: date) -> bool:
        """Tell whether a content is in a table already, for a picture or a change: for that day."""

    def change(self, work: Callable[[Query], T]) -> T:
        """Do work in one transaction beside which no load is committed; it may be called several times."""

    def purge(self, relations: Sequence[str]) -> None:
        """Make sure that the bytes of deleted rows are gone, too."""

    def commit(self, load: Load) -> int | None:
        """Commit a load in one transaction; None where its content is there already."""


def open_warehouse(settings: Settings) -> Warehouse:
    """Open the warehouse that the settings name.

    Args:
        settings: The settings.

    Returns:
        The warehouse, to be used in a `with`.
    """
    if read_target(settings)["type"] == REDSHIFT:
        from loaders.warehouse.redshift import RedshiftWarehouse  # noqa: PLC0415 - brings its driver

        return RedshiftWarehouse(settings)
    from loaders.warehouse.duckdb import DuckDBWarehouse  # noqa: PLC0415

    return DuckDBWarehouse(settings)


@contextmanager
def hold_warehouse(settings: Settings, command: str) -> Iterator[None]:
    """Hold the warehouse for this process, where it is one that a single process can write to.

    Args:
        settings: The settings.
        command: What is done, for others who wait.

    Yields:
        Nothing.

    Raises:
        TargetError: The settings name no target of profiles.yml, one that is not set up whole, or one of an
            engine that bankmart doesn't know.
        LockedError: Another process holds the warehouse.
    """
    engine = read_target(settings)["type"]
    if engine not in ENGINES:
        raise TargetError(
            f"BANKMART_TARGET={settings.target}: bankmart loads and builds on {' and '.join(ENGINES)} alone, "
            f"not on {engine}. Nothing was done.",
            hint="Unset BANKMART_TARGET, or set it to dev.",
        )
    if engine == REDSHIFT:
        from loaders.warehouse.redshift.login import read_login  # noqa: PLC0415 - brings its driver

        read_login(settings)  # a target that is not set up whole is told before dbt or a file is read
        # Each load takes its turn by the fence in its own transaction.
        yield
        return
    from loaders.lock import warehouse_lock  # noqa: PLC0415

    with warehouse_lock(settings, command):
        yield


def dbt_settings(settings: Settings) -> Settings:
    """Give the settings with what dbt needs to log in.

    Args:
        settings: The settings.

    Returns:
        The settings; on Redshift with the password that their secret holds.
    """
    if read_target(settings)["type"] != REDSHIFT:
        return settings
    from loaders.warehouse.redshift.secrets import with_secret  # noqa: PLC0415

    return with_secret(settings)
