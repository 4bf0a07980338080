with days as (
    select * from {{ ref('int_feature_days_listed') }}
),

accounts as (
    select * from {{ ref('int_accounts_owned') }}
),

products as (
    select * from {{ ref('stg_core_banking__products') }}
),

types as (
    select * from {{ ref('transaction_types') }}
),

postings as (
    select
        accounts.customer_id,
        facts.account_id,
        facts.transaction_id,
        facts.transaction_date,
        facts.file_date,
        facts.signed_amount,
        facts.balance_after,
        types.activity,
        coalesce(products.product_family = 'deposit', false) as is_deposit
    from {{ ref('fct_account_transactions') }} as facts
    inner join accounts
        on facts.account_id = accounts.account_id
    left join products
        on accounts.product_code = products.product_code
    left join types
        on facts.transaction_type = types.transaction_type
    where {{ in_feature_window('facts.transaction_date', 90) }}
),

joined as (
    select
        days.customer_id,
        days.feature_date,
        postings.signed_amount,
        postings.balance_after,
        postings.activity,
        postings.is_deposit,
        row_number() over (
            partition by days.customer_id, days.feature_date, postings.account_id
            order by
                case when postings.balance_after is null then 1 else 0 end,
                postings.transaction_date desc,
                postings.transaction_id desc
        ) as place
    from days
    inner join postings
        on
            days.customer_id = postings.customer_id
            and days.feature_date >= postings.transaction_date
            and days.feature_date >= postings.file_date
            and {{ date_plus_days('days.feature_date', -90) }} < postings.transaction_date
),

summed as (
    select
        customer_id,
        feature_date,
        sum(case when place = 1 then balance_after end) as balance,
        sum(case when place = 1 and is_deposit then balance_after end) as deposit_balance,
        sum(case when activity = 'income' then signed_amount else 0 end) as income_90d,
        sum(case when signed_amount < 0 then -signed_amount else 0 end) as outflow_90d,
        count(case when activity = 'cash' then 1 end) as cash_postings_90d,
        count(case when activity = 'fee' then 1 end) as fees_90d
    from joined
    group by customer_id, feature_date
),

final as (
    select
        days.customer_id,
        days.feature_date,
        cast(summed.balance as decimal(18, 2)) as balance,
        cast(coalesce(summed.deposit_balance, 0) as decimal(18, 2)) as deposit_balance,
        cast(coalesce(summed.income_90d, 0) as decimal(18, 2)) as income_90d,
        cast(coalesce(summed.outflow_90d, 0) as decimal(18, 2)) as outflow_90d,
        coalesce(summed.cash_postings_90d, 0) as cash_postings_90d,
        coalesce(summed.fees_90d, 0) as fees_90d
    from days
    left join summed
        on
            days.customer_id = summed.customer_id
            and days.feature_date = summed.feature_date
)

select * from final
