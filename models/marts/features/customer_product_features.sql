with views as (
    select * from {{ ref('int_feature_days_products_viewed') }}
),

profiles as (
    select * from {{ ref('int_feature_days_profiled') }}
),

final as (
    select
        views.customer_id,
        views.product_code,
        profiles.age,
        views.views_150d as offered_product_views_150d,
        views.views_45d as offered_product_views_45d,
        views.feature_date
    from views
    inner join profiles
        on
            views.customer_id = profiles.customer_id
            and views.feature_date = profiles.feature_date
)

select * from final
