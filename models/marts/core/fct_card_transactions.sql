{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='card_transaction_id',
    on_schema_change='fail',
) }}

with new_transactions as (
    select * from {{ ref('stg_cards__card_transactions') }}
    {% if is_incremental() %}
        where _load_id {{ new_load_ids('cards', 'card_transactions') }}
    {% endif %}
),

candidates as (
    select delivered.* from new_transactions as delivered
    {{ latest_by_key(['card_transaction_id'], ['_load_id']) }}
),

final as (
    select
        card_transaction_id,
        customer_id,
        merchant_id,
        card_last4,
        scheme,
        merchant_name,
        merchant_city,
        merchant_state,
        merchant_zip,
        state_code,
        merchant_category_code,
        decline_reason,
        amount,
        is_refund,
        is_declined,
        is_fraud,
        not is_refund and not is_declined as is_purchase,
        transaction_date,
        transaction_at,
        file_date,
        _load_id
    from candidates
    {% if is_incremental() %}
        where {{ beats_stored('card_transaction_id', ['_load_id']) }}
    {% endif %}
)

select * from final
