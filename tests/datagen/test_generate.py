"""The generated bank: its files fit the contracts and its figures fit each other."""

# ruff: noqa: S608 - the statements are put together from names in this file

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
import yaml

from datagen import GenerationReport, generate
from datagen.exports import FILES

REPO = Path(__file__).resolve().parents[2]
START, DAYS, HISTORY = date(2026, 1, 1), 14, 120  # as in conftest.py


@pytest.fixture(scope="module")
def db(bank: GenerationReport) -> duckdb.DuckDBPyConnection:
    """One view a table over the good lines, as text, without the copied files."""
    con = duckdb.connect()
    for table, (folder, _, _) in FILES.items():
        con.execute(
            f"""create table {table} as
            select * exclude (filename), strptime(right(parse_filename(filename, true), 10), '%Y-%m-%d')::date
                as file_date
            from read_csv('{bank.out}/{folder}/{table}_????-??-??.csv', header = true, all_varchar = true,
                filename = true, ignore_errors = true)"""
        )
    return con


def digests(out: Path) -> dict[str, str]:
    files = sorted(path for path in out.rglob("*") if path.is_file())
    return {str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def one(db: duckdb.DuckDBPyConnection, sql: str) -> tuple:
    row = db.execute(sql).fetchone()
    assert row is not None
    return row


class TestFiles:
    def test_same_arguments_write_the_same_bytes(self, tmp_path: Path) -> None:
        first = generate(tmp_path / "one", customers=150, days=4, history_days=30)
        generate(tmp_path / "two", customers=150, days=4, history_days=30)
        assert digests(tmp_path / "one") == digests(tmp_path / "two")
        generate(tmp_path / "two", customers=150, days=4, history_days=30, seed=8)
        assert digests(tmp_path / "one") != digests(tmp_path / "two")
        assert first.total_rows > 1000

    def test_a_later_run_replaces_all_files_of_an_earlier_one(self, tmp_path: Path) -> None:
        generate(tmp_path, customers=60, days=5, history_days=20)
        report = generate(tmp_path, customers=60, days=2, history_days=20)
        assert sorted(tmp_path.glob("c*/*.csv")) == sorted(report.files)

    def test_files_of_somebody_else_are_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / "cards").mkdir()
        (tmp_path / "cards" / "card_transactions_2026-01-01.csv").write_text("mine")
        with pytest.raises(FileExistsError, match="card_transactions_2026-01-01"):
            generate(tmp_path, customers=20, days=1)

    @pytest.mark.parametrize("size", [{"customers": 0}, {"days": 0}, {"history_days": 0}])
    def test_sizes_must_be_positive(self, tmp_path: Path, size: dict[str, int]) -> None:
        with pytest.raises(ValueError, match="at least 1"):
            generate(tmp_path, **size)

    @pytest.mark.parametrize(("customers", "days"), [(1, 1), (3, 2), (40, 3)])
    def test_a_tiny_bank_has_no_file_without_rows(self, tmp_path: Path, customers: int, days: int) -> None:
        report = generate(tmp_path, customers=customers, days=days, history_days=5)
        assert all(path.read_bytes().count(b"\n") > 1 for path in report.files)

    def test_headers_are_the_columns_of_the_contracts(self, bank: GenerationReport) -> None:
        contracts = {}
        for path in REPO.glob("models/staging/c*/_*__sources.yml"):
            for source in yaml.safe_load(path.read_text())["sources"]:
                for table in source["tables"]:
                    # Tokens are made by the loader.
                    columns = [c["name"] for c in table["columns"] if "token_of" not in c["config"]["meta"]]
                    contracts[table["name"]] = (source["name"], columns)
        assert set(contracts) == set(FILES)
        for path in bank.files:
            source, columns = contracts[path.name.split("_20")[0]]
            header = path.read_bytes().splitlines()[0].decode().lower().split(",")
            assert (path.parent.name, header) == (source, columns)

    def test_report_counts_every_line(self, bank: GenerationReport) -> None:
        lines = sum(path.read_bytes().count(b"\n") - 1 for path in bank.files)
        assert bank.total_rows == lines
        assert set(bank.out.rglob("*_20*.csv")) == set(bank.files)


