with customers as (
    select * from {{ ref('int_customers_referenced') }}
),

engagement as (
    select * from {{ ref('int_customers_engagement_summed') }}
),

levels as (
    select * from {{ ref('digital_adoption_levels') }}
),

reactions as (
    select
        customer_id,
        channel,
        count(*) as reactions,
        max(first_response_date) as last_response_date
    from {{ ref('fct_campaign_contacts') }}
    where
        has_reacted
        and first_response_date <= {{ as_of() }}
        and first_response_date > {{ date_plus_days(as_of(), -365) }}
    group by customer_id, channel
),

reacted_most as (
    select counts.* from reactions as counts
    {{ latest_by_key(['customer_id'], ['reactions', 'last_response_date', 'channel']) }}
),

counted as (
    select
        customers.customer_id,
        coalesce(engagement.app_sessions_90d, 0) as app_sessions_90d,
        coalesce(engagement.app_sessions_90d, 0) + coalesce(engagement.web_sessions_90d, 0) as sessions_90d,
        coalesce(engagement.app_sessions_90d, 0) + coalesce(engagement.web_sessions_90d, 0)
        + coalesce(engagement.digital_messages_90d, 0) as digital_contacts,
        coalesce(engagement.branch_visits_90d, 0) as branch_visits_90d,
        -- A visit or a call takes more of a customer's time than a look at the app.
        4 * (coalesce(engagement.branch_visits_90d, 0) + coalesce(engagement.personal_messages_90d, 0))
            as personal_contacts
    from customers
    left join engagement
        on customers.customer_id = engagement.customer_id
),

preferred as (
    select
        *,
        case
            when digital_contacts + personal_contacts = 0 then 'unknown'
            when digital_contacts >= 2 * personal_contacts then 'digital'
            when personal_contacts >= 2 * digital_contacts then 'in_person'
            else 'mixed'
        end as service_preference
    from counted
),

final as (
    select
        preferred.customer_id,
        levels.digital_adoption,
        preferred.service_preference,
        coalesce(
            reacted_most.channel,
            case
                when preferred.service_preference = 'digital' and preferred.app_sessions_90d > 0 then 'app'
                when preferred.service_preference in ('digital', 'mixed') then 'email'
                when preferred.service_preference = 'in_person' then 'branch'
                else 'letter'
            end
        ) as preferred_channel,
        preferred.sessions_90d,
        preferred.branch_visits_90d
    from preferred
    inner join levels
        on {{ in_band('preferred.sessions_90d', 'levels.from_sessions', 'levels.to_sessions') }}
    left join reacted_most
        on preferred.customer_id = reacted_most.customer_id
)

select * from final
