"""Where a customer's rows are: raw tables, dead letters, and what dbt made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from loaders import sql
from loaders.contract import TOKEN_KINDS, TableContract
from loaders.erase_lake import Loss
from loaders.erase_subject import Query, Subject
from loaders.stage.erased import BETWEEN_WORDS
from loaders.stage.personal import EMAIL, PHONE

# The names by which models call what identifies: rows are deleted, or the value alone is.
MODEL_COLUMNS = {
    "customer_id": "customer",
    "customer_1_id": "customer",
    "customer_2_id": "customer",
    "account_id": "account",
    "holder_id": "holder",
    "loan_id": "loan",
    "card_id": "card",
}
# A household is called by the smallest number of its members.
MODEL_VALUES = {"counterparty_account": "account", "recipient_account": "account", "household_id": "customer"}
LOADER_SCHEMAS = ("raw", "ops")
DEAD_LETTERS = "ops.dead_letters"

Export = Callable[[str, Sequence[Any], Path], int]


def find_losses(query: Query, contracts: Mapping[str, TableContract], subject: Subject) -> dict[int, Loss]:
    """Find the loads with rows of the customer in raw tables.

    Args:
        query: Asks the warehouse.
        contracts: Contracts of the raw tables.
        subject: The customer.

    Returns:
        What each load loses, by its number.
    """
    losses: dict[int, Loss] = {}
    for contract in contracts.values():
        condition, params = subject.rows(contract)
        if condition:
            found = query(f"select _load_id, _row_number from {contract.relation} where {condition}", params)  # noqa: S608
            for row in found:
                losses.setdefault(row["_load_id"], Loss(contract)).rows.add(row["_row_number"])
        for _, blank, values in subject.blanks(contract):
            loads = query(f"select distinct _load_id from {contract.relation} where {blank}", values)  # noqa: S608
            for row in loads:
                losses.setdefault(row["_load_id"], Loss(contract)).blanked = True
    return losses


def find_dead(
    export: Export,
    connection: duckdb.DuckDBPyConnection,
    contracts: Mapping[str, TableContract],
    subject: Subject,
    scratch: Path,
) -> dict[tuple[int, int], str]:
    """Find the dead letters that tell of the customer.

    They are searched on this machine, for the search words must not end in the warehouse's log of queries.
    A number counts where it is a whole value of a row, in a table that knows such numbers; it may be another
    thing of the same number, and then that row goes as well.

    Args:
        export: Writes the rows of a query of the warehouse to a file.
        connection: A connection in memory with the macros of tokens.
        contracts: Contracts of the raw tables.
        subject: The customer.
        scratch: Folder for a copy.

    Returns:
        The table of each, by load and row.
    """
    path = scratch / "dead_letters.parquet"
    export(
        "select load_id, row_number, source || '.' || table_name as table_name, raw_row"
        " from ops.dead_letters",
        [],
        path,
    )
    _fill(connection, "bm_subject (kind varchar, value varchar)", [
        (kind, value) for kind, values in subject.ids.items() for value in sorted(values)
    ])  # fmt: skip
    _fill(connection, "bm_kinds (table_name varchar, kind varchar)", [
        (contract.full_name, column.identifies)
        for contract in contracts.values() for column in contract.columns
        if column.identifies and column.identifies not in TOKEN_KINDS
    ])  # fmt: skip
    found = connection.execute(_letters_about(path)).fetchall()
    path.unlink(missing_ok=True)
    return {(int(load_id), int(row_number)): table for load_id, row_number, table in found}


def _letters_about(path: Path) -> str:
    return f"""
        with letters as (select * from read_parquet({sql.literal(str(path))})),
        words as (
            select letters.* exclude (raw_row), bm_kinds.kind, unnest(case
                when json_valid(raw_row) and left(raw_row, 1) = '{{'
                    then json_extract_string(raw_row, '$.*')
                else regexp_split_to_array(raw_row, {sql.literal(BETWEEN_WORDS)})
            end) as value
            from letters inner join (select distinct * from bm_kinds) as bm_kinds using (table_name)
            union all
            select * exclude (raw_row), 'email', unnest(regexp_extract_all(raw_row, {sql.literal(EMAIL)}))
            from letters
            union all
            select * exclude (raw_row), 'phone', unnest(regexp_extract_all(raw_row, {sql.literal(PHONE)}))
            from letters
        )
        select distinct load_id, row_number, table_name
        from words
        inner join (select kind, bm_canonical(kind, value) as canonical from bm_subject) as wanted
            on words.kind = wanted.kind and bm_canonical(words.kind, words.value) = wanted.canonical
        order by 1, 2
    """  # noqa: S608


def _fill(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    connection.execute(f"create or replace temp table {table}")
    if rows:
        connection.executemany(f"insert into {table.partition(' ')[0]} values ($1, $2)", rows)  # noqa: S608


def model_tables(query: Query) -> dict[str, tuple[str, ...]]:
    """List what dbt keeps as tables: snapshots, marts and whatever lies between.

    Args:
        query: Asks the warehouse.

    Returns:
        Columns that identify something, by relation.
    """
    names = sql.literals([*MODEL_COLUMNS, *MODEL_VALUES])
    rows = query(
        f"""
        select columns.table_schema, columns.table_name, columns.column_name
        from information_schema.columns as columns
        inner join information_schema.tables as tables
            on columns.table_schema = tables.table_schema and columns.table_name = tables.table_name
        where tables.table_type = 'BASE TABLE' and columns.column_name in ({names})
            and columns.table_schema not in ({sql.literals(LOADER_SCHEMAS)})
        order by columns.table_schema, columns.table_name, columns.column_name
        """,  # noqa: S608
        [],
    )
    tables: dict[str, tuple[str, ...]] = {}
    for row in rows:
        relation = f"{sql.name(row['table_schema'])}.{sql.name(row['table_name'])}"
        tables[relation] = (*tables.get(relation, ()), row["column_name"])
    return tables


def delete_subject(
    query: Query, contracts: Mapping[str, TableContract], subject: Subject, losses: Mapping[int, Loss]
) -> tuple[dict[str, int], dict[str, int]]:
    """Take the customer out of every table, and correct the ledger.

    Args:
        query: Runs a statement within a transaction.
        contracts: Contracts of the raw tables.
        subject: The customer.
        losses: What each load loses.

    Returns:
        Rows deleted by table, and values blanked by column.
    """
    deleted, blanked = _clean_models(query, subject)
    for contract in contracts.values():
        condition, params = subject.rows(contract)
        if condition:
            deleted[contract.relation] = _delete_rows(query, contract.relation, condition, params)
        for column, blank, values in subject.blanks(contract):
            count = _blank_values(query, contract.relation, column, blank, values)
            blanked[f"{contract.relation}.{column}"] = count
    for load_id, loss in losses.items():
        _correct(query, load_id, loss)
    deleted[DEAD_LETTERS] = sum(len(loss.dead) for loss in losses.values())
    blanked[f"{DEAD_LETTERS}.raw_row"] = sum(len(loss.emptied) for loss in losses.values())
    return _filled(deleted), _filled(blanked)


def _filled(counts: dict[str, int]) -> dict[str, int]:
    return {place: count for place, count in sorted(counts.items()) if count}


def _correct(query: Query, load_id: int, loss: Loss) -> None:
    for numbers, change in (
        (loss.dead, "delete from ops.dead_letters"),
        (loss.emptied, "update ops.dead_letters set raw_row = null, detail = null"),
    ):
        if numbers:
            listed = ", ".join(map(str, sorted(numbers)))
            query(f"{change} where load_id = $1 and row_number in ({listed})", [load_id])
    query(
        """
        update ops.load_ledger
        set rows_loaded = rows_loaded - $1, rows_dead = rows_dead - $2,
            rows_erased = coalesce(rows_erased, 0) + $3, manifest = $4
        where load_id = $5
        """,
        [len(loss.rows), len(loss.dead), len(loss.rows) + len(loss.dead), loss.new_manifest, load_id],
    )


def _delete_rows(query: Query, relation: str, condition: str, params: Sequence[str]) -> int:
    count = int(query(f"select count(*) as n from {relation} where {condition}", params)[0]["n"])  # noqa: S608
    if count:
        query(f"delete from {relation} where {condition}", params)  # noqa: S608
    return count


def _blank_values(query: Query, relation: str, column: str, condition: str, params: Sequence[str]) -> int:
    count = int(query(f"select count(*) as n from {relation} where {condition}", params)[0]["n"])  # noqa: S608
    if count:
        query(f"update {relation} set {sql.name(column)} = null where {condition}", params)  # noqa: S608
    return count


def _clean_models(query: Query, subject: Subject) -> tuple[dict[str, int], dict[str, int]]:
    """Take the customer out of everything that dbt keeps as a table."""
    deleted: dict[str, int] = {}
    blanked: dict[str, int] = {}
    for relation, columns in model_tables(query).items():
        for column in columns:
            values = sorted(subject.ids.get(MODEL_COLUMNS.get(column) or MODEL_VALUES[column], ()))
            if not values:
                continue
            marks = ", ".join(f"${place}" for place in range(1, len(values) + 1))
            condition = f"{sql.name(column)} in ({marks})"
            if column in MODEL_COLUMNS:
                deleted[relation] = deleted.get(relation, 0) + _delete_rows(
                    query, relation, condition, values
                )
            else:
                count = _blank_values(query, relation, column, condition, values)
                blanked[f"{relation}.{column}"] = count
    return deleted, blanked
