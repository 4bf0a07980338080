with contacts as (
    select * from {{ ref('stg_core_banking__customer_contacts') }}
    where known_to is null
),

customers as (
    select * from {{ ref('dim_customers') }}
),

final as (
    select
        contacts.customer_id,
        contacts.full_name,
        contacts.email,
        contacts.phone,
        contacts.address,
        contacts.email_token,
        contacts.phone_token,
        customers.date_of_birth,
        coalesce(customers.is_current_customer, false) as is_current_customer,
        contacts.known_from as known_since_date
    from contacts
    left join customers
        on contacts.customer_id = customers.customer_id
)

select * from final
