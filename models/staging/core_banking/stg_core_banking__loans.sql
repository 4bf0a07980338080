with source as (
    {{ raw_picture('core_banking', 'loans', key='loan_id') }}
),

final as (
    select
        loan_id,
        account_id,
        customer_id,
        product_code,
        loan_amount,
        term_months,
        monthly_payment,
        granted_date,
        _file_date as file_date,
        lower(status) as loan_status
    from source
)

select * from final
