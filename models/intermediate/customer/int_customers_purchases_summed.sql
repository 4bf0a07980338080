with card_purchases as (
    select * from {{ ref('int_card_transactions_summed') }}
),

months as (
    select * from {{ ref('int_account_months_summed') }}
),

edge_days as (
    -- The month that the window begins in counts for the window with its later days only.
    select
        customer_id,
        transaction_date,
        sum(purchases) as purchases,
        sum(net_amount) as net_amount
    from {{ ref('int_account_spend_summed') }}
    where
        transaction_date > {{ rfm_window_start() }}
        and transaction_date < {{ first_whole_month() }}
    group by customer_id, transaction_date
),

edge_card_days as (
    select
        customer_id,
        transaction_date
    from {{ ref('fct_card_transactions') }}
    where
        is_purchase
        and file_date <= {{ as_of() }}
        and transaction_date > {{ rfm_window_start() }}
        and transaction_date < {{ first_whole_month() }}
    group by customer_id, transaction_date
),

edge as (
    select
        edge_days.customer_id,
        count(case when edge_days.purchases > 0 and edge_card_days.customer_id is null then 1 end)
            as extra_days,
        sum(edge_days.net_amount) as net_amount
    from edge_days
    left join edge_card_days
        on
            edge_days.customer_id = edge_card_days.customer_id
            and edge_days.transaction_date = edge_card_days.transaction_date
    group by edge_days.customer_id
),

lifetime as (
    select
        customer_id,
        sum(purchases) as purchases,
        sum(extra_days) as extra_days,
        sum(case when month_start > {{ rfm_window_start() }} then extra_days else 0 end) as recent_extra_days,
        sum(net_amount) as net_amount,
        sum(case when month_start > {{ rfm_window_start() }} then net_amount else 0 end) as recent_net_amount,
        min(first_purchase_date) as first_purchase_date,
        max(last_purchase_date) as last_purchase_date
    from months
    group by customer_id
),

account_purchases as (
    select
        lifetime.customer_id,
        lifetime.purchases,
        lifetime.extra_days,
        lifetime.recent_extra_days + coalesce(edge.extra_days, 0) as recent_extra_days,
        lifetime.net_amount,
        lifetime.recent_net_amount + coalesce(edge.net_amount, 0) as recent_net_amount,
        lifetime.first_purchase_date,
        lifetime.last_purchase_date
    from lifetime
    left join edge
        on lifetime.customer_id = edge.customer_id
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
