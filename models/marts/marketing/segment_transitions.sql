with stays as (
    select
        customer_id,
        segment,
        cast(dbt_valid_from as date) as valid_from,
        cast(dbt_valid_to as date) as valid_to,
        lag(dbt_valid_to) over (
            partition by customer_id
            order by dbt_valid_from
        ) as left_before,
        lag(segment) over (
            partition by customer_id
            order by dbt_valid_from
        ) as segment_before,
        lead(dbt_valid_from) over (
            partition by customer_id
            order by dbt_valid_from
        ) as next_from
    from {{ ref('snap_customer_segments') }}
),

entered as (
    select
        valid_from as transition_date,
        case when cast(left_before as date) = valid_from then segment_before else 'outside' end
            as from_segment,
        segment as to_segment,
        customer_id
    from stays
),

gone as (
    select
        valid_to as transition_date,
        segment as from_segment,
        'outside' as to_segment,
        customer_id
    from stays
    where valid_to is not null and (next_from is null or cast(next_from as date) > valid_to)
),

moves as (
    select * from entered
    union all
    select * from gone
),

final as (
    select
        from_segment,
        to_segment,
        count(*) as customers,
        transition_date
    from moves
    group by from_segment, to_segment, transition_date
)

select * from final
