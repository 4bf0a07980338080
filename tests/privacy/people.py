"""A bank of a few people in files of its own layout: one to be erased, one who shares an account with him."""

from __future__ import annotations

import csv
from pathlib import Path

DAYS = ("2025-01-30", "2025-01-31")
SUBJECT = "1000001"
OTHER = "1000002"
MAIL = "ann.subject@canary.example"
PHONE = "+1 (555) 010-0101"
OTHER_MAIL = "bob.other@safe.example"
FAMILY_PHONE = "+1 (555) 010-0777"

CUSTOMERS = (
    "customerNumber,dateOfBirth,branchNumber,citizenshipCode,currCountryCode,employmentStatus,"
    "incomeInThousands,marketSegment,maritalStatus,stateCode,city,customerOpeningDate,gender"
)
ACCOUNTS = (
    "account_id,customer_id,branch_id,product_code,account_type,statement_frequency,currency,balance,"
    "status_type,opened_date"
)
POSTINGS = (
    "transaction_id,account_id,transaction_type,direction,amount,balance_after,transaction_date,"
    "counterparty_bank,counterparty_account,notes"
)
PURCHASES = (
    "customerNumber,cardLast4Digits,transactionDate,transactionTime,transactionAmount,transactionType,"
    "merchantName,merchantCity,merchantState,merchantZip,stateCode"
)
HOLDINGS = {
    "core_banking/accounts": [
        ACCOUNTS,
        f"a1,{SUBJECT},b1,p1,Checking,monthly,USD,1.00,Active,2015-05-17",
        f"a2,{SUBJECT},b1,p1,Checking,monthly,USD,2.00,Active,2015-05-17",
        f"a3,{OTHER},b1,p1,Checking,monthly,USD,3.00,Active,2015-05-17",
    ],
    "core_banking/account_holders": [
        "holder_id,customer_id,account_id,holder_role",
        f"h1,{SUBJECT},a1,owner",
        f"h2,{SUBJECT},a2,owner",
        f"h3,{OTHER},a2,authorized_user",
        f"h4,{OTHER},a3,owner",
    ],
    "core_banking/loans": [
        "loan_id,account_id,customer_id,product_code,granted_date,loan_amount,term_months,"
        "monthly_payment,status",
        "l1,a1,,p2,2020-01-01,1000,12,90,running",
        f"l2,a2,{OTHER},p2,2020-01-01,1000,12,90,running",
    ],
    "core_banking/loan_payments": [
        "payment_id,loan_id,due_date,due_amount,payment_date,payment_amount",
        "q1,l1,2020-02-01,90,,",
        "q2,l2,2020-02-01,90,,",
    ],
    "core_banking/cards": [
        "card_id,holder_id,customer_id,card_type,card_last4,issued_date,status",
        "k1,h1,,classic,1234,2020-01-01,Active",
        f"k2,h3,{OTHER},classic,4321,2020-01-01,Active",
    ],
    "core_banking/relationships": [
        "relationship_id,customer1_id,customer2_id,relationship_type",
        f"r1,{OTHER},{SUBJECT},spouse",
    ],
}


def customer(number: str, born: str = "01/02/1980") -> str:
    """Give a row of the customers' picture."""
    return f"{number},{born},b1,US,USD,Employed,50000,Classic,Married,NY,New York,05/17/2015,Female"


def files(day: str) -> dict[str, list[str]]:
    """Give the rows of each file of a day, header first."""
    return {
        "core_banking/customers": [CUSTOMERS, customer(SUBJECT), customer(OTHER), customer(f"{SUBJECT}0")],
        "core_banking/customer_contacts": contacts(day),
        "core_banking/account_transactions": postings(day),
        "cards/card_transactions": purchases(day),
        **HOLDINGS,
    }


def contacts(day: str) -> list[str]:
    """Give how to reach the people; the last row is a dead letter."""
    first = day == DAYS[0]
    rows = [
        f"{SUBJECT},Ann Subject,{MAIL if first else MAIL.upper()},{PHONE},1 Canary Row,ID-1",
        f"{SUBJECT}0,Not Ann,not.ann@safe.example,{FAMILY_PHONE},2 Safe Row,",
        f"{OTHER},Bob Other,{OTHER_MAIL},{FAMILY_PHONE},2 Safe Row,ID-2",
    ]
    if not first:
        rows.append(f"{SUBJECT},Ann Subject,,{FAMILY_PHONE},2 Safe Row,ID-1")
    head = "customer_id,name,email,phone,address,identification_number"
    return [head, *rows, f"{SUBJECT}{'9' * 20},Ann Subject,{MAIL},,,"]


def postings(day: str) -> list[str]:
    """Give postings; the last two are dead letters."""
    return [
        POSTINGS,
        f"t1{day},a1,purchase,debit,10.00,,{day},,,rent of {MAIL}",
        f"t2{day},a2,transfer,credit,20.00,,{day},AB,a1,",
        f"t3{day},a3,purchase,debit,30.00,,{day},,,",
        f"t4{day},a1,purchase,debit,ten,,{day},,,bad amount {MAIL}",
        f"t5{day},a3,purchase,debit,ten,,{day},,,bad amount",
    ]


def purchases(day: str) -> list[str]:
    """Give purchases by card; the last two are dead letters."""
    month = f"{day[5:7]}/{day[8:]}/{day[:4]}"
    return [
        PURCHASES,
        f"{SUBJECT},1234,{month},10:00,5.00,chip,SHOP {MAIL},Boston,Massachusetts,02101,MA",
        f"{OTHER},4321,{month},11:00,6.00,chip,SHOP,Boston,Massachusetts,02101,MA",
        f"{OTHER},4321,{month},late,6.00,chip,{MAIL},Boston,Massachusetts,02101,MA",
        f"{SUBJECT},1234,{month},10:00,5.00,chip,SHOP,Boston,Massachusetts,02101,MA,too,many",
    ]


def write_files(folder: Path) -> None:
    """Write the files of all days below a folder."""
    for day in DAYS:
        for name, lines in files(day).items():
            path = folder / f"{name}_{day}.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
            assert len({len(row) for row in csv.reader(lines[:2])}) == 1, name
