with days as (
    select * from {{ ref('int_feature_days_listed') }}
),

contacts as (
    select * from {{ ref('fct_campaign_contacts') }}
    where not is_holdout and {{ in_feature_window('planned_date', 180) }}
),

final as (
    select
        days.customer_id,
        days.feature_date,
        count(contacts.contact_id) as contacts_180d,
        count(case when contacts.planned_date > {{ date_plus_days('days.feature_date', -60) }} then 1 end)
            as contacts_60d,
        count(
            case
                when
                    contacts.has_reacted
                    and contacts.first_response_date <= days.feature_date
                    and contacts.response_known_date <= days.feature_date
                    then 1
            end
        ) as reactions_180d,
        count(
            case
                when
                    contacts.conversion_date <= days.feature_date
                    and contacts.conversion_known_date <= days.feature_date
                    then 1
            end
        ) as conversions_180d,
        {{ days_between('max(contacts.planned_date)', 'days.feature_date') }} as days_since_contact
    from days
    left join contacts
        on
            days.customer_id = contacts.customer_id
            and days.feature_date >= contacts.planned_date
            and days.feature_date >= contacts.file_date
            and {{ date_plus_days('days.feature_date', -180) }} < contacts.planned_date
    group by days.customer_id, days.feature_date
)

select * from final
