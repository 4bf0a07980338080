with source as (
    {{ raw_changes('core_banking', 'customer_contacts', key='customer_id') }}
),

final as (
    select
        customer_id,
        name as full_name,
        lower(trim(email)) as email,
        phone,
        address,
        _file_date as file_date
    from source
)

select * from final
