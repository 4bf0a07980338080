with source as (
    {{ raw_picture('core_banking', 'account_holders', key='holder_id') }}
),

final as (
    select
        holder_id,
        customer_id,
        account_id,
        _file_date as file_date,
        lower(holder_role) as holder_role
    from source
)

select * from final
