with accounts as (
    select * from {{ ref('int_accounts_owned') }}
),

balances as (
    select * from {{ ref('int_accounts_balanced') }}
),

products as (
    select * from {{ ref('stg_core_banking__products') }}
),

held_accounts as (
    select
        accounts.customer_id,
        accounts.account_id,
        accounts.currency,
        products.product_family,
        balances.balance
    from accounts
    left join balances
        on accounts.account_id = balances.account_id
    left join products
        on accounts.product_code = products.product_code
    where
        accounts.customer_id is not null
        and accounts.is_current_account
        and coalesce(accounts.account_status, 'active') <> 'closed'
),

final as (
    select
        customer_id,
        count(*) as open_accounts,
        count(case when product_family = 'deposit' then 1 end) as deposit_accounts,
        cast(coalesce(sum(balance), 0) as decimal(18, 2)) as total_balance,
        max(currency) as currency,
        count(distinct currency) as currencies
    from held_accounts
    group by customer_id
)

select * from final
