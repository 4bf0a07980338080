with campaigns as (
    select * from {{ ref('stg_marketing__campaigns') }}
),

contacts as (
    select * from {{ ref('fct_campaign_contacts') }}
),

costs as (
    select
        campaign_id,
        sum(amount) as fixed_cost
    from {{ ref('stg_marketing__campaign_costs') }}
    where cost_type = 'fixed'
    group by campaign_id
),

referenced as (
    select campaign_id from campaigns
    union
    select campaign_id from contacts
),

final as (
    select
        referenced.campaign_id,
        campaigns.campaign_name,
        campaigns.product_code,
        campaigns.objective,
        campaigns.holdout_share,
        cast(coalesce(costs.fixed_cost, 0) as decimal(18, 4)) as fixed_cost,
        campaigns.campaign_id is not null as has_record,
        campaigns.start_date,
        campaigns.end_date
    from referenced
    left join campaigns
        on referenced.campaign_id = campaigns.campaign_id
    left join costs
        on referenced.campaign_id = costs.campaign_id
)

select * from final
