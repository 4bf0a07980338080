-- Every key of the latest file day is in the fact; that of older days was tested when it was the latest.
select staged.payment_id
from {{ ref('stg_core_banking__loan_payments') }} as staged
left join {{ ref('fct_loan_payments') }} as facts
    on staged.payment_id = facts.payment_id
where
    staged.file_date = {{ latest_file_day('core_banking', 'loan_payments') }}
    and facts.payment_id is null
