"""How the rows of each file are selected: columns in the contract's order, headers and formats as sent."""

from __future__ import annotations

from dataclasses import dataclass
from string import Template


@dataclass(frozen=True)
class Export:
    """Where a table's files go, how their rows are selected, and every how many days."""

    folder: str
    statement: str
    every: int = 1


MONEY = "(cents * 0.01)::decimal(18, 2)"
CUSTOMERS = """
select
    customer as "customerNumber", strftime(birth, '%d/%m/%Y') as "dateOfBirth",
    lpad(branch::varchar, 4, '0') as "branchNumber", 'US' as "citizenshipCode", 'USD' as "currCountryCode",
    employment as "employmentStatus", income as "incomeInThousands", segment as "marketSegment",
    marital as "maritalStatus", cities.code as "stateCode", cities.name as "City",
    strftime(opened, '%m/%d/%Y') as "customerOpeningDate", gender as "Gender"
from rows inner join cities on rows.city = cities.place
order by customer
"""
CONTACTS = """
select
    customer as customer_id, name,
    lower(strip_accents(replace(name, ' ', '.'))) || '.' || customer
        || case mail when 0 then '' when 1 then '.new' else '.new' || mail end || '@example.com' as email,
    '(' || area || ') 555-01' || lpad(line::varchar, 2, '0') as phone,
    house || ' ' || street || if(house % 5 = 0, ', Apt ' || (house % 40 + 1), '') as address,
    'ID-' || lpad((customer * 7919 % 1000000000)::varchar, 9, '0') as identification_number
from rows order by customer
"""
ACCOUNTS = """
select
    account as account_id, customer as customer_id, lpad(branch::varchar, 4, '0') as branch_id,
    product as product_code, account_type, frequency as statement_frequency, 'USD' as currency,
    $money as balance, status as status_type, opened as opened_date
from rows order by account
"""
ACCOUNT_TRANSACTIONS = """
select
    transaction as transaction_id, account as account_id, kind as transaction_type,
    if(cents < 0, 'debit', 'credit') as direction, abs($money) as amount,
    (balance * 0.01)::decimal(18, 2) as balance_after, posted as transaction_date,
    bank as counterparty_bank, other as counterparty_account, notes
from rows order by late, transaction
"""
LOANS = """
select
    loan as loan_id, account as account_id, customer as customer_id, product as product_code,
    granted as granted_date, amount::decimal(18, 2) as loan_amount, term as term_months,
    $money as monthly_payment, status
from rows order by loan
"""
LOAN_PAYMENTS = """
select
    payment as payment_id, loan as loan_id, due as due_date, $money as due_amount, paid as payment_date,
    if(paid is null, null, $money) as payment_amount
from rows order by payment
"""
CARD_TRANSACTIONS = """
select
    customer as "customerNumber", lpad(last4::varchar, 4, '0') as "cardLast4Digits",
    strftime(bought, '%m/%d/%Y') as "transactionDate",
    (minute // 60) || ':' || lpad((minute % 60)::varchar, 2, '0') as "transactionTime",
    $money as "transactionAmount", scheme as "transactionType", merchant as "merchantName",
    cities.name as "merchantCity", cities.state as "merchantState", cities.zip as "merchantZip",
    cities.code as "stateCode", mcc, decline as errors, fraud as "isFraud"
from rows inner join cities on rows.place = cities.place
order by late, bought, minute, seq
"""
BRANCHES = """
select
    lpad(branch::varchar, 4, '0') as branch_id, branch_name, city, state_code, region, inhabitants,
    (average_salary * 1.0006 ** ($day // 7))::decimal(18, 2) as average_salary,
    unemployment_rate::decimal(9, 2) as unemployment_rate
from rows order by branch
"""
SESSIONS = """
select
    session as session_id, customer as customer_id, channel, day + to_seconds(second) as started_at,
    duration as duration_seconds, pages as pages_viewed, product as product_viewed
from rows order by session
"""
CAMPAIGN_CONTACTS = """
select
    contact as contact_id, campaign as campaign_id, offer as offer_id, customer as customer_id, channel,
    held_out as is_holdout, assigned as assigned_date, planned as planned_date,
    if(held_out, null, planned) as contact_date, status as contact_status
from rows order by contact
"""

