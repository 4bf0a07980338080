with source as (
    {{ raw_picture('core_banking', 'branches', key='branch_id') }}
),

final as (
    select
        branch_id,
        branch_name,
        city,
        state_code,
        region,
        inhabitants,
        average_salary,
        unemployment_rate,
        _file_date as file_date
    from source
)

select * from final
