with source as (
    {{ raw_deliveries('engagement', 'digital_sessions', key='session_id') }}
),

final as (
    select
        session_id,
        customer_id,
        channel,
        product_viewed,
        duration_seconds,
        pages_viewed,
        started_at,
        _file_date as file_date,
        _load_id
    from source
)

select * from final
