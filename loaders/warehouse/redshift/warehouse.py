"""The warehouse on Amazon Redshift: tables from the contracts, loads by COPY in one transaction each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Mapping as AnyMapping
from datetime import date
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import pyarrow as pa
from redshift_connector.utils.oids import RedshiftOID

from loaders.contract import TableContract, load_ops_contracts
from loaders.errors import TargetError
from loaders.ledger import Load
from loaders.settings import Settings
from loaders.warehouse import books
from loaders.warehouse.export import write_rows
from loaders.warehouse.redshift import ddl
from loaders.warehouse.redshift.booking import RedshiftBooking
from loaders.warehouse.redshift.connection import Session, Transaction

T = TypeVar("T")
# Types of columns that are exported, by their number on the wire; whatever else there is comes as text.
ARROW_TYPES: dict[int, pa.DataType] = {
    RedshiftOID.BOOLEAN: pa.bool_(),
    RedshiftOID.SMALLINT: pa.int16(),
    RedshiftOID.INTEGER: pa.int32(),
    RedshiftOID.BIGINT: pa.int64(),
    RedshiftOID.FLOAT: pa.float64(),
    RedshiftOID.DATE: pa.date32(),
    RedshiftOID.TIMESTAMP: pa.timestamp("us"),
    RedshiftOID.NUMERIC: pa.decimal128(38, 10),
}
DEAD_PART = ("row_number", "column_name", "reason_code", "detail", "raw_row")


class RedshiftWarehouse:
    """A Redshift cluster or Serverless workgroup as the warehouse."""

    def __init__(self, settings: Settings) -> None:
        """Keep the settings; nothing is opened yet."""
        self.settings = settings
        self._session = Session(settings)
        self._known: dict[str, frozenset[str]] = {}

    @property
    def key_file(self) -> None:
        """No file: the key of tokens comes from the settings or from Secrets Manager."""
        return

    def __enter__(self) -> Self:
        """Connect, so that a wrong login is told at once."""
        self._session.transact(lambda transaction: transaction.query("select 1"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Disconnect."""
        self._session.close()

    def check_can_load(self) -> None:
        """Refuse a lake that COPY can't read.

        Raises:
            TargetError: The lake is a folder, or there is no role to read it by.
        """
        if not str(self.settings.lake).startswith("s3://"):
            raise TargetError(
                f"BANKMART_TARGET={self.settings.target}: Redshift loads from Amazon S3, and the lake is the "
                f"folder {self.settings.lake}. Nothing was done.",
                hint="Set BANKMART_LAKE to s3://bucket/prefix.",
            )
        self._role()

    def _role(self) -> str:
        if self.settings.redshift_copy_role is None:
            raise TargetError(
                "BANKMART_REDSHIFT_COPY_ROLE is not set: COPY reads the lake by an IAM role alone. "
                "Nothing was done.",
                hint="Give the ARN of a role that the cluster may assume, or `default`.",
            )
        return self.settings.redshift_copy_role

    def query(self, statement: str, params: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Run a query.

        Args:
            statement: SQL with `$1` for parameters.
            params: The parameters.

        Returns:
            The rows as dictionaries.
        """
        return self._session.transact(lambda transaction: transaction.query(statement, params))

    def execute(self, statements: Sequence[str]) -> None:
        """Run statements that may be run again, in one transaction.

        Args:
            statements: SQL.
        """

        def work(transaction: Transaction) -> None:
            for statement in statements:
                transaction.query(statement)

        self._session.transact(work)

    def change(self, work: Callable[[books.Query], T]) -> T:
        """Do work in one transaction behind the fence of loads.

        Args:
            work: Gets a function that runs a statement; it may be called several times.

        Returns:
            What the last call gave.
        """

        def fenced(transaction: Transaction) -> T:
            RedshiftBooking(transaction, "", ()).enter(self.settings.lock_timeout)
            return work(transaction.query)

        return self._session.transact(fenced)

    def purge(self, relations: Sequence[str]) -> None:
        """Take back the blocks of deleted rows at once, which the cluster else does when it has time.

        Args:
            relations: The tables.
        """
        for relation in relations:
            self._session.outside(f"vacuum delete only {relation} to 100 percent")

    def is_json(self, expression: str) -> str:
        """Write the test whether a text is JSON.

        Args:
            expression: SQL of the text.

        Returns:
            SQL, false for null.
        """
        return f"coalesce(is_valid_json({expression}), false)"

    def export(self, statement: str, params: Sequence[Any], path: Path) -> int:
        """Write the rows of a query to a file.

        Args:
            statement: SQL with `$1` for parameters.
            params: The parameters.
            path: A file that ends in .parquet, .csv or .json (one object a line).

        Returns:
            How many rows.
        """
        columns, rows = self._session.transact(lambda transaction: transaction.fetch(statement, params))
        types = [ARROW_TYPES.get(type_oid, pa.string()) for _, type_oid in columns]
        return write_rows([name for name, _ in columns], types, rows, path)

    def ensure_tables(self, contracts: AnyMapping[str, TableContract]) -> None:
        """Create the tables that are missing, and add columns that a contract gained.

        Args:
            contracts: Contracts of the raw tables.

        Raises:
            ContractError: A table has a column of another type than its contract says.
        """
        self._ensure([*self._ops.values(), *contracts.values()])

    @cached_property
    def _ops(self) -> dict[str, TableContract]:
        return load_ops_contracts(self.settings.project_dir)

    def _ensure(self, contracts: Sequence[TableContract]) -> None:
        schemas = {contract.schema for contract in contracts} | {"ops"}
        existing = self._session.transact(lambda transaction: ddl.read_tables(transaction, schemas))
        if ("ops", "load_fence") not in existing:
            self._session.transact(ddl.create_fence)
        if ("ops", "load_fence") not in existing or ddl.all_missing(contracts, existing):
            self._session.transact(lambda transaction: ddl.create_missing(transaction, contracts))
        for contract in contracts:
            self._known[contract.relation] = frozenset(contract.column_by_name)

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
        role = self._role()
        if not self._known.get(load.contract.relation, frozenset()) >= set(load.contract.column_by_name):
            self._ensure([load.contract])
        letters = self._ops["dead_letters"].column_by_name
        dead_columns = [letters[name] for name in DEAD_PART]

        def work(transaction: Transaction) -> int | None:
            booking = RedshiftBooking(transaction, role, dead_columns)
            booking.enter(self.settings.lock_timeout)
            return books.book(booking, load)

        return self._session.transact(work)
