with payments as (
    select loan_id
    from {{ ref('fct_loan_payments') }}
    group by loan_id
),

latest_versions as (
    select versions.* from {{ ref('snap_core_banking__loans') }} as versions
    {{ latest_by_key(['loan_id'], ['dbt_valid_from']) }}
),

accounts as (
    select * from {{ ref('int_accounts_owned') }}
),

referenced as (
    select loan_id from latest_versions
    union
    select loan_id from payments
),

final as (
    select
        referenced.loan_id,
        latest_versions.account_id,
        -- Where the loan names no borrower it is the owner of the account that it is paid from.
        coalesce(latest_versions.customer_id, accounts.customer_id) as customer_id,
        latest_versions.product_code,
        latest_versions.loan_status,
        latest_versions.loan_amount,
        latest_versions.term_months,
        latest_versions.monthly_payment,
        latest_versions.granted_date,
        latest_versions.loan_id is not null as has_record,
        latest_versions.loan_id is not null
        and latest_versions.dbt_valid_to is null as is_current_loan
    from referenced
    left join latest_versions
        on referenced.loan_id = latest_versions.loan_id
    left join accounts
        on latest_versions.account_id = accounts.account_id
)

select * from final
