with engagements as (
    select * from {{ ref('fct_engagements') }}
    where
        file_date <= {{ as_of() }}
        and engagement_date <= {{ as_of() }}
        and engagement_date > {{ date_plus_days(as_of(), -90) }}
),

final as (
    select
        customer_id,
        count(case when engagement_type = 'session' and medium = 'app' then 1 end) as app_sessions_90d,
        count(case when engagement_type = 'session' and medium = 'web' then 1 end) as web_sessions_90d,
        count(case when engagement_type = 'visit' then 1 end) as branch_visits_90d,
        count(
            case
                when
                    engagement_type = 'message_received'
                    and medium in ('email', 'online_chat', 'mobile_app', 'sms')
                    then 1
            end
        ) as digital_messages_90d,
        count(
            case
                when
                    engagement_type = 'message_received'
                    and medium in ('phone_call', 'in_person_visit', 'letter')
                    then 1
            end
        ) as personal_messages_90d
    from engagements
    group by customer_id
)

select * from final
