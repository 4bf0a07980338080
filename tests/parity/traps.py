"""Rows on which the engines would part ways if nobody took care, and what must come of them on both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

ROW = Mapping[str, object]
CUSTOMERS = (
    "customerNumber,dateOfBirth,branchNumber,citizenshipCode,currCountryCode,employmentStatus,"
    "incomeInThousands,marketSegment,maritalStatus,stateCode,City,customerOpeningDate,Gender\n"
)
CARDS = (
    "customerNumber,cardLast4Digits,transactionDate,transactionTime,transactionAmount,transactionType,"
    "merchantName,merchantCity,merchantState,merchantZip,stateCode,mcc,errors,isFraud\n"
)
LOANS = (
    "loan_id,account_id,customer_id,product_code,granted_date,"
    "loan_amount,term_months,monthly_payment,status\n"
)
POSTINGS = (
    "transaction_id,account_id,transaction_type,direction,amount,balance_after,transaction_date,"
    "counterparty_bank,counterparty_account,notes\n"
)
CALLS = (
    "age;job;marital;education;default;housing;loan;contact;month;day_of_week;duration;campaign;pdays;previous;"
    "poutcome;emp.var.rate;cons.price.idx;cons.conf.idx;euribor3m;nr.employed;y\n"
)


def _call(age: str, euribor: str, subscribed: str) -> str:
    return (
        f"{age};clerk;single;school;no;no;no;cellular;may;mon;100;1;999;0;"
        f"nonexistent;-1.8;93.2;-47.1;{euribor};5099.1;{subscribed}\n"
    )


def _customer(number: str, city: str, state: str = "NY") -> str:
    return f"{number},01/02/1980,0001,US,USD,salaried,50000,,single,{state},{city},03/04/2020,Female\n"


def _purchase(day: str, time: str, amount: str, merchant: str, errors: str = "") -> str:
    return f"TRAP1,1234,{day},{time},{amount},visa,{merchant},,,,,,{errors},\n"


def _loan(number: str, customer: str, amount: str) -> str:
    return f"{number},TA1,{customer},LPERS,2025-05-05,{amount},12,1.00,running\n"


def _posting(number: str, amount: str, balance: str) -> str:
    return f"{number},TA1,Salary,credit,{amount},{balance},2025-12-30,,,\n"


NEW_SPELLINGS = ["Straße", "STRASSE", " Strasse ", "Stra\u00dfe\u00a0"]
# Twenty euro signs are the 60 bytes that a city may have, one more letter is too much; the letter of the long
# merchant has two bytes, its capital three.
FILES: Mapping[str, str] = {
    "core_banking/customers_{day}_traps.csv": CUSTOMERS
    + _customer("TRAP1", "€" * 20)
    + _customer("TRAP2", "€" * 20 + "x")
    + _customer("TRAP3", "  Zürich  ", "ny")
    + _customer("TRAP4", "", "ZZ"),
    "core_banking/loans_{day}_traps.csv": LOANS
    + _loan("TL1", "TRAP1", "10.05")
    + _loan("TL2", "TRAP1", "10.02")
    + _loan("TL3", "TRAP3", "1.01")
    + _loan("TL4", "TRAP3", "1.0000")
    + _loan("TL5", "TRAP4", "0.10")
    + _loan("TL6", "TRAP4", "0.10")
    + _loan("TL7", "TRAP4", "0.15")
    + _loan("TL8", "TRAP4", "0.155"),
}
# Day and time that New York left out in spring, and one that it had twice in autumn.
FIRST_NIGHT_FILES: Mapping[str, str] = {
    "cards/card_transactions_{day}_traps.csv": CARDS
    + _purchase("03/09/2025", "2:30", "10.00", "Café  Zoë")
    + _purchase("03/12/2025", "23:59:59", "0.005", "Half a cent")
    + _purchase("11/02/2025", "1:30", "20.00", "CAFÉ\u00a0ZOË")
    + _purchase("11/05/2025", "", "30.00", "ɐ" * 50)
    + _purchase("11/05/2025", "0:00", "-5.00", "", "Bad PIN")
    + "".join(_purchase("11/05/2025", "12:00", "1.00", spelling) for spelling in NEW_SPELLINGS),
    "core_banking/account_transactions_{day}_traps.csv": POSTINGS
    + _posting("TP1", "100.00", "")
    + _posting("TP2", "50.00", "150.00")
    + _posting("TP3", "1.00", "7.00"),
}


def write(landing: Path, day: str, *, first: bool) -> None:
    """Write the files of a day.

    Args:
        landing: Where files arrive.
        day: The day, as file names tell it.
        first: Whether it is the first, on which events come.
    """
    for name, text in {**FILES, **(FIRST_NIGHT_FILES if first else {})}.items():
        (landing / name.format(day=day)).write_text(text, "utf-8")


def write_calls(folder: Path) -> None:
    """Write calls of clients without a number, two of them alike, as UCI Bank Marketing has them.

    Args:
        folder: Where the file goes.
    """
    folder.mkdir()
    calls = CALLS + _call("40", "1.25", "yes") + _call("40", "1.2500", "yes") + _call("", "1.25", "no")
    (folder / "bank-additional.csv").write_text(calls, "utf-8")


# What is asked of both engines, and what both must say.
GOLDEN: Mapping[str, tuple[str, Sequence[ROW]]] = {
    "a half is rounded away from zero, also where floating point has a little less": (
        "select customer_id, total_loans, avg_loan_amount from risk.customer_loan_summary"
        " where customer_id like 'TRAP%' order by customer_id",
        [
            {"customer_id": "'TRAP1'", "total_loans": "2", "avg_loan_amount": "10.04"},
            {"customer_id": "'TRAP3'", "total_loans": "2", "avg_loan_amount": "1.01"},
            {"customer_id": "'TRAP4'", "total_loans": "3", "avg_loan_amount": "0.12"},
        ],
    ),
    "days are divided by seven as decimals, not as integers": (
        "select recency_weeks, frequency from marketing.customer_segments where customer_id = 'TRAP1'",
        [{"recency_weeks": "34.428571", "frequency": "2"}],
    ),
    "a digit too many is a dead letter, never rounded by COPY or INSERT": (
        "select table_name, reason_code, count(*) as n from ops.dead_letters"
        " where file_name like '%_traps.csv' and file_date = cast('2026-01-01' as date)"
        " group by table_name, reason_code order by table_name",
        [
            {"table_name": "'card_transactions'", "reason_code": "'out_of_range'", "n": "1"},
            {"table_name": "'customers'", "reason_code": "'too_long'", "n": "1"},
            {"table_name": "'loans'", "reason_code": "'out_of_range'", "n": "1"},
        ],
    ),
    "a text of as many bytes as its column has is whole": (
        "select city, length(city) as letters from core.dim_customers where customer_id = 'TRAP1'",
        [{"city": repr("€" * 20), "letters": "20"}],
    ),
    "blanks at the ends are gone, and letters beyond ASCII stay": (
        "select city || '|' as city, state_code from core.dim_customers where customer_id = 'TRAP3'",
        [{"city": "'Zürich|'", "state_code": "'ny'"}],
    ),
    "no text is null, and not an empty one": (
        "select city is null as is_null, state_name from core.dim_customers where customer_id = 'TRAP4'",
        [{"is_null": "true", "state_name": "null"}],
    ),
    "blanks and capitals of every kind spell one merchant": (
        "select merchant_name, count(*) as n, count(distinct merchant_id) as merchants"
        " from core.fct_card_transactions where customer_id = 'TRAP1'"
        " group by merchant_name order by merchant_name nulls last",
        [
            {"merchant_name": "'CAFÉ ZOË'", "n": "2", "merchants": "1"},
            {"merchant_name": "'STRASSE'", "n": "4", "merchants": "1"},
            {"merchant_name": repr("Ɐ" * 50), "n": "1", "merchants": "1"},
            {"merchant_name": "null", "n": "1", "merchants": "0"},
        ],
    ),
    "times are those of the till, whatever the zone of the client has": (
        "select transaction_at from core.fct_card_transactions"
        " where customer_id = 'TRAP1' and merchant_name = 'CAFÉ ZOË' order by transaction_at",
        [{"transaction_at": "2025-03-09T02:30:00Z"}, {"transaction_at": "2025-11-02T01:30:00Z"}],
    ),
    "the closing balance is the one that fits best, and none is never the best": (
        "select balance, balance_source from core.dim_accounts where account_id = 'TA1'",
        [{"balance": "150", "balance_source": "'last posting'"}],
    ),
    "calls that are alike are two, and a number is hashed by its value": (
        "select count(distinct left(call_id, 32)) as contents, count(distinct call_id) as calls,"
        " count(distinct euribor3m) as rates from staging.stg_marketing__call_outcomes",
        [{"contents": "2", "calls": "3", "rates": "1"}],
    ),
    "names of columns are lower case": (
        "select count(*) as n from information_schema.columns"
        " where table_schema in ('raw', 'core', 'marketing') and column_name <> lower(column_name)",
        [{"n": "0"}],
    ),
}
