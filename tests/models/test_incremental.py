"""Incremental models against a full rebuild, with late rows, corrections and files delivered again."""

from __future__ import annotations

import csv
import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from loaders.contract import load_contracts
from loaders.dbt import AFTER_UPDATE, DbtProject
from loaders.warehouse import open_warehouse
from tests.models.conftest import BUILD, Bank

DAYS = [date(2024, 3, 1) + timedelta(days=offset) for offset in range(4)]
CUSTOMERS = [f"C{number:03}" for number in range(300)]
CARD_HEADER = [
    "customerNumber",
    "cardLast4Digits",
    "transactionDate",
    "transactionTime",
    "transactionAmount",
    "transactionType",
    "merchantName",
    "merchantCity",
    "merchantState",
    "merchantZip",
    "stateCode",
    "mcc",
    "errors",
    "isFraud",
]
POSTING_HEADER = [
    "transaction_id",
    "account_id",
    "transaction_type",
    "direction",
    "amount",
    "balance_after",
    "transaction_date",
    "counterparty_bank",
    "counterparty_account",
    "notes",
]
INSTALMENT_HEADER = ["payment_id", "loan_id", "due_date", "due_amount", "payment_date", "payment_amount"]
TABLES = [
    ("core.fct_card_transactions", ()),
    ("core.fct_account_transactions", ()),
    ("core.fct_loan_payments", ()),
    ("core.dim_merchants", ()),
    ("core.dim_accounts", ()),
    # These keep the day on which each row was last computed.
    ("intermediate.int_card_transactions_summed", ("as_of_date",)),
    ("intermediate.int_card_spend_categorised", ("as_of_date",)),
    ("intermediate.int_account_spend_summed", ("as_of_date",)),
    ("intermediate.int_account_months_summed", ("as_of_date",)),
    ("intermediate.int_merchants_seen", ()),
    ("marketing.customer_360", ()),
    ("marketing.customer_segments", ()),
    ("risk.customer_loan_summary", ()),
]


