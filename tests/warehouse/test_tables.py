"""The tables that bankmart makes on Redshift: their design, and how they follow their contract."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from loaders.contract import load_contracts
from loaders.errors import ContractError
from loaders.warehouse import open_warehouse

TABLE_DEF = """
    select "column", type, encoding, distkey, sortkey, "notnull" from pg_table_def
    where schemaname = 'raw' and tablename = 'shop__sales'
"""


def columns_of(bank: Any) -> dict[str, dict[str, Any]]:
    with open_warehouse(bank.settings) as warehouse:
        warehouse.execute(["set search_path to raw, ops, public"])
        return {row["column"]: row for row in warehouse.query(TABLE_DEF)}


def test_types_lengths_and_encodings_reach_the_catalogue(bank: Any) -> None:
    bank.load_file("sales.csv", "id,day,amount\na,2025-01-01,1.00\n")
    found = columns_of(bank)
    shown = {name: (row["type"], row["encoding"]) for name, row in found.items()}
    assert shown["id"] == ("character varying(10)", "zstd")
    assert shown["amount"] == ("numeric(18,2)", "az64")
    assert shown["pieces"] == ("integer", "az64")
    assert shown["day"] == ("date", "az64")
    assert shown["paid"] == ("boolean", "zstd")
    assert shown["_load_id"] == ("bigint", "none")
    assert found["_load_id"]["sortkey"] == 1
    assert not any(row["distkey"] for row in found.values())
    assert [name for name, row in found.items() if row["notnull"]][:2] == ["id", "_load_id"]


@pytest.mark.parametrize(
    ("contract", "wanted"),
    [
        ({"id, data_type": "customer_id, data_type"}, "KEY(customer_id)"),
        ({"contract_version: 1": "contract_version: 1, distkey: day"}, "KEY(day)"),
        ({}, "EVEN"),
    ],
)
def test_rows_of_a_customer_lie_together(bank: Any, contract: dict[str, str], wanted: str) -> None:
    for old, new in contract.items():
        bank.contract = bank.contract.replace(old, new)
    bank.contract = bank.contract.replace("key: [KEY]", "key: []")
    bank.declare()
    with open_warehouse(bank.settings) as warehouse:
        warehouse.ensure_tables(bank.mapping().contracts)
        [row] = warehouse.query(
            "select diststyle, sortkey1 from svv_table_info where \"table\" = 'shop__sales'"
        )
    assert (row["diststyle"], row["sortkey1"]) == (wanted, "_load_id")


def test_a_column_that_the_contract_gained_is_added_and_old_rows_stay(bank: Any) -> None:
    before, name, kind = bank.contract.rstrip().rpartition("\n          - name: kind\n")
    bank.contract = before
    bank.declare()
    assert bank.load_file("sales.csv", "id,day,amount\na,,\n").rows_loaded == 1
    assert "kind" not in columns_of(bank)
    bank.contract += name + kind
    bank.declare()
    assert bank.load_file("sales_2.csv", "id,day,amount,kind\nb,,,x\n").rows_loaded == 1
    assert bank.rows("id, kind") == [("a", None), ("b", "x")]
    bank.check_books()


def test_a_changed_type_is_refused_with_the_column_named(bank: Any) -> None:
    bank.load_file("sales.csv", "id,day,amount\na,,\n")
    bank.contract = bank.contract.replace("pieces, data_type: integer", "pieces, data_type: date")
    bank.declare()
    with pytest.raises(ContractError, match=r"pieces is integer in the warehouse, date in"):
        bank.load_file("sales_2.csv", "id,day,amount\nb,,\n")


def test_loaders_that_start_together_make_the_tables_once(bank: Any) -> None:
    contracts = load_contracts(bank.settings.project_dir)

    def start(_: int) -> None:
        with open_warehouse(bank.settings) as warehouse:
            warehouse.ensure_tables(contracts)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(start, range(6)))
    assert bank.query("select turn from ops.load_fence") == [{"turn": 0}]
    assert bank.rows() == []
