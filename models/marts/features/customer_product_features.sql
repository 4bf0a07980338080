{{ config(dist='customer_id', sort='feature_date') }}

with views as (
    select * from {{ ref('int_feature_days_products_viewed') }}
),

final as (
    select
        customer_id,
        product_code,
        views_90d as offered_product_views_90d,
        views_30d as offered_product_views_30d,
        feature_date
    from views
)

select * from final
