with source as (
    {{ raw_versions('core_banking', 'customer_contacts', key='customer_id') }}
),

final as (
    select
        customer_id,
        name as full_name,
        phone,
        address,
        email_token,
        phone_token,
        _file_date as known_from,
        lower(trim(email)) as email,
        lead(_file_date) over (
            partition by customer_id
            order by _file_date
        ) as known_to
    from source
)

select * from final
