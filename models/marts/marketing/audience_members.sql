with scores as (
    select * from {{ ref('stg_ml__customer_scores') }}
),

offers as (
    select * from {{ ref('dim_offers') }}
    where
        valid_from <= {{ as_of() }}
        and (valid_to >= {{ as_of() }} or valid_to is null)
),

eligible as (
    select * from {{ ref('contact_eligibility') }}
    where is_eligible
),

preferences as (
    select * from {{ ref('int_customers_channel_preferred') }}
),

reachable as (
    select
        scores.customer_id,
        scores.offer_id,
        eligible.channel,
        eligible.age,
        scores.model_name,
        scores.model_version,
        scores.reason_1,
        scores.reason_2,
        scores.reason_3,
        scores.probability,
        scores.score_decile,
        cast(round(scores.probability * offers.conversion_value - channels.usual_cost, 4) as decimal(18, 4))
            as expected_value,
        -- No channel costs less than nothing: the preferred one comes first.
        case when eligible.channel = preferences.preferred_channel then -1 else channels.usual_cost end
            as channel_rank
    from scores
    inner join offers
        on scores.offer_id = offers.offer_id
    inner join eligible
        on
            scores.customer_id = eligible.customer_id
            and offers.product_code = eligible.product_code
    inner join {{ ref('channels') }} as channels
        on eligible.channel = channels.channel
    inner join preferences
        on scores.customer_id = preferences.customer_id
),

worthwhile as (
    -- The channel that the customer prefers, if it is allowed and pays, else the cheapest that is and does.
    select ways.* from reachable as ways
    where ways.expected_value > 0
    {{ first_by_key(['customer_id', 'offer_id'], ['channel_rank', 'channel']) }}
),

chosen as (
    select choices.* from worthwhile as choices
    {{ first_by_key(['customer_id'], ['-expected_value', 'offer_id']) }}
),

final as (
    select
        customer_id,
        offer_id,
        channel,
        model_name,
        model_version,
        reason_1,
        reason_2,
        reason_3,
        probability,
        age,
        score_decile,
        expected_value,
        {{ hash_share('customer_id', var('holdout_salt')) }} < {{ var('holdout_share') }} as is_holdout,
        {{ as_of() }} as assigned_date
    from chosen
)

select * from final
