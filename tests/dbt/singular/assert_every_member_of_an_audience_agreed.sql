-- Asks the consents and suppressions themselves, so that a mistake in contact_eligibility is no excuse.
with members as (
    select
        audience.customer_id,
        audience.channel,
        case when offers.use_case = 'other' then 'marketing' else 'credit_marketing' end as purpose
    from {{ ref('audience_members') }} as audience
    left join {{ ref('dim_offers') }} as offers
        on audience.offer_id = offers.offer_id
),

consents as (
    select * from {{ ref('stg_compliance__consents') }}
    where known_to is null and {{ valid_on(as_of()) }}
),

suppressions as (
    select * from {{ ref('stg_compliance__suppressions') }}
    where
        known_to is null
        and (({{ valid_on(as_of()) }}) or (valid_from <= {{ as_of() }} and valid_to < valid_from))
)

select
    customer_id,
    channel,
    'no consent' as reason
from members
where
    not exists (
        select 1 from consents
        where
            consents.customer_id = members.customer_id
            and consents.channel = members.channel
            and consents.purpose = members.purpose
    )
union all
select
    members.customer_id,
    members.channel,
    suppressions.reason
from members
inner join suppressions
    on members.customer_id = suppressions.customer_id
left join {{ ref('channels') }} as known
    on suppressions.channel = known.channel
where known.channel is null or known.channel = members.channel
union all
select
    members.customer_id,
    members.channel,
    'opted out in answer to a contact' as reason
from members
inner join {{ ref('stg_marketing__campaign_responses') }} as responses
    on members.customer_id = responses.customer_id
left join {{ ref('fct_campaign_contacts') }} as contacts
    on responses.contact_id = contacts.contact_id
where
    responses.response_type = 'opt_out'
    and coalesce(contacts.channel, members.channel) = members.channel
    and not exists (
        select 1 from consents
        where
            consents.customer_id = members.customer_id
            and consents.channel = members.channel
            and consents.valid_from > responses.response_date
    )
