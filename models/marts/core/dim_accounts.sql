with accounts as (
    select * from {{ ref('int_accounts_owned') }}
),

balances as (
    select * from {{ ref('int_accounts_balanced') }}
),

final as (
    select
        accounts.account_id,
        accounts.customer_id,
        accounts.branch_id,
        accounts.product_code,
        accounts.account_type,
        accounts.account_status,
        accounts.statement_frequency,
        accounts.currency,
        balances.balance,
        balances.balance_source,
        accounts.has_record,
        accounts.is_current_account,
        accounts.opened_date,
        balances.last_transaction_date
    from accounts
    left join balances
        on accounts.account_id = balances.account_id
)

select * from final
