with source as (
    {{ raw_deliveries('core_banking', 'loan_payments', key='payment_id') }}
),

final as (
    select
        payment_id,
        loan_id,
        due_amount,
        payment_amount,
        due_date,
        payment_date,
        _file_date as file_date,
        _load_id
    from source
)

select * from final
