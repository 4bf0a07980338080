with source as (
    {{ raw_deliveries('core_banking', 'payments', key='payment_id') }}
),

final as (
    select
        payment_id,
        account_id,
        recipient,
        amount,
        payment_date,
        _file_date as file_date,
        _load_id,
        lower(payment_method) as payment_method
    from source
)

select * from final
