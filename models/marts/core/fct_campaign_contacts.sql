{#- Built anew each night: responses come for weeks, costs change, and contacts are few. -#}
with contacts as (
    select * from {{ ref('stg_marketing__campaign_contacts') }}
),

offers as (
    select * from {{ ref('stg_marketing__offers') }}
),

answers as (
    -- What is dated after as_of has not happened yet, although a file may already tell of it.
    select * from {{ ref('stg_marketing__campaign_responses') }}
    where response_date <= {{ as_of() }}
),

responses as (
    select
        contact_id,
        count(case when response_type in ('open', 'click', 'reply') then 1 end) as reactions,
        count(case when response_type = 'opt_out' then 1 end) as opt_outs,
        min(case when response_type <> 'conversion' then response_date end) as first_response_date,
        -- Of reactions alone: a decline that was known must not tell of a click that came later.
        min(case when response_type in ('open', 'click', 'reply') then file_date end) as response_known_date
    from answers
    group by contact_id
),

conversions as (
    -- A conversion outside the offer's window is not the contact's doing.
    select
        answers.contact_id,
        min(answers.response_date) as conversion_date,
        min(answers.file_date) as conversion_known_date
    from answers
    inner join contacts
        on answers.contact_id = contacts.contact_id
    inner join offers
        on contacts.offer_id = offers.offer_id
    where
        answers.response_type = 'conversion'
        and answers.response_date >= contacts.planned_date
        and {{ days_between('contacts.planned_date', 'answers.response_date') }}
        <= offers.conversion_window_days
    group by answers.contact_id
),

costs as (
    select
        campaign_id,
        channel,
        sum(amount) as contact_cost
    from {{ ref('stg_marketing__campaign_costs') }}
    where cost_type = 'per_contact'
    group by campaign_id, channel
),

final as (
    select
        contacts.contact_id,
        contacts.campaign_id,
        contacts.offer_id,
        contacts.customer_id,
        contacts.channel,
        contacts.contact_status,
        cast(
            case
                when contacts.is_holdout then 0 else coalesce(costs.contact_cost, everywhere.contact_cost, 0)
            end
            as decimal(18, 4)
        ) as contact_cost,
        contacts.is_holdout,
        coalesce(responses.reactions, 0) > 0 as has_reacted,
        coalesce(responses.opt_outs, 0) > 0 as has_opted_out,
        conversions.contact_id is not null as has_converted,
        contacts.assigned_date,
        contacts.planned_date,
        contacts.contact_date,
        responses.first_response_date,
        responses.response_known_date,
        conversions.conversion_date,
        conversions.conversion_known_date,
        contacts.file_date
    from contacts
    left join responses
        on contacts.contact_id = responses.contact_id
    left join conversions
        on contacts.contact_id = conversions.contact_id
    left join costs
        on
            contacts.campaign_id = costs.campaign_id
            and contacts.channel = costs.channel
    left join costs as everywhere
        on
            contacts.campaign_id = everywhere.campaign_id
            and everywhere.channel is null
)

select * from final
