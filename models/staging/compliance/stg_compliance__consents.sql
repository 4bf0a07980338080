with source as (
    {{ raw_versions('compliance', 'consents', key='consent_id') }}
),

final as (
    select
        consent_id,
        customer_id,
        channel,
        purpose,
        valid_from,
        valid_to,
        _file_date as known_from,
        _load_id,
        lead(_file_date) over (
            partition by consent_id
            order by _file_date
        ) as known_to
    from source
)

select * from final