_EXPORTS = {
    "customers": Export("core_banking", CUSTOMERS),
    "customer_contacts": Export("core_banking", CONTACTS),
    "accounts": Export("core_banking", ACCOUNTS),
    "account_holders": Export(
        "core_banking",
        """select holder as holder_id, customer as customer_id, account as account_id, role as holder_role
        from rows order by holder""",
    ),
    "account_transactions": Export("core_banking", ACCOUNT_TRANSACTIONS),
    "payments": Export(
        "core_banking",
        """select payment as payment_id, account as account_id, recipient, $money as amount,
        paid as payment_date, method as payment_method from rows order by payment""",
    ),
    "standing_orders": Export(
        "core_banking",
        """select "order" as order_id, account as account_id, bank as recipient_bank,
        recipient as recipient_account, $money as amount, purpose from rows order by "order" """,
    ),
    "loans": Export("core_banking", LOANS),
    "loan_payments": Export("core_banking", LOAN_PAYMENTS),
    "cards": Export(
        "core_banking",
        """select card as card_id, holder as holder_id, customer as customer_id, card_type,
        lpad(last4::varchar, 4, '0') as card_last4, issued as issued_date, status from rows order by card""",
    ),
    "relationships": Export(
        "core_banking",
        """select relationship as relationship_id, one as customer1_id, other as customer2_id,
        kind as relationship_type from rows order by relationship""",
        every=7,
    ),
    "credit_history": Export(
        "core_banking",
        """select credit as credit_id, customer as customer_id, score as credit_score,
        credit_limit::decimal(18, 2) as credit_limit, words as payment_history,
        utilization::decimal(9, 4) as credit_utilization from rows order by credit""",
    ),
    "branches": Export("core_banking", BRANCHES, every=7),
    "products": Export(
        "core_banking",
        """select product_code, product_name, product_family from rows where from_day <= $day
        order by product_code""",
        every=7,
    ),
    "card_transactions": Export("cards", CARD_TRANSACTIONS),
    "campaigns": Export(
        "marketing",
        """select campaign_id, campaign_name, product_code, objective, start_date, end_date, holdout_share
        from rows where known_day <= $day order by campaign_id""",
    ),
    "offers": Export(
        "marketing",
        """select offer_id, offer_name, product_code, terms, rate_percent, fee_amount, currency,
        conversion_value, conversion_window_days, valid_from, valid_to from rows order by offer_id""",
        every=7,
    ),
    "campaign_costs": Export(
        "marketing",
        """select cost_id, campaign_id, channel, cost_type, amount, currency from rows where known_day <= $day
        order by cost_id""",
    ),
    "campaign_contacts": Export("marketing", CAMPAIGN_CONTACTS),
    "campaign_responses": Export(
        "marketing",
        """select response as response_id, contact as contact_id, customer as customer_id,
        kind as response_type, day as response_date, holding as holding_id from rows order by response""",
    ),
    "product_holdings": Export(
        "marketing",
        """select holding as holding_id, customer as customer_id, product as product_code,
        since as opened_date, until as closed_date, channel as sales_channel from rows order by holding""",
    ),
    "communication_log": Export(
        "engagement",
        """select log as log_id, customer as customer_id, type as communication_type, direction,
        day + to_minutes(minute) as logged_at, summary, contact as contact_id from rows order by log""",
    ),
    "digital_sessions": Export("engagement", SESSIONS),
    "branch_visits": Export(
        "engagement",
        """select visit as visit_id, customer as customer_id, lpad(branch::varchar, 4, '0') as branch_id,
        day as visit_date, reason from rows order by visit""",
    ),
    "complaints": Export(
        "engagement",
        """select complaint as complaint_id, customer as customer_id, since as received_date, channel, topic,
        until as closed_date from rows order by complaint""",
    ),
    "consents": Export(
        "compliance",
        """select consent as consent_id, customer as customer_id, channel, purpose, since as valid_from,
        until as valid_to from rows order by consent""",
    ),
    "suppressions": Export(
        "compliance",
        """select suppression as suppression_id, customer as customer_id, reason, channel,
        since as valid_from, until as valid_to from rows order by suppression""",
    ),
}

EXPORTS = {
    table: Export(export.folder, Template(export.statement).safe_substitute(money=MONEY), export.every)
    for table, export in _EXPORTS.items()
}
FOLDERS = tuple(dict.fromkeys(export.folder for export in EXPORTS.values()))
