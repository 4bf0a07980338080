"""How each file is selected: columns in the contract's order, headers and formats as the source has them."""

from __future__ import annotations

from string import Template

CUSTOMERS = """
select
    customer as "customerNumber", strftime(birth, '%d/%m/%Y') as "dateOfBirth",
    lpad(branch::varchar, 4, '0') as "branchNumber", 'US' as "citizenshipCode", 'USD' as "currCountryCode",
    employment as "employmentStatus", income as "incomeInThousands", segment as "marketSegment",
    marital as "maritalStatus", cities.code as "stateCode", cities.name as "City",
    strftime(opened, '%m/%d/%Y') as "customerOpeningDate", gender as "Gender"
from customers inner join cities on customers.city = cities.place
where $picture order by customer
"""
CONTACTS = """
select
    customer as customer_id, name,
    lower(strip_accents(replace(name, ' ', '.'))) || '.' || customer || mail_suffix || '@example.com'
        as email,
    '(' || area || ') 555-01' || lpad(line::varchar, 2, '0') as phone,
    house || ' ' || street || if(house % 5 = 0, ', Apt ' || (house % 40 + 1), '') as address,
    'ID-' || lpad((customer * 7919 % 1000000000)::varchar, 9, '0') as identification_number
from customer_contacts where $events
qualify row_number() over (partition by customer order by mail_suffix desc, house) = 1
order by customer
"""
ACCOUNTS = """
select
    accounts.account as account_id, customer as customer_id, lpad(branch::varchar, 4, '0') as branch_id,
    product as product_code, account_type, frequency as statement_frequency, 'USD' as currency,
    $money as balance, if($day >= status_day, status_after, status_before) as status_type,
    opened as opened_date
from accounts
inner join account_days on accounts.account = account_days.account and account_days.day = $day
where $picture order by accounts.account
"""
ACCOUNT_TRANSACTIONS = """
select
    transaction as transaction_id, account as account_id, kind as transaction_type,
    if(cents < 0, 'debit', 'credit') as direction, abs($money) as amount,
    (balance * 0.01)::decimal(18, 2) as balance_after, posted as transaction_date,
    bank as counterparty_bank, other as counterparty_account, notes
from account_transactions where $events order by transaction
"""
LOANS = """
with due as (
    select
        loan, min(due_day) filter (where paid_day > $day and due_day < $day) as oldest,
        max(last) = 1 as is_over
    from instalments where due_day <= $day group by loan
)

select
    loans.loan as loan_id, account as account_id, customer as customer_id, product as product_code,
    granted as granted_date, amount::decimal(18, 2) as loan_amount, term as term_months,
    $money as monthly_payment,
    case
        when $day - oldest > 90 then 'defaulted'
        when oldest is not null then 'in_arrears'
        when is_over and not exists (
            select 1 from instalments as open where open.loan = loans.loan and open.paid_day > $day
        ) then 'finished'
        else 'running'
    end as status
from loans left join due on loans.loan = due.loan
where $picture order by loans.loan
"""
LOAN_PAYMENTS = """
select
    payment as payment_id, loan as loan_id, due as due_date, $money as due_amount, paid as payment_date,
    if(paid is null, null, $money) as payment_amount
from loan_payments where $events order by payment, paid
"""
CARD_TRANSACTIONS = """
select
    customer as "customerNumber", lpad(last4::varchar, 4, '0') as "cardLast4Digits",
    strftime(bought, '%m/%d/%Y') as "transactionDate",
    (minute // 60) || ':' || lpad((minute % 60)::varchar, 2, '0') as "transactionTime",
    $money as "transactionAmount", scheme as "transactionType", merchant as "merchantName",
    cities.name as "merchantCity", cities.state as "merchantState", cities.zip as "merchantZip",
    cities.code as "stateCode", mcc, decline as errors, fraud as "isFraud"
from card_transactions inner join cities on card_transactions.place = cities.place
where $events order by bought, minute, seq
"""
BRANCHES = """
select
    lpad(branch::varchar, 4, '0') as branch_id, branch_name, city, state_code, region, inhabitants,
    (average_salary + 250 * ($day // 7))::decimal(18, 2) as average_salary,
    unemployment_rate::decimal(9, 2) as unemployment_rate
from branches order by branch
"""
PRODUCTS = """
select product_code, product_name, product_family from products where from_day <= $day order by product_code
"""

# file name -> folder, statement, how many days lie between two files
_FILES: dict[str, tuple[str, str, int]] = {
    "customers": ("core_banking", CUSTOMERS, 1),
    "customer_contacts": ("core_banking", CONTACTS, 1),
    "accounts": ("core_banking", ACCOUNTS, 1),
    "account_holders": (
        "core_banking",
        """select holder as holder_id, customer as customer_id, account as account_id, role as holder_role
        from account_holders where $picture order by holder""",
        1,
    ),
    "account_transactions": ("core_banking", ACCOUNT_TRANSACTIONS, 1),
    "payments": (
        "core_banking",
        """select payment as payment_id, account as account_id, recipient, $money as amount,
        paid as payment_date, method as payment_method from payments where $events order by payment""",
        1,
    ),
    "standing_orders": (
        "core_banking",
        """select "order" as order_id, account as account_id, bank as recipient_bank,
        recipient as recipient_account, $money as amount, purpose
        from standing_orders where $picture order by "order" """,
        1,
    ),
    "loans": ("core_banking", LOANS, 1),
    "loan_payments": ("core_banking", LOAN_PAYMENTS, 1),
    "cards": (
        "core_banking",
        """select card as card_id, holder as holder_id, customer as customer_id, card_type,
        lpad(last4::varchar, 4, '0') as card_last4, issued as issued_date, status
        from cards where $picture order by card""",
        1,
    ),
    "relationships": (
        "core_banking",
        """select relationship as relationship_id, one as customer1_id, other as customer2_id,
        kind as relationship_type from relationships where $picture order by relationship""",
        7,
    ),
    "credit_history": (
        "core_banking",
        """select credit as credit_id, customer as customer_id, score as credit_score,
        credit_limit::decimal(18, 2) as credit_limit, words as payment_history,
        utilization::decimal(9, 4) as credit_utilization
        from credit_history where $events order by credit""",
        1,
    ),
    "branches": ("core_banking", BRANCHES, 7),
    "products": ("core_banking", PRODUCTS, 7),
    "card_transactions": ("cards", CARD_TRANSACTIONS, 1),
}

FRAGMENTS = {
    "money": "(cents * 0.01)::decimal(18, 2)",
    "events": "file_day = $day",
    "picture": "from_day <= $day and to_day > $day",
}
FILES = {
    table: (folder, Template(Template(statement).safe_substitute(FRAGMENTS)), every)
    for table, (folder, statement, every) in _FILES.items()
}
