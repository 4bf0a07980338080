{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='customer_id',
    on_schema_change='fail',
) }}

with transactions as (
    select * from {{ ref('fct_card_transactions') }}
    where file_date <= {{ as_of() }}
    {% if is_incremental() %}
        and customer_id in ({{ customers_touched(ref('fct_card_transactions')) }})
    {% endif %}
),

classified as (
    -- A transaction that is known but has not happened yet keeps its customer, and counts for nothing.
    select
        customer_id,
        amount,
        transaction_date,
        _load_id,
        is_purchase and transaction_date <= {{ as_of() }} as is_past_purchase,
        not is_declined and transaction_date <= {{ as_of() }} as is_past_posting,
        transaction_date > {{ rfm_window_start() }} as is_recent
    from transactions
),

final as (
    select
        customer_id,
        count(case when is_past_purchase then 1 end) as purchases,
        count(distinct case when is_past_purchase then transaction_date end) as purchase_days,
        count(distinct case when is_past_purchase and is_recent then transaction_date end) as recent_purchase_days,
        cast(coalesce(sum(case when is_past_posting then amount end), 0) as decimal(18, 2)) as net_amount,
        cast(
            coalesce(sum(case when is_past_posting and is_recent then amount end), 0) as decimal(18, 2)
        ) as recent_net_amount,
        min(case when is_past_purchase then transaction_date end) as first_purchase_date,
        max(case when is_past_purchase then transaction_date end) as last_purchase_date,
        max(_load_id) as last_load_id,
        {{ as_of() }} as as_of_date
    from classified
    group by customer_id
)

select * from final
