"""A bank whose history comes by the month: how it lives, and that its files belong together."""

# ruff: noqa: S608 - the statements are put together from names in this file

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pytest

from datagen import GenerationReport

Db = duckdb.DuckDBPyConnection
MONTH_ENDS = [date(2025, 5, 31), date(2025, 6, 30), date(2025, 7, 31), date(2025, 8, 31), date(2025, 9, 30),
              date(2025, 10, 31), date(2025, 11, 30), date(2025, 12, 31)]  # fmt: skip
DAYS = [date(2026, 1, day) for day in range(1, 8)]
CUSTOMERS = """select "customerNumber" from customers"""


def one(db: Db, sql: str) -> tuple:
    row = db.execute(sql).fetchone()
    assert row is not None
    return row


class TestFiles:
    @pytest.mark.parametrize("table", ["customers", "accounts", "card_transactions", "campaign_contacts"])
    def test_months_come_as_one_file_then_days(self, lived: Db, table: str) -> None:
        found = [
            row[0] for row in lived.execute(f"select distinct file_date from {table} order by 1").fetchall()
        ]
        assert found[: len(MONTH_ENDS)] == MONTH_ENDS
        assert set(found[len(MONTH_ENDS) :]) <= set(DAYS)

    def test_rows_come_up_to_40_days_late_where_the_list_says(
        self, lived: Db, months: GenerationReport
    ) -> None:
        listed = [entry for entry in months.planted if entry.kind == "late_row"]
        (late, latest) = one(
            lived,
            """select count(*), max(file_date - day) from (
                select *, try_cast(transaction_date as date) as day from account_transactions)
            where day < if(file_date < '2026-01-01', date_trunc('month', file_date)::date, file_date)""",
        )
        assert late == sum(entry.file.startswith("account") for entry in listed) > 10
        assert 30 < latest <= 40

    def test_peak_memory_does_not_grow_with_the_months(self, tmp_path: Path) -> None:
        short, long = (peak_memory(tmp_path / str(months), months) for months in (6, 24))
        assert long < 1.2 * short


class TestBelonging:
    @pytest.mark.parametrize(
        ("table", "column", "parents"),
        [
            ("accounts", "customer_id", CUSTOMERS),
            ("account_holders", "account_id", "select account_id from accounts"),
            ("account_transactions", "account_id", "select account_id from accounts"),
            ("payments", "account_id", "select account_id from accounts"),
            ("loans", "customer_id", CUSTOMERS),
            ("loan_payments", "loan_id", "select loan_id from loans"),
            ("cards", "holder_id", "select holder_id from account_holders"),
            ("campaign_contacts", "customer_id", CUSTOMERS),
            ("campaign_contacts", "campaign_id", "select campaign_id from campaigns"),
            ("campaign_contacts", "offer_id", "select offer_id from offers"),
            ("campaign_responses", "contact_id", "select contact_id from campaign_contacts"),
            ("campaign_costs", "campaign_id", "select campaign_id from campaigns"),
            ("product_holdings", "customer_id", CUSTOMERS),
            ("product_holdings", "product_code", "select product_code from products"),
            ("offers", "product_code", "select product_code from products"),
            ("communication_log", "customer_id", CUSTOMERS),
            ("digital_sessions", "customer_id", CUSTOMERS),
            ("branch_visits", "branch_id", "select branch_id from branches"),
            ("complaints", "customer_id", CUSTOMERS),
            ("consents", "customer_id", CUSTOMERS),
            ("suppressions", "customer_id", CUSTOMERS),
        ],
    )
    def test_keys_are_known(
        self, lived: Db, months: GenerationReport, table: str, column: str, parents: str
    ) -> None:
        planted = sum(
            entry.file.startswith(table) and entry.kind == "orphan" and entry.column == column
            for entry in months.planted
        )
        (orphans,) = one(
            lived, f"select count(*) from {table} where {column} is not null and {column} not in ({parents})"
        )
        assert orphans <= planted

    def test_ids_are_unique_among_events(self, lived: Db) -> None:
        for table, key in (("digital_sessions", "session_id"), ("campaign_contacts", "contact_id"),
                           ("campaign_responses", "response_id"),
                           ("communication_log", "log_id")):  # fmt: skip
            (twice,) = one(lived, f"select count({key}) - count(distinct {key}) from {table}")
            assert twice == 0

    def test_nobody_is_contacted_without_consent_or_while_suppressed(self, lived: Db) -> None:
        contacts, bare, suppressed = one(
            lived,
            """with contacts as (
                select c.*, assigned_date::date as day, product_family in ('card', 'loan') as is_credit
                from campaign_contacts as c
                inner join (select distinct offer_id, product_code from offers) using (offer_id)
                inner join (select distinct product_code, product_family from products) using (product_code))
            select count(*), count(*) filter (where not exists (
                    select 1 from consents as k where k.customer_id = c.customer_id and k.channel = c.channel
                    and k.purpose = if(is_credit, 'credit_marketing', 'marketing')
                    and try_cast(k.valid_from as date) <= day
                    and not exists (select 1 from consents as ended where ended.consent_id = k.consent_id
                        and ended.valid_to::date <= day))),
                count(*) filter (where exists (
                    select 1 from suppressions as s where s.customer_id = c.customer_id
                    and s.valid_from::date <= day
                    and not exists (select 1 from suppressions as ended
                        where ended.suppression_id = s.suppression_id and ended.valid_to::date <= day)))
            from contacts as c where offer_id is not null""",
        )
        assert contacts > 5_000
        assert (bare, suppressed) == (0, 0)


