with source as (
    {{ raw_deliveries('engagement', 'branch_visits', key='visit_id') }}
),

final as (
    select
        visit_id,
        customer_id,
        branch_id,
        reason,
        visit_date,
        _file_date as file_date,
        _load_id
    from source
)

select * from final
