{{ config(materialized='view', bind=False) }}
select payment_id as late_bound, amount from {{ ref('fct_payments') }}
