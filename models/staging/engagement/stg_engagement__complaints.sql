with source as (
    {{ raw_versions('engagement', 'complaints', key='complaint_id') }}
),

final as (
    select
        complaint_id,
        customer_id,
        channel,
        topic,
        received_date,
        closed_date,
        _file_date as known_from,
        lead(_file_date) over (
            partition by complaint_id
            order by _file_date
        ) as known_to
    from source
)

select * from final
