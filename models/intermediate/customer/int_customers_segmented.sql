with versions as (
    select customer_id from {{ ref('snap_core_banking__customers') }}
),

scores as (
    select * from {{ ref('int_customers_scored') }}
),

segments as (
    select * from {{ ref('rfm_segments') }}
),

customers as (
    -- Not all that any fact names: for each day of history the facts would have to be built first.
    select customer_id from versions
    union
    select customer_id from scores
),

final as (
    select
        customers.customer_id,
        segments.segment,
        scores.r_score,
        scores.f_score,
        scores.m_score,
        {{ as_of() }} as as_of_date
    from customers
    left join scores
        on customers.customer_id = scores.customer_id
    left join segments
        on
            coalesce(scores.r_score, 0) = segments.r_score
            and coalesce(scores.f_score, 0) = segments.f_score
            and coalesce(scores.m_score, 0) = segments.m_score
)

select * from final
