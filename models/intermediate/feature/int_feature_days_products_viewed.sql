with days as (
    select * from {{ ref('int_feature_days_listed') }}
),

views as (
    select * from {{ ref('fct_engagements') }}
    where product_code is not null and {{ in_feature_window('engagement_date', 150) }}
),

final as (
    select
        days.customer_id,
        days.feature_date,
        views.product_code,
        count(*) as views_150d,
        count(case when views.engagement_date > {{ date_plus_days('days.feature_date', -45) }} then 1 end)
            as views_45d
    from days
    inner join views
        on
            days.customer_id = views.customer_id
            and days.feature_date >= views.engagement_date
            and days.feature_date >= views.file_date
            and {{ date_plus_days('days.feature_date', -150) }} < views.engagement_date
    group by days.customer_id, days.feature_date, views.product_code
)

select * from final
