with segments as (
    select * from {{ ref('int_customers_segmented') }}
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
        segments.customer_id,
        segments.segment,
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
        segments.as_of_date
    from segments
    left join scores
        on segments.customer_id = scores.customer_id
    left join life_stages
        on segments.customer_id = life_stages.customer_id
    left join best_offers
        on segments.customer_id = best_offers.customer_id
)

select * from final