def write(path: Path, header: list[str], rows: list[list[Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def card_row(rng: random.Random, day: date) -> list[Any]:
    amount = rng.choice([rng.randint(1, 900) / 4, rng.randint(1, 900) / 4, -rng.randint(1, 90) / 4])
    merchant, code = rng.choice(
        [("Blue  Market", "5411"), ("Cab One", ""), ("Oddment", "7832"), ("", "5812")]
    )
    when = f"{day:%m/%d/%Y}", f"{rng.randint(0, 23)}:{rng.randint(10, 59)}"
    declined = rng.choice(["", "", "", "Bad PIN"])
    place = ["", "", "", ""]
    return [rng.choice(CUSTOMERS), "0011", *when, amount, "visa", merchant, *place, code, declined, ""]


def days_of_rows(rng: random.Random, day: date) -> list[date]:
    """Rows of the day, up to 40 days late, about to leave the window, and one that is yet to happen."""
    late = [day - timedelta(days=rng.randint(1, 40)) for _ in range(25)]
    return [*[day] * 30, *late, *[day - timedelta(days=364)] * 5, *[day + timedelta(days=1)] * 3]


def posting_rows(rng: random.Random, number: int, day: date) -> list[list[Any]]:
    return [
        [
            f"T{number}-{row}",
            rng.choice(CUSTOMERS),
            rng.choice(["Purchase", "Payment ", "fee", "refund"]),
            rng.choice(["debit", "debit", "credit"]),
            rng.randint(1, 400),
            "",
            when,
            "",
            "",
            "",
        ]
        for row, when in enumerate(days_of_rows(rng, day))
    ]


def write_days(folder: Path) -> list[Path]:
    rng = random.Random(11)  # noqa: S311
    previous: list[list[Any]] = []
    folders = []
    for number, day in enumerate(DAYS):
        root = folder / f"{day}"
        cards = [card_row(rng, when) for when in days_of_rows(rng, day)]
        # Rows of yesterday's file once more, among them two equal ones.
        write(root / "cards" / f"card_transactions_{day}.csv", CARD_HEADER, [*cards, cards[0], *previous[:9]])
        previous = [cards[0], *cards]
        postings = posting_rows(rng, number, day)
        # A posting of the first day is corrected: another account, another day.
        moved = [["T0-0", CUSTOMERS[number], "Purchase", "debit", 7, "", day - timedelta(days=3), "", "", ""]]
        write(root / "core_banking" / f"account_transactions_{day}.csv", POSTING_HEADER, postings + moved)
        instalments = [
            [f"P{row}", f"L{row % 5}", DAYS[0] - timedelta(days=5 - row), 100, *paid]
            for row in range(10)
            for paid in [(day, 100) if row < number * 3 else ("", "")]
        ]
        write(root / "core_banking" / f"loan_payments_{day}.csv", INSTALMENT_HEADER, instalments)
        accounts = [
            [name, rng.choice([*CUSTOMERS[:20], name]), "", "CHK", "", "", "USD", 1, "Active", ""]
            for name in CUSTOMERS
        ]
        header = (
            "account_id,customer_id,branch_id,product_code,account_type,statement_frequency,currency,balance"
        )
        header += ",status_type,opened_date"
        write(root / "core_banking" / f"accounts_{day}.csv", header.split(","), accounts)
        folders.append(root)
    return folders


@pytest.fixture
def delivered(tmp_path: Path) -> list[Path]:
    return write_days(tmp_path / "landing_zone")


def assert_equal(one: Bank, other: Bank) -> None:
    differing = {table: one.differences(other, table, without) for table, without in TABLES}
    assert {table: count for table, count in differing.items() if count} == {}


def test_day_by_day_with_late_and_corrected_rows_equals_a_full_rebuild(
    bank: Bank, delivered: list[Path], tmp_path: Path
) -> None:
    # GIVEN a warehouse built night by night, the third day's files coming a day late
    for day, folders in zip(DAYS, [delivered[:1], delivered[1:2], [], delivered[2:]], strict=True):
        for folder in reversed(folders):
            bank.load(folder)
        bank.build(day)
    rows = bank.query("select count(*), count(distinct _load_id) from core.fct_card_transactions")
    assert rows[0][0] > 200

    # WHEN another one is rebuilt from the same loads at once
    rebuilt = bank.copy_to(tmp_path / "rebuilt")
    rebuilt.build(DAYS[-1], full_refresh=True)

    # THEN they hold the same
    assert_equal(bank, rebuilt)

    # AND loading and building again changes nothing
    again = bank.copy_to(tmp_path / "again")
    for folder in delivered:
        again.load(folder)
    again.build(DAYS[-1])
    assert_equal(bank, again)


def test_a_load_known_only_later_waits_for_its_day(bank: Bank, delivered: list[Path], tmp_path: Path) -> None:
    # GIVEN all files loaded at once, newest first, so that older days have the higher load ids
    for folder in reversed(delivered):
        bank.load(folder)
    [(first_load,)] = bank.query("select min(file_date) from ops.load_ledger where load_id = 1")
    assert first_load == DAYS[-1]

    # WHEN the days are built one by one, nothing of a later file is seen
    for day in DAYS:
        bank.build(day)
        [(known,)] = bank.query("select max(file_date) from core.fct_card_transactions")
        assert known == day

    # THEN the last day equals a full rebuild
    rebuilt = bank.copy_to(tmp_path / "rebuilt")
    rebuilt.build(DAYS[-1], full_refresh=True)
    assert_equal(bank, rebuilt)


RAW_AND_FACT = """
    select
        (
            select sum(transactionamount) from (
                select distinct on (key_columns, occurrence) * from (
                    select
                        *,
                        concat_ws(
                            '|', customernumber, transactiondate, transactiontime, transactionamount,
                            merchantname, mcc, errors
                        ) as key_columns,
                        row_number() over (partition by _load_id, key_columns) as occurrence
                    from raw.cards__card_transactions
                )
            )
        ),
        (select sum(amount) from core.fct_card_transactions)
"""
FACTS_AND_CUSTOMERS = """
    select
        (
            select sum(amount) from core.fct_card_transactions
            where not is_declined and transaction_date <= $1
        ),
        (
            select -sum(signed_amount) from core.fct_account_transactions
            where
                transaction_date <= $1
                and (
                    (transaction_type in ('purchase', 'payment') and direction = 'debit')
                    or (transaction_type = 'refund' and direction = 'credit')
                )
        ),
        (select sum(lifetime_spend) from marketing.customer_360)
"""


def test_totals_agree_from_raw_to_customer_360(bank: Bank, delivered: list[Path]) -> None:
    for folder in delivered:
        bank.load(folder)
    bank.build(DAYS[-1])
    [(raw_cards, fact_cards)] = bank.query(RAW_AND_FACT)
    assert raw_cards == fact_cards
    [(card_spend, account_spend, lifetime)] = bank.query(FACTS_AND_CUSTOMERS, DAYS[-1])
    assert card_spend + account_spend == lifetime


def test_a_table_of_an_older_version_fails_with_what_to_do(bank: Bank) -> None:
    with open_warehouse(bank.settings) as warehouse:
        warehouse.ensure_tables(load_contracts(bank.settings.project_dir))
    project, command = DbtProject(bank.settings), [*BUILD, "--select", "+fct_loan_payments"]
    assert not any(node.failed for node in project.run(command, DAYS[0]))
    with duckdb.connect(str(bank.settings.duckdb_path)) as connection:
        connection.execute("alter table core.fct_loan_payments drop column file_date")
    [failed] = [node for node in project.run(command, DAYS[1]) if node.failed]
    assert failed.name == "fct_loan_payments"
    assert failed.message.startswith(AFTER_UPDATE)
    assert not any(node.failed for node in project.run([*command, "--full-refresh"], DAYS[1]))
