with source as (
    {{ raw_picture('marketing', 'campaigns', key='campaign_id') }}
),

final as (
    select
        campaign_id,
        campaign_name,
        product_code,
        objective,
        holdout_share,
        start_date,
        end_date,
        _file_date as file_date
    from source
)

select * from final
