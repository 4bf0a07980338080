{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='merchant_code_key',
    on_schema_change='fail',
) }}

with transactions as (
    select
        coalesce(merchant_id, '') as merchant_id,
        merchant_name,
        coalesce(merchant_category_code, '') as merchant_category_code,
        transaction_date,
        file_date,
        _load_id
    from {{ ref('fct_card_transactions') }}
    {% if is_incremental() %}
        where
            _load_id > (select coalesce(max(held.last_load_id), -1) from {{ this }} as held)
            or file_date > (select max(held.last_file_date) from {{ this }} as held)
    {% endif %}
),

seen as (
    select
        merchant_id,
        merchant_category_code,
        max(merchant_name) as merchant_name,
        max(transaction_date) as last_transaction_date,
        max(file_date) as last_file_date,
        max(_load_id) as last_load_id
    from transactions
    group by merchant_id, merchant_category_code
),

stored_and_seen as (
    select * from seen
    {% if is_incremental() %}
    -- Largest values only, which merge into what is stored without reading the old transactions again.
        union all
        select
            held.merchant_id,
            held.merchant_category_code,
            held.merchant_name,
            held.last_transaction_date,
            held.last_file_date,
            held.last_load_id
        from {{ this }} as held
        inner join seen
            on
                held.merchant_id = seen.merchant_id
                and held.merchant_category_code = seen.merchant_category_code
    {% endif %}
),

final as (
    select
        merchant_id || '-' || merchant_category_code as merchant_code_key,
        merchant_id,
        merchant_category_code,
        max(merchant_name) as merchant_name,
        max(last_transaction_date) as last_transaction_date,
        max(last_file_date) as last_file_date,
        max(last_load_id) as last_load_id
    from stored_and_seen
    group by merchant_id, merchant_category_code
)

select * from final
