with customers as (
    select * from {{ ref('int_customers_referenced') }}
),

segments as (
    select * from {{ ref('int_customers_segmented') }}
),

inactive as (
    select * from {{ ref('rfm_segments') }}
    where r_score = 0 and f_score = 0 and m_score = 0
),

scores as (
    select * from {{ ref('int_customers_scored') }}
),

life_stages as (
    select * from {{ ref('int_customers_life_staged') }}
),

best_offers as (
    select propensities.* from {{ ref('stg_ml__customer_scores') }} as propensities
    {{ first_by_key(['customer_id'], ['-probability', 'offer_id']) }}
),

final as (
    select
        customers.customer_id,
        coalesce(segments.segment, inactive.segment) as segment,
        best_offers.offer_id as likeliest_offer_id,
        life_stages.age,
        segments.r_score,
        segments.f_score,
        segments.m_score,
        scores.recency_days,
        scores.purchase_days_12m,
        scores.net_spend_12m,
        scores.frequency,
        scores.recency_weeks,
        scores.t_weeks,
        best_offers.probability as likeliest_probability,
        best_offers.score_decile as likeliest_decile,
        scores.first_purchase_date,
        scores.last_purchase_date,
        {{ as_of() }} as as_of_date
    from customers
    cross join inactive
    left join segments
        on customers.customer_id = segments.customer_id
    left join scores
        on customers.customer_id = scores.customer_id
    left join life_stages
        on customers.customer_id = life_stages.customer_id
    left join best_offers
        on customers.customer_id = best_offers.customer_id
)

select * from final
