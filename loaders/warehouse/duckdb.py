"""The warehouse on a DuckDB file: tables from the contracts, and loads in one transaction each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Mapping as AnyMapping
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import duckdb
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_fixed

from loaders import sql
from loaders.contract import OPS_SOURCE, TableContract, load_ops_contracts
from loaders.errors import BankmartError, LockedError
from loaders.ledger import META_COLUMNS, Load
from loaders.lock import POLL_SECONDS, locked_by_program
from loaders.settings import Settings
from loaders.tokens import KEY_FILE
from loaders.warehouse import books
from loaders.warehouse.export import copy_to

T = TypeVar("T")

# A commit appends to the log, which is merged into the file when it has grown so far: merging 16 MB, DuckDB's
# default, takes half of the time of loading a folder of daily files. profiles.yml says the same.
CHECKPOINT_THRESHOLD = "1GB"


class DuckDBWarehouse:
    """A DuckDB file as the warehouse."""

    def __init__(self, settings: Settings) -> None:
        """Keep the settings; nothing is opened yet."""
        self.settings = settings
        self._connection: duckdb.DuckDBPyConnection | None = None

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The open connection."""
        if self._connection is None:
            raise BankmartError("The warehouse is not open.")
        return self._connection

    @property
    def key_file(self) -> Path:
        """File beside the database in which the keys of tokens are made on first use."""
        return self.settings.duckdb_path.with_name(KEY_FILE)

    def __enter__(self) -> Self:
        """Connect, creating the file and its folder where they are missing."""
        path = self.settings.duckdb_path
        path.parent.mkdir(parents=True, exist_ok=True)
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": self.settings.memory_limit,
            "threads": self.settings.threads,
            "temp_directory": f"{path}.tmp",
            "checkpoint_threshold": CHECKPOINT_THRESHOLD,
        }
        # A reader may come between bankmart's lock and this: it is waited for as those before it were.
        patient = Retrying(
            retry=retry_if_exception(lambda error: locked_by_program(error) is not None),
            wait=wait_fixed(POLL_SECONDS),
            stop=stop_after_delay(self.settings.lock_timeout),
            reraise=True,
        )
        try:
            self._connection = patient(duckdb.connect, str(path), config=config)
        except duckdb.IOException as error:
            raise LockedError(
                f"{path} can't be opened: {str(error).splitlines()[0]}.",
                hint="Another process holds it; wait for it or close it.",
            ) from error
        self._connection.execute("set timezone = 'UTC'; set enable_progress_bar = false")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Disconnect."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def query(self, statement: str, params: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Run a query.

        Args:
            statement: SQL with `$1` for parameters.
            params: The parameters.

        Returns:
            The rows as dictionaries.
        """
        result = self.connection.execute(statement, list(params))
        names = [column[0] for column in result.description or ()]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def export(self, statement: str, params: Sequence[Any], path: Path) -> int:
        """Write the rows of a query to a file.

        Args:
            statement: SQL with `$1` for parameters.
            params: The parameters.
            path: A file that ends in .parquet, .csv or .json (one object a line).

        Returns:
            How many rows.
        """
        return copy_to(self.connection, statement, list(params), path)

    def execute(self, statements: Sequence[str]) -> None:
        """Run statements in one transaction.

        Args:
            statements: SQL.
        """
        self.change(lambda query: [query(statement, ()) for statement in statements])

    def change(self, work: Callable[[books.Query], T]) -> T:
        """Do work in one transaction.

        Args:
            work: Gets a function that runs a statement.

        Returns:
            What the work gave.
        """
        self.connection.execute("begin")
        try:
            done = work(self.query)
            self.connection.execute("commit")
        except BaseException:
            self.connection.execute("rollback")
            raise
        return done

    def purge(self, relations: Sequence[str]) -> None:
        """Write the database to a new file, which takes the place of the old: that keeps deleted bytes.

        Args:
            relations: Not used: the whole file is written.
        """
        path = self.settings.duckdb_path
        fresh = path.with_name(f"{path.name}.purged")
        fresh.unlink(missing_ok=True)
        self.__exit__(None, None, None)
        with duckdb.connect(config={"memory_limit": self.settings.memory_limit}) as connection:
            connection.execute(f"attach {sql.literal(str(path))} as {sql.name(path.stem)}")
            connection.execute(f"attach {sql.literal(str(fresh))} as bm_fresh")
            connection.execute(f"copy from database {sql.name(path.stem)} to bm_fresh")
        fresh.replace(path)
        self.__enter__()

    def is_json(self, expression: str) -> str:
        """Write the test whether a text is JSON.

        Args:
            expression: SQL of the text.

        Returns:
            SQL, false for null.
        """
        return f"coalesce(json_valid({expression}), false)"

    def check_can_load(self) -> None:
        """Nothing to check: the parts are read from the loader's own disk."""

    def ensure_tables(self, contracts: AnyMapping[str, TableContract]) -> None:
        """Create the tables that are missing, and add columns that a contract gained.

        Args:
            contracts: Contracts of the raw tables.

        Raises:
            ContractError: A table has a column of another type than its contract says.
        """
        ops = load_ops_contracts(self.settings.project_dir)
        existing: dict[tuple[str, str], dict[str, str]] = {}
        for row in self.query("select schema_name, table_name, column_name, data_type from duckdb_columns()"):
            table = existing.setdefault((row["schema_name"], row["table_name"]), {})
            table[row["column_name"]] = row["data_type"]

        def ensure(_: books.Query) -> None:
            for contract in [*ops.values(), *contracts.values()]:
                meta = () if contract.source == OPS_SOURCE else META_COLUMNS
                self._ensure(contract, existing.get((contract.schema, contract.identifier)), meta)

        self.change(ensure)

    def _ensure(
        self, contract: TableContract, existing: dict[str, str] | None, meta: Sequence[tuple[str, str]]
    ) -> None:
        if existing is None:
            lines = [
                f"{sql.name(column.name)} {column.data_type}{'' if column.nullable else ' not null'}"
                for column in contract.columns
            ]
            lines += [f"{name} {data_type} not null" for name, data_type in meta]
            self.connection.execute(f"create schema if not exists {sql.name(contract.schema)}")
            self.connection.execute(f"create table {contract.relation} ({', '.join(lines)})")
            return
        for column in contract.columns:
            if column.name not in existing:
                self._add_column(contract, column.name, column.data_type)
            elif existing[column.name].lower().partition("(")[0] != column.base_type:
                raise books.other_type(contract, column, existing[column.name])

    def _add_column(self, contract: TableContract, name: str, data_type: str) -> None:
        self.connection.execute(
            f"alter table {contract.relation} add column if not exists {sql.name(name)} {data_type}"
        )

    def is_loaded(self, contract: TableContract, sha256: str, file_date: date) -> bool:
        """Tell whether a content is in a table already.

        Args:
            contract: The table.
            sha256: Digest of the content.
            file_date: Day that the file speaks for.

        Returns:
            Whether the ledger has it.
        """
        return books.is_loaded(self.query, contract, sha256, file_date)

    def commit(self, load: Load) -> int | None:
        """Commit a load: rows, dead letters and the ledger's row, or nothing.

        Args:
            load: The load.

        Returns:
            Its number, or None where its content was there already.

        Raises:
            WarehouseError: The warehouse counts other rows than the loader did; nothing is kept.
        """
        # DuckDB can't add a column and insert into it in one transaction; an empty column harms nobody.
        self._add_new_columns(load.contract)
        return self.change(lambda _: books.book(self, load))

    def _add_new_columns(self, contract: TableContract) -> None:
        described = self.connection.execute(f"describe {contract.relation}").fetchall()
        known = {row[0] for row in described}
        for column in contract.columns:
            if column.name not in known:
                self._add_column(contract, column.name, column.data_type)

    def insert_rows(self, load: Load, load_id: int, now: datetime) -> int:
        """Bring the good rows into their table.

        Args:
            load: The load.
            load_id: Its number.
            now: The time of the load.

        Returns:
            How many DuckDB counts.
        """
        columns = ", ".join(sql.name(column.name) for column in load.contract.columns)
        names = ", ".join(name for name, _ in META_COLUMNS)
        return self._insert(
            f"""
            insert into {load.contract.relation} ({columns}, {names})
            select {columns}, $1, $2, _row_number, $3, $4 from read_parquet({_paths(load.good)})
            """,  # noqa: S608
            [load_id, load.file_name, load.file_date, now],
        )

    def insert_dead(self, load: Load, load_id: int, now: datetime) -> int:
        """Bring the dead letters into theirs.

        Args:
            load: The load.
            load_id: Its number.
            now: The time of the load.

        Returns:
            How many DuckDB counts.
        """
        return self._insert(
            f"""
            insert into ops.dead_letters ({books.DEAD_COLUMNS})
            select $1, $2, $3, $4, $5, row_number, column_name, reason_code, detail, raw_row, $6
            from read_parquet({_paths(load.dead)})
            """,  # noqa: S608
            [load_id, load.contract.source, load.contract.name, load.file_name, load.file_date, now],
        )

    def _insert(self, statement: str, params: list[Any]) -> int:
        row = self.connection.execute(statement, params).fetchone()
        return int(row[0]) if row else 0


def _paths(paths: Sequence[Path]) -> str:
    return f"[{sql.literals(map(str, paths))}]"
