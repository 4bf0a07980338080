"""Mappings: those that come with bankmart load real files whole; a wrong one names its line."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from loaders.contract import load_contracts
from loaders.errors import MappingError
from loaders.load import check_mapping_sample, load_path
from loaders.mapping import list_mappings, load_mapping
from loaders.settings import PROJECT_ROOT, Settings
from loaders.warehouse import open_warehouse

BERKA = {
    "customers": 5369, "accounts": 4500, "account_holders": 5369, "account_transactions": 49102,
    "cards": 892, "loans": 682, "standing_orders": 6471, "branches": 77,
}  # fmt: skip


def real_bank(tmp_path: Path) -> Settings:
    return Settings(duckdb_path=tmp_path / "w.duckdb", lake=tmp_path / "lake", memory_limit="1GB")


def test_the_shipped_mappings_are_valid() -> None:
    contracts = load_contracts(PROJECT_ROOT)
    names = [path.stem for path in list_mappings()]
    assert names == ["bankmart", "berka", "ibm_card", "ml", "retail_response", "uci_bank_marketing"]
    assert [load_mapping(name, contracts).name for name in names] == names


@pytest.mark.shared_data
def test_the_czech_bank_loads_whole_by_its_mapping(tmp_path: Path, shared_data: Path) -> None:
    settings = real_bank(tmp_path)
    mapping = load_mapping("berka", load_contracts(PROJECT_ROOT))
    report = load_path(settings=settings, mapping=mapping, path=shared_data / "berka")
    assert {r.table.partition(".")[2]: r.rows_loaded for r in report.results} == BERKA
    assert (report.rows_dead, report.exit_code, report.unmatched) == (0, 0, [])
    with open_warehouse(settings) as warehouse:

        def counts(query: str) -> dict[str, int]:
            return {row["k"]: row["n"] for row in warehouse.query(query)}

        loans = counts("select status as k, count(*) as n from raw.core_banking__loans group by 1")
        assert loans == {"finished": 203, "defaulted": 31, "running": 403, "in_arrears": 45}
        kinds = counts(
            "select transaction_type as k, count(*) as n"
            " from raw.core_banking__account_transactions group by 1"
        )
        assert kinds["interest"] == 9463
        assert kinds["cash_withdrawal"] == 13436 + 651 + 41
        assert kinds["card_withdrawal"] == 12
        assert None not in kinds
        ages = warehouse.query(
            "select min(dateofbirth) as a, max(dateofbirth) as b from raw.core_banking__customers"
        )
        assert (ages[0]["a"].year, ages[0]["b"].year) == (1911, 1987)


@pytest.mark.shared_data
def test_the_ibm_card_export_loads_without_a_row_lost(tmp_path: Path, shared_data: Path) -> None:
    settings = real_bank(tmp_path)
    mapping = load_mapping("ibm_card", load_contracts(PROJECT_ROOT))
    report = load_path(settings=settings, mapping=mapping, path=shared_data / "fraud_ibm")
    assert (report.rows_in, report.rows_loaded, report.rows_dead) == (19963, 19963, 0)
    with open_warehouse(settings) as warehouse:
        [row] = warehouse.query("""
            select count(*) filter (where isfraud) as frauds, min(transactionamount) as least,
                count(*) filter (where merchantzip = '91750') as la_verne, max(transactiondate) as latest
            from raw.cards__card_transactions
        """)
    assert (row["frauds"], row["least"], str(row["latest"])) == (27, Decimal("-499.00"), "2020-02-28")
    assert row["la_verne"] > 1000


@pytest.mark.parametrize(
    ("change", "line", "message"),
    [
        (("table: shop.sales", "table: shop.gone"), 7, "no contract is named 'shop.gone'"),
        (("table: shop.sales", "table: shop.sales\n    colums: {}"), 8, "Extra inputs are not permitted"),
        (
            ("table: shop.sales", "table: shop.sales\n    columns:\n      id: id\n      nope: id"),
            10,
            "no column 'nope'",
        ),
        (("table: shop.sales", "table: shop.sales\n    columns:\n      day: id"), 8, "needs the column 'id'"),
        (
            ("table: shop.sales", "table: shop.sales\n    columns:\n      id: {expression: (select 1)}"),
            9,
            "a subquery is not allowed",
        ),
        (
            ("table: shop.sales", "table: shop.sales\n    columns:\n      id: {from: a, value: b}"),
            9,
            "only one of",
        ),
        (("table: shop.sales", "table: shop.sales\n    table: shop.sales"), 8, "key 'table' again"),
        (("table: shop.sales", "table: shop.sales\n    header: false"), 8, "needs names"),
        (("file_date: 2025-01-31", "file_date: soon"), 4, "date"),
        (("files:", "files: ["), 6, ""),
        (('pattern: "sales*"', 'pattern: "../sales*"'), 6, "must stay below"),
    ],
)
def test_a_wrong_mapping_names_its_line(bank: Any, change: tuple[str, str], line: int, message: str) -> None:
    bank.mapping_text = bank.mapping_text.replace(*change)
    with pytest.raises(MappingError, match=rf"test\.yml, line {line}: ") as raised:
        bank.mapping()
    assert message in str(raised.value)


@pytest.mark.parametrize(
    "expression",
    [
        "1; drop table x",
        "max(a)",
        "read_text('x')",
        "getenv('HOME')",
        "a from b",
        "*",
        "1) as x, (2",
        "row_number() over ()",
    ],
)
def test_an_expression_is_one_scalar_and_nothing_else(bank: Any, expression: str) -> None:
    bank.mapping_text += f'    columns:\n      id: {{expression: "{expression}"}}\n'
    with pytest.raises(MappingError, match=r"line 9: expression of id"):
        bank.mapping()


def test_maps_constants_defaults_expressions_and_currencies(bank: Any) -> None:
    bank.mapping_text += """
    ignore: [Junk]
    columns:
      id: Number
      day: {expression: "Year || '-' || lpad(Month, 2, '0') || '-01'"}
      amount: {from: Sum, currency: ["$", EUR], thousands: ",", null_values: ["", "?"]}
      pieces: {value: "7"}
      paid: {from: Paid, map: {J: "true", N: "false"}}
      kind: {from: Kind, map: {A: aa}, default: zz}
