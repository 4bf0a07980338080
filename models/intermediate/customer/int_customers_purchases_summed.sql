with card_purchases as (
    select * from {{ ref('int_card_transactions_summed') }}
),

account_spend as (
    select * from {{ ref('int_account_spend_summed') }}
),

account_days as (
    select
        customer_id,
        transaction_date,
        transaction_date > {{ rfm_window_start() }} as is_recent,
        sum(purchases) as purchases,
        sum(net_amount) as net_amount
    from account_spend
    group by customer_id, transaction_date
),

card_days as (
    select
        customer_id,
        transaction_date
    from {{ ref('fct_card_transactions') }}
    where
        is_purchase
        and file_date <= {{ as_of() }}
        and customer_id in (select account_days.customer_id from account_days)
    group by customer_id, transaction_date
),

account_purchases as (
    -- A day with purchases by card and from an account is one day: only days without the card are added.
    select
        account_days.customer_id,
        sum(account_days.purchases) as purchases,
        count(case when account_days.purchases > 0 and card_days.customer_id is null then 1 end)
            as extra_days,
        count(
            case
                when
                    account_days.purchases > 0 and card_days.customer_id is null and account_days.is_recent
                    then 1
            end
        ) as recent_extra_days,
        sum(account_days.net_amount) as net_amount,
        sum(case when account_days.is_recent then account_days.net_amount else 0 end) as recent_net_amount,
        min(case when account_days.purchases > 0 then account_days.transaction_date end)
            as first_purchase_date,
        max(case when account_days.purchases > 0 then account_days.transaction_date end) as last_purchase_date
    from account_days
    left join card_days
        on
            account_days.customer_id = card_days.customer_id
            and account_days.transaction_date = card_days.transaction_date
    group by account_days.customer_id
),

joined as (
    select
        coalesce(card_purchases.customer_id, account_purchases.customer_id) as customer_id,
        coalesce(card_purchases.purchases, 0) + coalesce(account_purchases.purchases, 0) as purchases,
        coalesce(card_purchases.purchase_days, 0)
        + coalesce(account_purchases.extra_days, 0) as purchase_days,
        coalesce(card_purchases.recent_purchase_days, 0)
        + coalesce(account_purchases.recent_extra_days, 0) as recent_purchase_days,
        coalesce(card_purchases.net_amount, 0) + coalesce(account_purchases.net_amount, 0) as net_amount,
        coalesce(card_purchases.recent_net_amount, 0)
        + coalesce(account_purchases.recent_net_amount, 0) as recent_net_amount,
        least(
            coalesce(card_purchases.first_purchase_date, account_purchases.first_purchase_date),
            coalesce(account_purchases.first_purchase_date, card_purchases.first_purchase_date)
        ) as first_purchase_date,
        greatest(
            coalesce(card_purchases.last_purchase_date, account_purchases.last_purchase_date),
            coalesce(account_purchases.last_purchase_date, card_purchases.last_purchase_date)
        ) as last_purchase_date
    from card_purchases
    full outer join account_purchases
        on card_purchases.customer_id = account_purchases.customer_id
),

final as (
    select
        customer_id,
        cast(purchases as bigint) as purchases,
        cast(purchase_days as bigint) as purchase_days,
        cast(recent_purchase_days as bigint) as recent_purchase_days,
        cast(net_amount as decimal(18, 2)) as net_amount,
        cast(recent_net_amount as decimal(18, 2)) as recent_net_amount,
        first_purchase_date,
        last_purchase_date
    from joined
)

select * from final
