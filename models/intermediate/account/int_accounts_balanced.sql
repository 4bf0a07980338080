with transactions as (
    select * from {{ ref('fct_account_transactions') }}
    where
        transaction_date <= {{ as_of() }}
        and file_date <= {{ as_of() }}
),

-- Not one CTE for both: DuckDB would keep all postings to read them twice.
postings as (
    select * from {{ ref('fct_account_transactions') }}
    where
        transaction_date <= {{ as_of() }}
        and file_date <= {{ as_of() }}
),

accounts as (
    select * from {{ ref('stg_core_banking__accounts') }}
),

last_days as (
    select
        account_id,
        max(transaction_date) as transaction_date
    from transactions
    group by account_id
),

without_balance as (
    select last_days.account_id
    from last_days
    left join accounts
        on last_days.account_id = accounts.account_id
    where accounts.balance is null
),

untold as (
    -- Where the picture gives a balance, which is nearly everywhere, no posting need be summed up.
    select postings.*
    from postings
    inner join without_balance
        on postings.account_id = without_balance.account_id
),

posted as (
    select
        account_id,
        max(transaction_date) as transaction_date,
        sum(signed_amount) as posted_amount
    from untold
    group by account_id
),

closing as (
    -- Postings have no time of day: of the last day's balances the closing one is that which the sum of all
    -- postings comes closest to.
    select
        posted.account_id,
        posted.posted_amount,
        untold.balance_after
    from posted
    inner join untold
        on
            posted.account_id = untold.account_id
            and posted.transaction_date = untold.transaction_date
    qualify row_number() over (
        partition by posted.account_id
        order by
            abs(untold.balance_after - posted.posted_amount) asc nulls last,
            untold.transaction_id asc
    ) = 1
),

all_accounts as (
    select account_id from accounts
    union
    select account_id from last_days
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
        last_days.transaction_date as last_transaction_date
    from all_accounts
    left join accounts
        on all_accounts.account_id = accounts.account_id
    left join last_days
        on all_accounts.account_id = last_days.account_id
    left join closing
        on all_accounts.account_id = closing.account_id
)

select * from final
