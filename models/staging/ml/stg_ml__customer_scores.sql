with source as (
    {{ raw_picture('ml', 'customer_scores', key='customer_id, offer_id') }}
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
        feature_hash,
        probability_raw,
        probability,
        score_decile,
        as_of_date,
        _file_date as file_date
    from source
)

select * from final
