with loans as (
    select * from {{ ref('int_loans_resolved') }}
),

final as (
    select
        loan_id,
        account_id,
        customer_id,
        product_code,
        loan_status,
        loan_amount,
        term_months,
        monthly_payment,
        has_record,
        is_current_loan,
        granted_date
    from loans
)

select * from final
