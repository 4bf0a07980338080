{%- set categories = [
    'groceries', 'dining', 'travel', 'shopping', 'home', 'digital', 'entertainment', 'transport'
] -%}
{%- set counted = ['travel', 'transport', 'home', 'utilities'] -%}

with days as (
    select * from {{ ref('int_feature_days_listed') }}
),

merchants as (
    select * from {{ ref('int_merchants_categorised') }}
),

purchases as (
    select
        facts.customer_id,
        facts.transaction_date,
        facts.file_date,
        facts.amount,
        merchants.category,
        case when facts.is_purchase then facts.transaction_date end as purchase_date
    from {{ ref('fct_card_transactions') }} as facts
    left join merchants
        on
            coalesce(facts.merchant_id, '') = merchants.merchant_id
            and coalesce(facts.merchant_category_code, '') = merchants.merchant_category_code
    where
        (facts.is_purchase or facts.is_refund)
        and {{ in_feature_window('facts.transaction_date', 90) }}
),

summed as (
    select
        days.customer_id,
        days.feature_date,
        max(purchases.purchase_date) as last_purchase_date,
        count(distinct purchases.purchase_date) as purchase_days_90d,
        {%- for category in categories %}
            sum(case when purchases.category = '{{ category }}' then purchases.amount end)
                as {{ category }}_spend,
        {%- endfor %}
        {%- for category in counted %}
            count(case when purchases.category = '{{ category }}' then purchases.purchase_date end)
                as {{ category }}_purchases_90d,
        {%- endfor %}
        sum(purchases.amount) as net_spend
    from days
    left join purchases
        on
            days.customer_id = purchases.customer_id
            and days.feature_date >= purchases.transaction_date
            and days.feature_date >= purchases.file_date
            and {{ date_plus_days('days.feature_date', -90) }} < purchases.transaction_date
    group by days.customer_id, days.feature_date
),

final as (
    select
        customer_id,
        feature_date,
        {{ days_between('last_purchase_date', 'feature_date') }} as recency_days,
        purchase_days_90d,
        {%- for category in counted %}
            {{ category }}_purchases_90d,
        {%- endfor %}
        {%- for category in categories %}
            cast(coalesce({{ category }}_spend, 0) as decimal(18, 2)) as {{ category }}_spend_90d,
        {%- endfor %}
        cast(coalesce(net_spend, 0) as decimal(18, 2)) as net_spend_90d
    from summed
)

select * from final
