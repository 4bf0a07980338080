{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ forget_stale_months(
        ['fct_account_transactions', 'fct_card_transactions'], ['transaction_types']
    ) }}",
) }}
{%- set facts = ['fct_account_transactions', 'fct_card_transactions'] %}
{%- set stale = stale_months(facts, ['transaction_types']) %}

with spend as (
    select * from {{ ref('int_account_spend_summed') }}
),

card_purchases as (
    select * from {{ ref('fct_card_transactions') }}
    where
        is_purchase
        and transaction_date <= {{ as_of() }}
        and file_date <= {{ as_of() }}
),

months as (
    {{ months_of(facts) }}
),

holders as (
    {{ accounts_by_customer() }}
),

due as (
    select * from spend
    {% if is_incremental() %}
        where
            {{ in_months('transaction_date', stale) }}
            or customer_id not in (select held.customer_id from {{ this }} as held)
    {% endif %}
),

card_days as (
    select
        customer_id,
        transaction_date
    from card_purchases
    {% if is_incremental() %}
        where
            {{ in_months('transaction_date', stale) }}
            or customer_id in (
                select holders.customer_id from holders
                where holders.customer_id not in (select held.customer_id from {{ this }} as held)
            )
    {% endif %}
    group by customer_id, transaction_date
),

account_days as (
    select
        customer_id,
        transaction_date,
        month_start,
        sum(purchases) as purchases,
        sum(net_amount) as net_amount
    from due
    group by customer_id, transaction_date, month_start
),

final as (
    -- A day with purchases by card and from an account is one day: only days without the card are counted.
    select
        account_days.customer_id,
        account_days.month_start,
        cast(sum(account_days.purchases) as bigint) as purchases,
        count(case when account_days.purchases > 0 and card_days.customer_id is null then 1 end)
            as extra_days,
        cast(sum(account_days.net_amount) as decimal(18, 2)) as net_amount,
        min(case when account_days.purchases > 0 then account_days.transaction_date end)
            as first_purchase_date,
        max(case when account_days.purchases > 0 then account_days.transaction_date end)
            as last_purchase_date,
        max(months.fact_rows) as fact_rows,
        max(months.fact_load_ids) as fact_load_ids,
        max(holders.accounts_held) as accounts_held,
        max(holders.accounts_sum) as accounts_sum,
        {{ as_of() }} as as_of_date,
        '{{ seeds_checksum(['transaction_types']) }}' as rules_checksum
    from account_days
    inner join months
        on account_days.month_start = months.month_start
    inner join holders
        on account_days.customer_id = holders.customer_id
    left join card_days
        on
            account_days.customer_id = card_days.customer_id
            and account_days.transaction_date = card_days.transaction_date
    group by account_days.customer_id, account_days.month_start
)

select * from final
