with merchants as (
    select * from {{ ref('int_merchants_categorised') }}
    where merchant_id <> ''
),

latest_codes as (
    -- A merchant that appears under several codes goes by the one of its latest transaction.
    select codes.* from merchants as codes
    {{ latest_by_key(['merchant_id'], ['last_transaction_date', 'merchant_category_code']) }}
),

final as (
    select
        merchant_id,
        merchant_name,
        nullif(merchant_category_code, '') as merchant_category_code,
        category,
        category_source
    from latest_codes
)

select * from final
