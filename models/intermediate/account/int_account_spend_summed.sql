with transactions as (
    select * from {{ ref('fct_account_transactions') }}
    where
        transaction_date <= {{ as_of() }}
        and file_date <= {{ as_of() }}
),

accounts as (
    select * from {{ ref('int_accounts_owned') }}
),

types as (
    select * from {{ ref('transaction_types') }}
),

classified as (
    select
        accounts.customer_id,
        transactions.transaction_date,
        types.category,
        transactions.direction = 'debit' as is_purchase,
        -transactions.signed_amount as amount
    from transactions
    inner join accounts
        on transactions.account_id = accounts.account_id
    inner join types
        on transactions.transaction_type = types.transaction_type
    left join accounts as counterparties
        on
            transactions.counterparty_account = counterparties.account_id
            and accounts.customer_id = counterparties.customer_id
    where
        accounts.customer_id is not null
        -- Money moved between a customer's own accounts is no purchase.
        and counterparties.account_id is null
        and (
            (types.counts_as_purchase and transactions.direction = 'debit')
            or (types.activity = 'refund' and transactions.direction = 'credit')
        )
),

final as (
    select
        customer_id,
        transaction_date,
        category,
        count(case when is_purchase then 1 end) as purchases,
        cast(sum(amount) as decimal(18, 2)) as net_amount
    from classified
    group by customer_id, transaction_date, category
)

select * from final
