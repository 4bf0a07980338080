"""The books of loading, the same on every engine: what is loaded already, and the steps of a load."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, Protocol

from loaders.contract import Column, TableContract
from loaders.errors import ContractError, WarehouseError
from loaders.ledger import Load, utc_now

Query = Callable[[str, Sequence[Any]], list[dict[str, Any]]]
DEAD_COLUMNS = (
    "load_id, source, table_name, file_name, file_date,"
    " row_number, column_name, reason_code, detail, raw_row, dead_at"
)


class Booking(Protocol):
    """A transaction under way, as its engine moves rows."""

    def query(self, statement: str, params: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Run a statement within the transaction and give its rows."""

    def insert_rows(self, load: Load, load_id: int, now: datetime) -> int:
        """Bring the good rows into their table and tell how many the engine counts."""

    def insert_dead(self, load: Load, load_id: int, now: datetime) -> int:
        """Bring the dead letters into theirs and tell how many the engine counts."""


def other_type(contract: TableContract, column: Column, found: str) -> ContractError:
    """Give the error for a column that the warehouse holds in another type.

    Args:
        contract: The table.
        column: The column as the contract has it.
        found: Its type in the warehouse.

    Returns:
        The error.
    """
    return ContractError(
        f"{contract.relation}.{column.name} is {found} in the warehouse, {column.data_type} in the contract.",
        hint="A changed type needs a new column or a migration.",
    )


def is_loaded(query: Query, contract: TableContract, sha256: str, file_date: date) -> bool:
    """Tell whether a content is in a table already.

    An event is told once. A picture or a change may rightly come back on a later day, or after a
    corrected file of the same name and day, so there only a load that still speaks for its day counts.

    Args:
        query: Runs a query.
        contract: The table.
        sha256: Digest of the content.
        file_date: Day that the file speaks for.

    Returns:
        Whether the ledger has it.
    """
    params: list[Any] = [contract.source, contract.name, sha256]
    statement = """
        select 1 as found from ops.load_ledger as loads
        where loads.source = $1 and loads.table_name = $2 and loads.sha256 = $3
    """
    if contract.delivery != "events":
        params.append(file_date)
        statement += """
            and loads.file_date = $4 and not exists (
                select 1 from ops.load_ledger as later
                where later.source = loads.source and later.table_name = loads.table_name
                    and later.file_date = loads.file_date and later.file_name = loads.file_name
                    and later.load_id > loads.load_id and later.replay_of_load_id is null
            )
        """
    return bool(query(f"{statement} limit 1", params))


def book(booking: Booking, load: Load) -> int | None:
    """Do the steps of a load within a transaction that its caller begins, commits or rolls back.

    Args:
        booking: The transaction.
        load: The load.

    Returns:
        Its number, or None where its content was there already.

    Raises:
        WarehouseError: The warehouse counts other rows than the loader did.
    """
    done = booking.query("select load_id from ops.load_ledger where load_token = $1", [load.token])
    if done:
        # An attempt whose end nobody heard of was committed after all.
        return int(done[0]["load_id"])
    if is_loaded(booking.query, load.contract, load.sha256, load.file_date):
        return None
    if booking.query("select count(*) as n from ops.erasures")[0]["n"] != load.erasures:
        raise WarehouseError(
            f"{load.file_name}: a customer was erased while it was read; nothing of it was kept.",
            hint="Load it again.",
        )
    row = booking.query("select coalesce(max(load_id), 0) + 1 as load_id from ops.load_ledger")[0]
    load_id, now = int(row["load_id"]), utc_now()
    loaded = booking.insert_rows(load, load_id, now) if load.good else 0
    dead = booking.insert_dead(load, load_id, now) if load.dead else 0
    if (loaded, dead) != (
        load.rows_loaded,
        load.rows_dead,
    ) or loaded + dead + load.rows_erased != load.rows_in:
        raise WarehouseError(
            f"{load.file_name}: {load.rows_in} rows in, but {loaded} loaded and {dead} dead counted.",
            hint="Nothing of it was kept; its parts in the lake are not what the loader wrote.",
        )
    if load.replay_of_load_id is not None:
        _mark_replayed(booking, load, load_id)
    _insert(booking, "ops.load_ledger", _ledger_row(load, load_id, now))
    return load_id


def _mark_replayed(booking: Booking, load: Load, load_id: int) -> None:
    booking.query(
        f"""
        update ops.dead_letters set replayed_load_id = $1
        where load_id = $2 and replayed_load_id is null
            and row_number in (select _row_number from {load.contract.relation} where _load_id = $1)
        """,  # noqa: S608
        [load_id, load.replay_of_load_id],
    )
    counted = "select count(*) as n from ops.dead_letters where load_id = $1 and replayed_load_id = $2"
    marked = booking.query(counted, [load.replay_of_load_id, load_id])[0]["n"]
    if marked != load.rows_loaded:
        raise WarehouseError(
            f"{load.file_name}: {load.rows_loaded} rows replayed, {marked} dead letters closed.",
            hint="Nothing was kept; another replay may have come first.",
        )


def _insert(booking: Booking, table: str, values: dict[str, Any]) -> None:
    given = {name: value for name, value in values.items() if value is not None}
    marks = ", ".join(f"${place}" for place in range(1, len(given) + 1))
    booking.query(f"insert into {table} ({', '.join(given)}) values ({marks})", list(given.values()))  # noqa: S608


def _ledger_row(load: Load, load_id: int, now: datetime) -> dict[str, Any]:
    return {
        "load_id": load_id,
        "source": load.contract.source,
        "table_name": load.contract.name,
        "file_name": load.file_name,
        "file_date": load.file_date,
        "sha256": load.sha256,
        "mapping": load.mapping,
        "contract_version": load.contract.contract_version,
        "replay_of_load_id": load.replay_of_load_id,
        "manifest": load.manifest,
        "rows_in": load.rows_in,
        "rows_loaded": load.rows_loaded,
        "rows_dead": load.rows_dead,
        "rows_erased": load.rows_erased,
        "started_at": load.started_at,
        "loaded_at": now,
        "load_token": load.token,
    }
