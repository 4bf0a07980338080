with loans as (
    select * from {{ ref('dim_loans') }}
    where
        customer_id is not null
        and granted_date <= {{ as_of() }}
),

payments as (
    select * from {{ ref('int_loan_payments_aged') }}
),

life_stages as (
    select * from {{ ref('int_customers_life_staged') }}
),

final as (
    select
        loans.customer_id,
        max(life_stages.age) as age,
        count(*) as total_loans,
        count(case when loans.loan_status = 'running' then 1 end) as running_loans,
        count(case when loans.loan_status = 'finished' then 1 end) as finished_loans,
        count(case when loans.loan_status = 'in_arrears' then 1 end) as in_arrears_loans,
        count(case when loans.loan_status = 'defaulted' then 1 end) as defaulted_loans,
        cast(sum(loans.loan_amount) as decimal(18, 2)) as total_loan_amount,
        {{ exact_ratio('sum(loans.loan_amount)', 'nullif(count(loans.loan_amount), 0)', 2) }}
            as avg_loan_amount,
        cast(coalesce(sum(payments.paid_amount), 0) as decimal(18, 2)) as paid_amount,
        cast(coalesce(sum(payments.past_due_amount), 0) as decimal(18, 2)) as past_due_amount,
        cast(coalesce(sum(payments.instalments_past_due), 0) as bigint) as instalments_past_due,
        coalesce(max(payments.days_past_due), 0) as days_past_due,
        coalesce(max(payments.worst_days_late), 0) as worst_days_late,
        min(loans.granted_date) as first_granted_date,
        max(loans.granted_date) as last_granted_date,
        {{ as_of() }} as as_of_date
    from loans
    left join payments
        on loans.loan_id = payments.loan_id
    left join life_stages
        on loans.customer_id = life_stages.customer_id
    group by loans.customer_id
)

select * from final