class TestBank:
    def test_nearly_all_card_customers_have_a_profile(self, db: duckdb.DuckDBPyConnection) -> None:
        rows, orphans = one(
            db,
            """select count(*), count(*) filter (where "customerNumber" not in (select "customerNumber"
            from customers)) from card_transactions where "customerNumber" is not null""",
        )
        assert rows > 5_000
        assert 0 < orphans < rows / 100

    def test_people_buy_at_their_own_rates_and_some_not_at_all(self, db: duckdb.DuckDBPyConnection) -> None:
        people, least, most = one(
            db,
            """select count(*), min(n), max(n) from (select count(*) as n from card_transactions
            group by "customerNumber" having count(*) > 1)""",
        )
        assert people < 600
        assert least < 5
        assert most > 60

    @pytest.mark.parametrize(
        ("table", "day"),
        [
            ("card_transactions", """try_strptime("transactionDate", '%m/%d/%Y')::date"""),
            ("account_transactions", "try_cast(transaction_date as date)"),
            ("payments", "try_cast(payment_date as date)"),
        ],
    )
    def test_events_happen_on_or_before_their_file_day(
        self, db: duckdb.DuckDBPyConnection, table: str, day: str
    ) -> None:
        latest, lag, oldest = one(
            db,
            f"""select max({day} - file_date), max(file_date - {day}) filter (where file_date > '{START}'),
            min({day}) from {table}""",
        )
        assert latest == 0
        assert lag == (0 if table == "payments" else 40)
        assert oldest >= START - timedelta(days=HISTORY)

    def test_balances_run_from_posting_to_posting(self, db: duckdb.DuckDBPyConnection) -> None:
        rows, broken = one(
            db,
            """select count(before), count(*) filter (where before + signed != balance) from (
                select balance_after::decimal(18, 2) as balance,
                    if(direction = 'credit', 1, -1) * amount::decimal(18, 2) as signed,
                    lag(balance) over (partition by account_id order by transaction_id::bigint) as before
                from account_transactions where balance_after is not null
                qualify row_number() over (partition by transaction_id order by file_date) = 1)""",
        )
        assert rows > 2_000
        assert broken == 0

    def test_the_balance_of_an_account_is_that_after_its_last_posting(
        self, db: duckdb.DuckDBPyConnection
    ) -> None:
        rows, wrong = one(
            db,
            f"""select count(*), count(*) filter (where after::decimal(18, 2) != balance::decimal(18, 2))
            from (
                select account_id, arg_max(balance_after, transaction_id::bigint) as after
                from account_transactions where balance_after is not null group by account_id)
            inner join (select * from accounts where file_date = '{START + timedelta(days=DAYS - 1)}')
                using (account_id)""",
        )
        assert rows > 200
        assert wrong == 0

    def test_refunds_give_back_an_earlier_purchase(self, db: duckdb.DuckDBPyConnection) -> None:
        refunds, unmatched = one(
            db,
            """with rows as (
                select *, strptime("transactionDate", '%m/%d/%Y') as day,
                    try_cast("transactionAmount" as decimal(18, 2)) as amount,
                    regexp_replace(upper(trim("merchantName")), ' +', ' ') as shop
                from card_transactions where try_strptime("transactionDate", '%m/%d/%Y') is not null)
            select count(*), count(*) filter (where not exists (
                select 1 from rows as bought where bought.amount = -back.amount and bought.shop = back.shop
                and bought."customerNumber" = back."customerNumber" and bought.day < back.day))
            from rows as back where amount < 0""",
        )
        assert refunds > 50
        assert unmatched == 0

    def test_transfers_between_own_accounts_have_both_sides(self, db: duckdb.DuckDBPyConnection) -> None:
        debits, pairs = one(
            db,
            """with own as (select distinct account_id, customer_id from accounts), t as (
                select * from account_transactions inner join own using (account_id)
                where transaction_type = 'Transfer')
            select count(*), count(credit.account_id) from t as debit left join t as credit
                on debit.counterparty_account = credit.account_id and debit.amount = credit.amount
                and debit.transaction_date = credit.transaction_date and credit.direction = 'credit'
                and credit.counterparty_account = debit.account_id and credit.customer_id = debit.customer_id
            where debit.direction = 'debit'""",
        )
        assert debits == pairs
        assert debits > 100

    def test_customers_change_join_leave_and_one_comes_back(self, db: duckdb.DuckDBPyConnection) -> None:
        joined, left, back = one(
            db,
            f"""select count(*) filter (where first > '{START}'),
                count(*) filter (where last < '{START + timedelta(days=DAYS - 1)}'),
                count(*) filter (where days < last - first + 1)
            from (select min(file_date) as first, max(file_date) as last, count(distinct file_date) as days
                from customers where "customerNumber" < '19' group by "customerNumber")""",
        )
        assert (joined, left, back) == (4, 4, 1)
        (changed,) = one(
            db,
            """select count(*) from (select "customerNumber" from customers group by all having
            count(distinct ("City", "maritalStatus", "incomeInThousands", "branchNumber")) > 1)""",
        )
        assert 5 < changed < 120

    def test_loan_status_follows_from_the_instalments(self, db: duckdb.DuckDBPyConnection) -> None:
        last = START + timedelta(days=DAYS - 1)
        rows = db.execute(
            f"""with paid as (
                select payment_id, any_value(loan_id) as loan_id, any_value(due_date::date) as due,
                    arg_max(coalesce(payment_date, ''), file_date) as paid
                from loan_payments group by payment_id), state as (
                select loan_id, max('{last}' - due) filter (where paid = '' and due < '{last}') as late,
                    count(*) filter (where paid != '') as n from paid group by loan_id)
            select status, case when late > 90 then 'defaulted' when late is not null then 'in_arrears'
                when n = term_months::int then 'finished' else 'running' end, count(*)
            from loans left join state using (loan_id) where file_date = '{last}' group by all"""
        ).fetchall()
        assert all(said == worked_out for said, worked_out, _ in rows)
        assert {said for said, _, _ in rows} == {"running", "in_arrears", "defaulted", "finished"}

    def test_contacts_are_fictional(self, db: duckdb.DuckDBPyConnection) -> None:
        (real,) = one(
            db,
            """select count(*) from customer_contacts
            where email not like '%@example.com' or phone not like '(___) 555-01__'""",
        )
        assert real == 0
