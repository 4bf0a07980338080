"""Tables of a contract on Redshift: types, lengths in bytes, distribution, sort order and encodings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from loaders import sql
from loaders.contract import OPS_SOURCE, Column, TableContract
from loaders.ledger import META_COLUMNS
from loaders.warehouse.books import other_type
from loaders.warehouse.redshift.connection import Transaction

FENCE = "ops.load_fence"
LONGEST_TEXT = "varchar(65535)"
# Names under which the sources keep the customer; rows of one customer are joined and counted together.
CUSTOMER_COLUMNS = ("customer_id", "customernumber")
SORT_COLUMNS = ("_load_id", "load_id", "as_of")
TYPES = {"varchar": LONGEST_TEXT, "decimal": "decimal(18,3)", "double": "double precision", "json": "super"}
# How the catalogue calls the types.
CATALOGUE = {
    "varchar": "character varying",
    "decimal": "numeric",
    "double": "double precision",
    "timestamp": "timestamp without time zone",
    "json": "super",
}
ENCODINGS = {
    **dict.fromkeys(("smallint", "integer", "bigint", "decimal", "date", "timestamp"), "az64"),
    **dict.fromkeys(("varchar", "double", "boolean"), "zstd"),
}

Existing = Mapping[tuple[str, str], Mapping[str, str]]


def redshift_type(data_type: str) -> str:
    """Give Redshift's name of a contract's type.

    Args:
        data_type: A type such as `varchar(20)`; its length is in bytes on both sides.

    Returns:
        The type; text without a length is as long as Redshift can.
    """
    return TYPES.get(data_type, data_type)


def read_tables(transaction: Transaction, schemas: Iterable[str]) -> dict[tuple[str, str], dict[str, str]]:
    """Read which tables there are.

    Args:
        transaction: The transaction.
        schemas: Schemas to look in.

    Returns:
        By schema and table the columns and the catalogue's names of their types.
    """
    names = sorted(set(schemas))
    marks = ", ".join(f"${place}" for place in range(1, len(names) + 1))
    tables: dict[tuple[str, str], dict[str, str]] = {}
    for row in transaction.query(
        f"""
        select table_schema, table_name, column_name, data_type
        from information_schema.columns where table_schema in ({marks})
        """,  # noqa: S608
        names,
    ):
        columns = tables.setdefault((row["table_schema"], row["table_name"]), {})
        columns[row["column_name"]] = row["data_type"].lower()
    return tables


def missing_ddl(contract: TableContract, existing: Existing, *, has_meta: bool) -> list[str]:
    """Write what a table lacks.

    Args:
        contract: The table.
        existing: What is there.
        has_meta: Whether it has the loader's own columns.

    Returns:
        Statements; none where the table is as its contract says.

    Raises:
        ContractError: A column is of another type than the contract says.
    """
    columns = existing.get((contract.schema, contract.identifier))
    if columns is None:
        return [create_table(contract, META_COLUMNS if has_meta else ())]
    for column in contract.columns:
        known = columns.get(column.name)
        wanted = CATALOGUE.get(column.base_type, column.base_type)
        if known is not None and known.partition("(")[0] != wanted:
            raise other_type(contract, column, known)
    # Redshift adds one column a statement, and none that must not be null to rows without it.
    return [
        f"alter table {contract.relation} add column {_column(column, must=False)}"
        for column in contract.columns
        if column.name not in columns
    ]


def create_table(contract: TableContract, meta: Sequence[tuple[str, str]]) -> str:
    """Write the DDL of a table.

    Args:
        contract: The table.
        meta: Columns beyond the contract's, none of them null.

    Returns:
        The statement. Keys are left out: Redshift doesn't enforce them, but plans as if they held.
    """
    columns = [*contract.columns, *(Column(name, data_type, nullable=False) for name, data_type in meta)]
    names = {column.name for column in columns}
    sort = next((name for name in SORT_COLUMNS if name in names), None)
    lines = [_column(column, is_sort=column.name == sort) for column in columns]
    dist = contract.distkey or next((name for name in CUSTOMER_COLUMNS if name in names), None)
    design = f"diststyle key distkey ({sql.name(dist)})" if dist else "diststyle even"
    if sort:
        design += f" sortkey ({sql.name(sort)})"
    return f"create table if not exists {contract.relation} ({', '.join(lines)}) {design}"


def _column(column: Column, *, must: bool = True, is_sort: bool = False) -> str:
    # The first sort column stays as it is: blocks of different lengths would make a scan read too many.
    encoding = "raw" if is_sort else ENCODINGS.get(column.base_type)
    return " ".join(
        part
        for part in (
            sql.name(column.name),
            redshift_type(column.data_type),
            f"encode {encoding}" if encoding else "",
            "not null" if must and not column.nullable else "",
        )
        if part
    )


def create_fence(transaction: Transaction) -> None:
    """Create the table that loaders lock, which nobody reads.

    Args:
        transaction: The transaction.
    """
    transaction.query('create schema if not exists "ops"')
    transaction.query(f"create table if not exists {FENCE} (turn bigint not null) diststyle all")


def create_missing(transaction: Transaction, contracts: Sequence[TableContract]) -> None:
    """Create what is missing, one loader at a time.

    Args:
        transaction: The transaction; nothing was read in it yet, so it sees what the lock's last holder left.
        contracts: The tables.
    """
    transaction.query(f"lock {FENCE}")
    if not transaction.query(f"select 1 from {FENCE}"):  # noqa: S608
        transaction.query(f"insert into {FENCE} values (0)")  # noqa: S608
    schemas = {contract.schema for contract in contracts}
    for schema in sorted(schemas):
        transaction.query(f"create schema if not exists {sql.name(schema)}")
    for statement in all_missing(contracts, read_tables(transaction, schemas)):
        transaction.query(statement)


def all_missing(contracts: Iterable[TableContract], existing: Existing) -> list[str]:
    """Write what a warehouse lacks.

    Args:
        contracts: The tables, the loader's own among them.
        existing: What is there.

    Returns:
        Statements; none where all is as the contracts say.
    """
    return [
        statement
        for contract in contracts
        for statement in missing_ddl(contract, existing, has_meta=contract.source != OPS_SOURCE)
    ]
