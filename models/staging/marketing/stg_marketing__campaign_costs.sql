with source as (
    {{ raw_picture('marketing', 'campaign_costs', key='cost_id') }}
),

final as (
    select
        cost_id,
        campaign_id,
        channel,
        cost_type,
        currency,
        amount,
        _file_date as file_date
    from source
)

select * from final
