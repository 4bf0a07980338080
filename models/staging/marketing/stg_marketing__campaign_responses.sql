with source as (
    {{ raw_events('marketing', 'campaign_responses', key='response_id') }}
),

final as (
    select
        response_id,
        contact_id,
        customer_id,
        response_type,
        holding_id,
        response_date,
        _file_date as file_date,
        _load_id
    from source
)

select * from final
