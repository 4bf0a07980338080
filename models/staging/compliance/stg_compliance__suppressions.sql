with source as (
    {{ raw_versions('compliance', 'suppressions', key='suppression_id') }}
),

final as (
    select
        suppression_id,
        customer_id,
        reason,
        channel,
        valid_from,
        valid_to,
        _file_date as known_from,
        _load_id,
        lead(_file_date) over (
            partition by suppression_id
            order by _file_date
        ) as known_to
    from source
)

select * from final
