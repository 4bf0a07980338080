with source as (
    {{ raw_picture('core_banking', 'standing_orders', key='order_id') }}
),

final as (
    select
        order_id,
        account_id,
        recipient_bank,
        recipient_account,
        purpose,
        amount,
        _file_date as file_date
    from source
)

select * from final
