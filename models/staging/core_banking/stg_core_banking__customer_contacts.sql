with source as (
    {{ raw_changes('core_banking', 'customer_contacts', key='customer_id') }}
),

final as (
    select
        customer_id,
        name as full_name,
        phone,
        address,
        email_token,
        phone_token,
        _file_date as file_date,
        lower(trim(email)) as email
    from source
)

select * from final
