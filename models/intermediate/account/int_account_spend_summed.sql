{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ forget_stale_months(['fct_account_transactions'], ['transaction_types']) }}",
) }}
{%- set stale = stale_months(['fct_account_transactions'], ['transaction_types']) %}

with accounts as (
    select * from {{ ref('int_accounts_owned') }}
),

holders as (
    {{ accounts_by_customer() }}
),

months as (
    {{ months_of(['fct_account_transactions']) }}
),

types as (
    select * from {{ ref('transaction_types') }}
),

transactions as (
    select * from {{ ref('fct_account_transactions') }}
    where
        transaction_date <= {{ as_of() }}
        and file_date <= {{ as_of() }}
    {% if is_incremental() %}
        and (
            {{ in_months('transaction_date', stale) }}
            -- Of those who hold other accounts than the last time nothing is left here: all their months are read.
            or account_id in (
                select accounts.account_id from accounts
                where accounts.customer_id not in (select held.customer_id from {{ this }} as held)
            )
        )
    {% endif %}
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

summed as (
    select
        customer_id,
        transaction_date,
        category,
        count(case when is_purchase then 1 end) as purchases,
        cast(sum(amount) as decimal(18, 2)) as net_amount
    from classified
    group by customer_id, transaction_date, category
),

final as (
    select
        summed.customer_id,
        summed.transaction_date,
        summed.category,
        summed.purchases,
        summed.net_amount,
        months.month_start,
        months.fact_rows,
        months.fact_load_ids,
        holders.accounts_held,
        holders.accounts_sum,
        {{ as_of() }} as as_of_date,
        '{{ seeds_checksum(['transaction_types']) }}' as rules_checksum
    from summed
    inner join holders
        on summed.customer_id = holders.customer_id
    inner join months
        on {{ month_of('summed.transaction_date') }} = months.month_start
)

select * from final