class TestLife:
    @pytest.mark.parametrize("what", ["maritalStatus", "City", "employmentStatus", "incomeInThousands"])
    def test_customers_change(self, lived: Db, what: str) -> None:
        (changed,) = one(
            lived,
            f"""select count(*) from (select "customerNumber" from customers where "customerNumber" < '19'
            group by all having count(distinct "{what}") > 1)""",
        )
        assert changed > 40

    def test_customers_come_go_and_fall_asleep(self, lived: Db) -> None:
        came, went = one(
            lived,
            f"""select count(*) filter (where first > '{MONTH_ENDS[0]}'),
                count(*) filter (where last < '{DAYS[0]}')
            from (select min(file_date) as first, max(file_date) as last from customers
                group by "customerNumber")""",
        )
        assert came > 80
        assert went > 40
        asleep, awake = one(
            lived,
            """with states as (select account_id, status_type, lag(status_type) over (
                partition by account_id order by file_date) as before from accounts)
            select count(*) filter (where status_type = 'Inactive/Dormant' and before = 'Active'),
                count(*) filter (where status_type = 'Active' and before = 'Inactive/Dormant') from states""",
        )
        assert asleep > 50
        assert awake > 20

    def test_there_are_seasons_and_weekdays(self, lived: Db) -> None:
        december, september, friday, sunday = one(
            lived,
            """with bought as (select try_strptime("transactionDate", '%m/%d/%Y')::date as day
                from card_transactions where "transactionAmount" not like '-%')
            select count(*) filter (where month(day) = 12), count(*) filter (where month(day) = 9),
                count(*) filter (where dayofweek(day) = 5), count(*) filter (where dayofweek(day) = 0)
            from bought""",
        )
        assert december > 1.1 * september
        assert friday > 1.2 * sunday

    def test_stages_buy_different_things(self, lived: Db) -> None:
        rows = lived.execute(
            """with bought as (
                select "customerNumber" as customer_id, mcc, date_trunc('month', day) as day from (
                    select *, try_strptime("transactionDate", '%m/%d/%Y')::date as day from card_transactions)
                where month(day) = 10)
            select life_stage, avg((mcc = '5816')::int) as digital, avg((mcc = '5912')::int) as pharmacy
            from bought inner join true_life_stages using (customer_id, day) group by all"""
        ).fetchall()
        share = {stage: (digital, pharmacy) for stage, digital, pharmacy in rows}
        assert share["student"][0] > 2 * share["retired"][0]
        assert share["retired"][1] > 2 * share["student"][1]

    def test_loans_fall_behind_cure_and_default(self, lived: Db) -> None:
        cured, defaulted = one(
            lived,
            """with states as (select loan_id, status, lag(status) over (
                partition by loan_id order by file_date) as before from loans)
            select count(*) filter (where status in ('running', 'finished') and before = 'in_arrears'),
                count(*) filter (where status = 'defaulted' and before = 'in_arrears') from states""",
        )
        assert cured > 20
        assert defaulted > 3

    def test_consents_are_given_and_taken_back(self, lived: Db) -> None:
        given, ended = one(
            lived,
            """select
                count(*) filter (where try_cast(valid_from as date) > '2025-05-01' and valid_to is null),
                count(*) filter (where valid_to is not null) from consents""",
        )
        assert given > 200
        assert ended > 200

    def test_complaints_are_opened_closed_and_keep_the_bank_away(self, lived: Db) -> None:
        opened, closed, suppressed = one(
            lived,
            """select count(*) filter (where closed_date is null),
                count(*) filter (where closed_date is not null),
                (select count(distinct suppression_id) from suppressions where reason = 'complaint')
            from complaints""",
        )
        assert opened > 50
        assert closed > 50
        assert suppressed > 50

    def test_digital_customers_pay_by_mobile(self, lived: Db) -> None:
        often, seldom = one(
            lived,
            """with used as (select customer_id, count(*) as n from digital_sessions group by all),
                paid as (select customer_id, payment_method in ('Mobile Payment', 'E-wallet') as is_mobile
                    from payments
                    inner join (select distinct account_id, customer_id from accounts) using (account_id))
            select avg(is_mobile::int) filter (where n > 20),
                avg(is_mobile::int) filter (where n is null or n < 5)
            from paid left join used using (customer_id)""",
        )
        assert often > 1.5 * seldom


def peak_memory(out: Path, months: int) -> float:
    """Peak of a generator of its own, in megabytes."""
    code = (
        "import resource, sys; from pathlib import Path; from datagen import generate;"
        "generate(Path(sys.argv[1]), customers=5000, days=2, months=int(sys.argv[2]));"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(out), str(months)], capture_output=True, text=True, check=True
    )
    return float(done.stdout)
