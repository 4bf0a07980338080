-- Every key of the latest file day is in the fact; that of older days was tested when it was the latest.
select staged.transaction_id
from {{ ref('stg_core_banking__account_transactions') }} as staged
left join {{ ref('fct_account_transactions') }} as facts
    on staged.transaction_id = facts.transaction_id
where
    staged.file_date = {{ latest_file_day('core_banking', 'account_transactions') }}
    and facts.transaction_id is null
