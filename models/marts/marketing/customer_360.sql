{%- set spend_columns = spend_categories() + ['other', 'total'] -%}

with customers as (
    select * from {{ ref('dim_customers') }}
),

households as (
    select * from {{ ref('int_households_grouped') }}
),

accounts as (
    select * from {{ ref('int_customers_accounts_summed') }}
),

cards as (
    select * from {{ ref('int_customers_cards_counted') }}
),

loans as (
    select * from {{ ref('customer_loan_summary') }}
),

purchases as (
    select * from {{ ref('int_customers_purchases_summed') }}
),

spend as (
    select * from {{ ref('int_customers_spend_pivoted') }}
),

segments as (
    select * from {{ ref('customer_segments') }}
),

life_stages as (
    select * from {{ ref('int_customers_life_staged') }}
),

channels as (
    select * from {{ ref('int_customers_channel_preferred') }}
),

final as (
    select
        customers.customer_id,
        households.household_id,
        customers.branch_id,
        customers.state_code,
        customers.gender,
        customers.marital_status,
        customers.employment_status,
        coalesce(life_stages.age_band, 'unknown') as age_band,
        coalesce(life_stages.income_band, 'unknown') as income_band,
        coalesce(accounts.currency, customers.currency) as currency,
        coalesce(life_stages.target_group, 'unknown') as target_group,
        coalesce(life_stages.life_stage, 'unknown') as life_stage,
        channels.digital_adoption,
        channels.service_preference,
        channels.preferred_channel,
        segments.segment,
        segments.likeliest_offer_id,
        segments.likeliest_probability,
        households.household_size,
        life_stages.age,
        cast({{ months_between('customers.customer_since_date', as_of()) }} as integer) as tenure_months,
        coalesce(accounts.open_accounts, 0) as open_accounts,
        coalesce(accounts.deposit_accounts, 0) as deposit_accounts,
        coalesce(cards.active_cards, 0) as active_cards,
        coalesce(loans.running_loans, 0) + coalesce(loans.in_arrears_loans, 0) as open_loans,
        case when accounts.open_accounts > accounts.deposit_accounts then 1 else 0 end
        + case when accounts.deposit_accounts > 0 then 1 else 0 end
        + case when cards.active_cards > 0 then 1 else 0 end
        + case when loans.running_loans + loans.in_arrears_loans > 0 then 1 else 0 end as product_families,
        cast(coalesce(accounts.total_balance, 0) as decimal(18, 2)) as total_balance,
        segments.r_score,
        segments.f_score,
        segments.m_score,
        segments.recency_days,
        coalesce(segments.purchase_days_12m, 0) as purchase_days_12m,
        {%- for column in spend_columns %}
            cast(coalesce(spend.{{ column }}_spend_12m, 0) as decimal(18, 2)) as {{ column }}_spend_12m,
        {%- endfor %}
        cast(coalesce(purchases.net_amount, 0) as decimal(18, 2)) as lifetime_spend,
        channels.sessions_90d,
        channels.branch_visits_90d,
        customers.has_profile,
        customers.is_current_customer,
        coalesce(accounts.currencies, 0) > 1 as has_several_currencies,
        customers.customer_since_date,
        segments.first_purchase_date,
        segments.last_purchase_date,
        segments.as_of_date
    from customers
    left join households
        on customers.customer_id = households.customer_id
    left join accounts
        on customers.customer_id = accounts.customer_id
    left join cards
        on customers.customer_id = cards.customer_id
    left join loans
        on customers.customer_id = loans.customer_id
    left join purchases
        on customers.customer_id = purchases.customer_id
    left join spend
        on customers.customer_id = spend.customer_id
    left join segments
        on customers.customer_id = segments.customer_id
    left join life_stages
        on customers.customer_id = life_stages.customer_id
    left join channels
        on customers.customer_id = channels.customer_id
)

select * from final
