with views as (
    select * from {{ ref('int_feature_days_products_viewed') }}
),

final as (
    select
        customer_id,
        product_code,
        views_150d as offered_product_views_150d,
        views_45d as offered_product_views_45d,
        feature_date
    from views
)

select * from final
