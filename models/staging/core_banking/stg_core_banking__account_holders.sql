with source as (
    {{ raw_picture('core_banking', 'account_holders', key='holder_id') }}
),

final as (
    select
        holder_id,
        customer_id,
        account_id,
        lower(holder_role) as holder_role,
        _file_date as file_date
    from source
)

select * from final
