{#- What campaigns brought and what they cost, against the hold-out, by the columns of a grain. -#}
{% macro campaign_results(grain) %}
    with contacts as (
        select * from {{ ref('int_campaign_contacts_attributed') }}
    ),

    counted as (
        select
            {{ grain | join(',\n            ') }},
            count(case when not is_holdout then 1 end) as contacts,
            count(case when not is_holdout and has_reacted then 1 end) as responses,
            count(case when not is_holdout and has_converted then 1 end) as conversions,
            count(case when is_holdout then 1 end) as holdout_customers,
            count(case when is_holdout and has_converted then 1 end) as holdout_conversions,
            cast(sum(contact_cost) as decimal(18, 4))
            -- Redshift rounds what is inserted, but cuts what is cast.
            + cast(round(sum(fixed_cost_share), 4) as decimal(18, 4)) as total_cost,
            cast(sum(case when not is_holdout and has_converted then conversion_value else 0 end) as decimal(18, 2))
                as value_won,
            cast(sum(case when is_holdout and has_converted then conversion_value else 0 end) as decimal(18, 2))
                as holdout_value_won,
            min(case when is_outcome_complete then 1 else 0 end) = 1 as is_outcome_complete
        from contacts
        group by {{ grain | join(', ') }}
    ),

    compared as (
        select
            *,
            -- By the value of each offer: those of one campaign may be worth more or less.
            cast(
                case
                    when contacts > 0
                        then {{ exact_ratio(
                            'value_won * holdout_customers - contacts * holdout_value_won', 'nullif(holdout_customers, 0)', 2
                        ) }}
                end as decimal(18, 2)
            ) as incremental_value,
            {{ uplift_columns() }}
        from counted
    ),

    final as (
        select
            {{ grain | join(',\n            ') }},
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
        from compared
    )

    select * from final
{% endmacro %}
