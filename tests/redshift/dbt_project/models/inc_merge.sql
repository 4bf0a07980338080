{{ config(materialized='incremental', incremental_strategy='merge', unique_key='payment_id', dist='even') }}
select payment_id, customer_id, amount, paid_at from {{ ref('payments') }}
{% if is_incremental() %}where paid_at >= (select dateadd(day, -30, max(paid_at)) from {{ this }}){% endif %}
