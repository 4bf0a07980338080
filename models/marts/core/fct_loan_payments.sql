{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='payment_id',
    on_schema_change='fail',
) }}

with new_payments as (
    select * from {{ ref('stg_core_banking__loan_payments') }}
    {% if is_incremental() %}
        where _load_id {{ new_load_ids('core_banking', 'loan_payments') }}
    {% endif %}
),

candidates as (
    -- An instalment is delivered again whenever it changes: the newest day speaks, then the newest load.
    select delivered.* from new_payments as delivered
    {{ latest_by_key(['payment_id'], ['file_date', '_load_id']) }}
),

final as (
    select
        payment_id,
        loan_id,
        due_amount,
        payment_amount,
        due_date,
        payment_date,
        {{ days_between('due_date', 'payment_date') }} as days_late,
        file_date,
        _load_id
    from candidates
    {% if is_incremental() %}
        where {{ beats_stored('payment_id', ['file_date', '_load_id']) }}
    {% endif %}
)

select * from final
