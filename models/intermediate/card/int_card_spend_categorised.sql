{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='customer_id',
    on_schema_change='fail',
) }}
{%- set rules = ['merchant_categories', 'merchant_keywords'] %}

with transactions as (
    select * from {{ ref('fct_card_transactions') }}
    where
        file_date <= {{ as_of() }}
        {% if is_incremental() %}
            and customer_id in (
                {{ customers_touched(ref('fct_card_transactions'), rules) }}
            )
        {% endif %}
),

merchants as (
    select * from {{ ref('int_merchants_categorised') }}
),

categorised as (
    select
        transactions.customer_id,
        transactions._load_id,
        merchants.category,
        case
            when
                not transactions.is_declined
                and transactions.transaction_date <= {{ as_of() }}
                and transactions.transaction_date > {{ rfm_window_start() }}
                then transactions.amount
            else 0
        end as recent_amount
    from transactions
    left join merchants
        on
            coalesce(transactions.merchant_id, '') = merchants.merchant_id
            and coalesce(transactions.merchant_category_code, '') = merchants.merchant_category_code
),

final as (
    -- A category stays, with nothing spent, when its last purchase leaves the window: delete+insert removes
    -- the rows of those customers only who have a row again.
    select
        customer_id,
        category,
        cast(sum(recent_amount) as decimal(18, 2)) as recent_net_amount,
        max(_load_id) as last_load_id,
        {{ as_of() }} as as_of_date,
        '{{ seeds_checksum(rules) }}' as rules_checksum
    from categorised
    group by customer_id, category
)

select * from final
