with source as (
    {{ raw_picture('core_banking', 'cards', key='card_id') }}
),

final as (
    select
        card_id,
        holder_id,
        customer_id,
        card_type,
        card_last4,
        issued_date,
        _file_date as file_date,
        lower(status) as card_status
    from source
)

select * from final