"""
    result = bank.load_file(
        "sales.csv",
        "Number,Year,Month,Sum,Paid,Kind,Junk\n"
        '1,2025,3,"$-1,234.50",J,A,x\n2,2025,11,5 EUR,N,B,x\n3,2025,1,?,,,x\n'
        '4,2025,1,"1,2",J,A,x\n5,2025,1,1,Q,A,x\n',
    )
    assert result.error is None
    found = [
        (i, str(d), a and float(a), n, p, k)
        for i, d, a, n, p, k in bank.rows("id, day, amount, pieces, paid, kind")
    ]
    assert found == [
        ("1", "2025-03-01", -1234.5, 7, True, "aa"),
        ("2", "2025-11-01", 5.0, 7, False, "zz"),
        ("3", "2025-01-01", None, 7, None, "zz"),
    ]
    assert bank.dead() == [(4, "not_a_number", "amount"), (5, "value_not_mapped", "paid")]


def test_a_sample_shows_what_each_column_becomes_and_loads_nothing(bank: Any) -> None:
    path = bank.write("sales.csv", "id,day,amount\na,2025-01-01,1\nb,soon,2\n")
    previews = {p.target: p for p in check_mapping_sample(bank.settings, bank.mapping(), path)}
    assert previews["day"].examples == [("2025-01-01", "2025-01-01"), ("soon", None)]
    assert (previews["day"].n_bad, previews["day"].reason, previews["id"].n_bad) == (1, "not_a_date", 0)
    assert not bank.settings.duckdb_path.exists()
    assert not bank.settings.lake.exists()
