{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='paid_at', batch_size='year', begin='2024-01-01', lookback=1) }}
select payment_id, amount, paid_at from {{ ref('fct_payments') }}
