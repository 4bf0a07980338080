with transactions as (
    select * from {{ ref('fct_account_transactions') }}
    where
        transaction_date <= {{ as_of() }}
        and file_date <= {{ as_of() }}
),

accounts as (
    select * from {{ ref('stg_core_banking__accounts') }}
),

summed as (
    select
        *,
        sum(signed_amount) over (partition by account_id) as posted_amount
    from transactions
),

closing as (
    -- Postings have no time of day: of the last day's balances the closing one is that which the sum of all
    -- postings comes closest to.
    select
        account_id,
        posted_amount,
        balance_after,
        transaction_date
    from summed
    qualify row_number() over (
        partition by account_id
        order by transaction_date desc, abs(balance_after - posted_amount) asc nulls last, transaction_id asc
    ) = 1
),

all_accounts as (
    select account_id from accounts
    union
    select account_id from closing
),

final as (
    select
        all_accounts.account_id,
        cast(
            coalesce(accounts.balance, closing.balance_after, closing.posted_amount) as decimal(18, 2)
        ) as balance,
        case
            when accounts.balance is not null then 'account'
            when closing.balance_after is not null then 'last posting'
            when closing.account_id is not null then 'sum of postings'
        end as balance_source,
        closing.transaction_date as last_transaction_date
    from all_accounts
    left join accounts
        on all_accounts.account_id = accounts.account_id
    left join closing
        on all_accounts.account_id = closing.account_id
)

select * from final
