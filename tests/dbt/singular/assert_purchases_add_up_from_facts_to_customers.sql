-- Control total: card and account purchases as they are classified are what customers spent, to the cent.
with totals as (
    select
        (
            select coalesce(sum(amount), 0)
            from {{ ref('fct_card_transactions') }}
            where not is_declined and transaction_date <= {{ as_of() }}
        ) as card_amount,
        (select coalesce(sum(net_amount), 0) from {{ ref('int_account_spend_summed') }}) as account_amount,
        (select coalesce(sum(net_amount), 0) from {{ ref('int_customers_purchases_summed') }})
            as customer_amount,
        (select coalesce(sum(lifetime_spend), 0) from {{ ref('customer_360') }}) as mart_amount
)

select *
from totals
where
    card_amount + account_amount <> customer_amount
    or customer_amount <> mart_amount
