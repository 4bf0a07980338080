with source as (
    {{ raw_changes('engagement', 'complaints', key='complaint_id') }}
),

final as (
    select
        complaint_id,
        customer_id,
        channel,
        topic,
        received_date,
        closed_date,
        _file_date as file_date
    from source
)

select * from final
