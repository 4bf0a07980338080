with days as (
    select * from {{ ref('int_feature_days_listed') }}
),

merchants as (
    select * from {{ ref('int_merchants_categorised') }}
),

purchases as (
    select
        transactions.customer_id,
        transactions.transaction_date,
        transactions.file_date,
        transactions.amount,
        transactions.is_purchase,
        merchants.category
    from {{ ref('fct_card_transactions') }} as transactions
    left join merchants
        on
            coalesce(transactions.merchant_id, '') = merchants.merchant_id
            and coalesce(transactions.merchant_category_code, '') = merchants.merchant_category_code
    where transactions.is_purchase or transactions.is_refund
),

final as (
    select
        days.customer_id,
        days.feature_date,
        {{ days_between('max(case when purchases.is_purchase then purchases.transaction_date end)', 'days.feature_date') }}
            as recency_days,
        count(distinct case when purchases.is_purchase then purchases.transaction_date end) as purchase_days_90d,
        cast(coalesce(sum(purchases.amount), 0) as decimal(18, 2)) as net_spend_90d,
        {%- for category in ['groceries', 'dining', 'travel', 'shopping', 'home', 'digital', 'entertainment', 'transport'] %}
            cast(coalesce(sum(case when purchases.category = '{{ category }}' then purchases.amount end), 0) as decimal(18, 2))
                as {{ category }}_spend_90d{{ ',' if not loop.last }}
        {%- endfor %}
    from days
    left join purchases
        on
            days.customer_id = purchases.customer_id
            and days.feature_date >= purchases.transaction_date
            and days.feature_date >= purchases.file_date
            and {{ date_plus_days('days.feature_date', -90) }} < purchases.transaction_date
    group by days.customer_id, days.feature_date
)

select * from final
