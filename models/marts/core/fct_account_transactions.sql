{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='transaction_id',
    on_schema_change='fail',
) }}

with new_transactions as (
    select * from {{ ref('stg_core_banking__account_transactions') }}
    {% if is_incremental() %}
        where _load_id {{ new_load_ids('core_banking', 'account_transactions') }}
    {% endif %}
),

candidates as (
    select delivered.* from new_transactions as delivered
    {{ latest_by_key(['transaction_id'], ['_load_id']) }}
),

final as (
    select
        transaction_id,
        account_id,
        transaction_type,
        direction,
        counterparty_bank,
        counterparty_account,
        amount,
        signed_amount,
        balance_after,
        transaction_date,
        file_date,
        _load_id
    from candidates
    {% if is_incremental() %}
        where {{ beats_stored('transaction_id', ['_load_id']) }}
    {% endif %}
)

select * from final
