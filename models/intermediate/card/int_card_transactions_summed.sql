{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='customer_id',
    on_schema_change='fail',
) }}

with transactions as (
    select * from {{ ref('fct_card_transactions') }}
    where
        file_date <= {{ as_of() }}
        {% if is_incremental() %}
            and customer_id in ({{ customers_touched(ref('fct_card_transactions')) }})
        {% endif %}
),

days as (
    select
        customer_id,
        transaction_date,
        transaction_date <= {{ as_of() }} as is_past,
        transaction_date > {{ rfm_window_start() }} as is_recent,
        count(case when is_purchase then 1 end) as purchases,
        sum(case when not is_declined then amount else 0 end) as net_amount,
        max(_load_id) as last_load_id
    from transactions
    group by customer_id, transaction_date
),

final as (
    -- A transaction that is known but has not happened yet keeps its customer, and counts for nothing.
    select
        customer_id,
        cast(coalesce(sum(case when is_past then purchases end), 0) as bigint) as purchases,
        count(case when is_past and purchases > 0 then 1 end) as purchase_days,
        count(case when is_past and is_recent and purchases > 0 then 1 end) as recent_purchase_days,
        cast(coalesce(sum(case when is_past then net_amount end), 0) as decimal(18, 2)) as net_amount,
        cast(
            coalesce(sum(case when is_past and is_recent then net_amount end), 0) as decimal(18, 2)
        ) as recent_net_amount,
        min(case when is_past and purchases > 0 then transaction_date end) as first_purchase_date,
        max(case when is_past and purchases > 0 then transaction_date end) as last_purchase_date,
        max(last_load_id) as last_load_id,
        {{ as_of() }} as as_of_date
    from days
    group by customer_id
)

select * from final
