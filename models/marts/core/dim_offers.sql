with offers as (
    select * from {{ ref('stg_marketing__offers') }}
),

contacts as (
    select * from {{ ref('fct_campaign_contacts') }}
),

products as (
    select * from {{ ref('dim_products') }}
),

referenced as (
    select offer_id from offers
    union
    select offer_id from contacts
),

final as (
    select
        referenced.offer_id,
        offers.offer_name,
        offers.product_code,
        products.product_family,
        case
            when products.product_family in ('card', 'loan') then 'credit'
            when products.product_family is not null then 'other'
        end as use_case,
        offers.terms,
        offers.currency,
        offers.rate_percent,
        offers.fee_amount,
        offers.conversion_value,
        offers.conversion_window_days,
        offers.offer_id is not null as has_record,
        offers.valid_from,
        offers.valid_to
    from referenced
    left join offers
        on referenced.offer_id = offers.offer_id
    left join products
        on offers.product_code = products.product_code
)

select * from final
