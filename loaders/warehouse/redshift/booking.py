"""A load within its transaction: the fence first, then COPY into a temporary table and on to its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from loaders import sql
from loaders.contract import Column
from loaders.errors import LockedError, WarehouseError
from loaders.ledger import META_COLUMNS, Load
from loaders.warehouse.books import DEAD_COLUMNS
from loaders.warehouse.redshift.connection import Transaction
from loaders.warehouse.redshift.copying import check_parts, copy, copy_statement
from loaders.warehouse.redshift.ddl import FENCE, LONGEST_TEXT, redshift_type

# By PostgreSQL's code, or in Redshift's words.
CANCELLED = ("57014", "statement timeout", "cancelled on user's request", "canceled on user's request")
ROW_NUMBER = Column("_row_number", "bigint", nullable=False)


class RedshiftBooking:
    """The transaction of one load."""

    def __init__(self, transaction: Transaction, role: str, dead_columns: Sequence[Column]) -> None:
        """Take the transaction, the role by which COPY reads, and the columns of a dead letter's part."""
        self._transaction = transaction
        self._role = role
        self._dead_columns = dead_columns

    def enter(self, timeout: float) -> None:
        """Wait for the turn: no other load goes on until this one ends.

        The lock comes before anything is read, so that what is read is what the load before has left. Should
        an engine show an older state all the same, the update fails, for another has changed that row since.

        Args:
            timeout: Seconds to wait.

        Raises:
            LockedError: Another load took longer.
        """
        self.query(f"set statement_timeout to {max(1, int(timeout * 1000))}")  # 0 would be for ever
        try:
            self.query(f"lock {FENCE}")
        except Exception as error:
            if any(word in str(error) for word in CANCELLED):
                raise LockedError(
                    f"Another load has held the warehouse for {timeout:g} s.",
                    hint="Wait for it to end, or raise BANKMART_LOCK_TIMEOUT (seconds).",
                ) from error
            raise
        self.query("set statement_timeout to 0")
        self.query(f"update {FENCE} set turn = turn + 1")  # noqa: S608

    def query(self, statement: str, params: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Run a statement within the transaction.

        Args:
            statement: SQL with `$1` for parameters.
            params: The parameters.

        Returns:
            The rows.
        """
        return self._transaction.query(statement, params)

    def insert_rows(self, load: Load, load_id: int, now: datetime) -> int:
        """Bring the good rows into their table.

        Args:
            load: The load.
            load_id: Its number.
            now: The time of the load.

        Returns:
            How many of the load are in the table.
        """
        contract = load.contract
        columns = (*contract.columns, ROW_NUMBER)
        temporary = self._copy(load, load.good, load.good_manifest, columns, load.rows_loaded)
        names = ", ".join(sql.name(column.name) for column in contract.columns)
        values = ", ".join(_value(column) for column in contract.columns)
        meta = ", ".join(name for name, _ in META_COLUMNS)
        self.query(
            f"""
            insert into {contract.relation} ({names}, {meta})
            select {values}, cast($1 as bigint), cast($2 as varchar(500)), _row_number, cast($3 as date),
                cast($4 as timestamp)
            from {temporary}
            """,  # noqa: S608
            [load_id, load.file_name, load.file_date, now],
        )
        self.query(f"drop table {temporary}")
        return self._count(contract.relation, "_load_id", load_id)

    def insert_dead(self, load: Load, load_id: int, now: datetime) -> int:
        """Bring the dead letters into their table.

        Args:
            load: The load.
            load_id: Its number.
            now: The time of the load.

        Returns:
            How many of the load are in the table.
        """
        temporary = self._copy(load, load.dead, load.dead_manifest, self._dead_columns, load.rows_dead)
        self.query(
            f"""
            insert into ops.dead_letters ({DEAD_COLUMNS})
            select cast($1 as bigint), cast($2 as varchar(60)), cast($3 as varchar(60)),
                cast($4 as varchar(500)), cast($5 as date), row_number, column_name, reason_code, detail,
                raw_row, cast($6 as timestamp)
            from {temporary}
            """,  # noqa: S608
            [load_id, load.contract.source, load.contract.name, load.file_name, load.file_date, now],
        )
        self.query(f"drop table {temporary}")
        return self._count("ops.dead_letters", "load_id", load_id)

    def _copy(
        self, load: Load, parts: Sequence[Path], manifest: str | None, columns: Sequence[Column], rows: int
    ) -> str:
        if manifest is None:
            raise WarehouseError(f"{load.file_name}: its parts have no manifest.")
        check_parts(parts, columns, load.file_name)
        # A name of its own: the driver keeps prepared statements by their text.
        table = sql.name(f"bankmart_{load.token}_{parts[0].name.partition('-')[0]}")
        lines = ", ".join(f"{sql.name(column.name)} {_landing_type(column)}" for column in columns)
        self.query(f"create temporary table {table} ({lines})")
        copy(self._transaction, copy_statement(table, manifest, self._role), rows, load.file_name)
        return table

    def _count(self, relation: str, column: str, load_id: int) -> int:
        counted = f"select count(*) as n from {relation} where {column} = $1"  # noqa: S608
        return int(self.query(counted, [load_id])[0]["n"])


def _landing_type(column: Column) -> str:
    # COPY would make one string of a JSON text in a SUPER.
    return LONGEST_TEXT if column.base_type == "json" else redshift_type(column.data_type)


def _value(column: Column) -> str:
    name = sql.name(column.name)
    return f"json_parse({name})" if column.base_type == "json" else name
