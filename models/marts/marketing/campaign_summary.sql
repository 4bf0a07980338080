with contacts as (
    select * from {{ ref('int_campaign_contacts_attributed') }}
),

counted as (
    select
        campaign_id,
        count(case when not is_holdout then 1 end) as contacts,
        count(case when not is_holdout and has_reacted then 1 end) as responses,
        count(case when not is_holdout and has_converted then 1 end) as conversions,
        count(case when is_holdout then 1 end) as holdout_customers,
        count(case when is_holdout and has_converted then 1 end) as holdout_conversions,
        cast(sum(contact_cost) as decimal(18, 4))
        -- Redshift rounds what is inserted, but cuts what is cast.
        + cast(round(sum(fixed_cost_share), 4) as decimal(18, 4)) as total_cost,
        max(conversion_value) as conversion_value,
        min(case when is_outcome_complete then 1 else 0 end) = 1 as is_outcome_complete
    from contacts
    group by campaign_id
),

compared as (
    select
        *,
        {{ uplift_columns() }}
    from counted
),

valued as (
    select
        *,
        cast(round(incremental_conversions * conversion_value, 2) as decimal(18, 2)) as incremental_value
    from compared
),

final as (
    select
        campaign_id,
        contacts,
        responses,
        conversions,
        holdout_customers,
        holdout_conversions,
        cast(round(total_cost, 2) as decimal(18, 2)) as total_cost,
        {{ exact_ratio('total_cost', 'nullif(conversions, 0)', 2) }} as cost_per_conversion,
        incremental_conversions,
        incremental_conversions_low,
        incremental_conversions_high,
        -- Where the hold-out converts as often, no total_cost buys a customer.
        cast(
            case
                when incremental_conversions > 0
                    then {{ exact_ratio(
                        'total_cost * 10000', 'cast(incremental_conversions * 10000 as bigint)', 2
                    ) }}
            end as decimal(18, 2)
        ) as cost_per_incremental_conversion,
        incremental_value,
        {{ exact_ratio(
            '(incremental_value - total_cost) * 10000',
            'nullif(cast(total_cost * 10000 as bigint), 0)', 4
        ) }} as return_on_cost,
        is_outcome_complete
    from valued
)

select * from final
