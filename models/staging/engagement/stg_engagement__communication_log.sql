with source as (
    {{ raw_deliveries('engagement', 'communication_log', key='log_id') }}
),

final as (
    select
        log_id,
        customer_id,
        direction,
        summary,
        contact_id,
        logged_at,
        _file_date as file_date,
        _load_id,
        lower(replace(replace(communication_type, '-', '_'), ' ', '_')) as communication_type
    from source
)

select * from final
