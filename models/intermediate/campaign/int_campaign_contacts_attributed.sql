with contacts as (
    select * from {{ ref('fct_campaign_contacts') }}
),

segments as (
    select * from {{ ref('snap_customer_segments') }}
),

fixed_costs as (
    select
        campaign_id,
        sum(amount) as fixed_cost
    from {{ ref('stg_marketing__campaign_costs') }}
    where cost_type = 'fixed'
    group by campaign_id
),

contacted as (
    select
        campaign_id,
        count(*) as contacts
    from {{ ref('fct_campaign_contacts') }}
    where not is_holdout
    group by campaign_id
),

shares as (
    -- Each contact bears an equal share of what the campaign costs as a whole.
    select
        contacted.campaign_id,
        {{ exact_ratio('fixed_costs.fixed_cost', 'contacted.contacts', 8) }} as fixed_cost_share
    from contacted
    inner join fixed_costs
        on contacted.campaign_id = fixed_costs.campaign_id
),

offers as (
    select * from {{ ref('stg_marketing__offers') }}
),

final as (
    select
        contacts.contact_id,
        contacts.campaign_id,
        contacts.offer_id,
        contacts.customer_id,
        contacts.channel,
        coalesce(segments.segment, 'unknown') as segment,
        contacts.contact_cost,
        cast(
            case when contacts.is_holdout then 0 else coalesce(shares.fixed_cost_share, 0) end
            as decimal(18, 8)
        ) as fixed_cost_share,
        cast(coalesce(offers.conversion_value, 0) as decimal(18, 2)) as conversion_value,
        contacts.is_holdout,
        contacts.has_reacted,
        contacts.has_converted,
        contacts.planned_date,
        -- Of an offer that nobody told there is no window that could be over.
        coalesce(
            {{ date_plus_days('contacts.planned_date', 'offers.conversion_window_days') }} <= {{ as_of() }},
            false
        ) as is_outcome_complete
    from contacts
    left join segments
        on
            contacts.customer_id = segments.customer_id
            and contacts.planned_date >= segments.dbt_valid_from
            -- With "or is null" DuckDB would compare every pair of rows.
            and contacts.planned_date < coalesce(segments.dbt_valid_to, cast('9999-12-31' as timestamp))
    left join shares
        on contacts.campaign_id = shares.campaign_id
    left join offers
        on contacts.offer_id = offers.offer_id
)

select * from final
