with days as (
    select * from {{ ref('int_feature_days_listed') }}
),

engagements as (
    select * from {{ ref('fct_engagements') }}
    where {{ in_feature_window('engagement_date', 90) }}
),

complaints as (
    select * from {{ ref('stg_engagement__complaints') }}
),

met as (
    select
        days.customer_id,
        days.feature_date,
        count(case when engagements.engagement_type = 'session' and engagements.medium = 'app' then 1 end)
            as app_sessions_90d,
        count(case when engagements.engagement_type = 'session' and engagements.medium = 'web' then 1 end)
            as web_sessions_90d,
        count(
            case
                when
                    engagements.engagement_type = 'session'
                    and engagements.engagement_date > {{ date_plus_days('days.feature_date', -30) }}
                    then 1
            end
        ) as sessions_30d,
        count(case when engagements.engagement_type = 'visit' then 1 end) as branch_visits_90d,
        count(case when engagements.engagement_type = 'message_received' then 1 end) as messages_received_90d,
        count(engagements.product_code) as product_views_90d
    from days
    left join engagements
        on
            days.customer_id = engagements.customer_id
            and days.feature_date >= engagements.engagement_date
            and days.feature_date >= engagements.file_date
            and {{ date_plus_days('days.feature_date', -90) }} < engagements.engagement_date
    group by days.customer_id, days.feature_date
),

complained as (
    select
        days.customer_id,
        days.feature_date,
        count(*) as complaints_180d
    from days
    inner join complaints
        on
            days.customer_id = complaints.customer_id
            and days.feature_date >= complaints.received_date
            and {{ date_plus_days('days.feature_date', -180) }} < complaints.received_date
            and {{ known_on('days.feature_date') }}
    group by days.customer_id, days.feature_date
),

final as (
    select
        met.customer_id,
        met.feature_date,
        met.app_sessions_90d,
        met.web_sessions_90d,
        met.sessions_30d,
        met.branch_visits_90d,
        met.messages_received_90d,
        met.product_views_90d,
        coalesce(complained.complaints_180d, 0) as complaints_180d
    from met
    left join complained
        on
            met.customer_id = complained.customer_id
            and met.feature_date = complained.feature_date
)

select * from final
