with profiles as (
    select * from {{ ref('int_feature_days_profiled') }}
),

spend as (
    select * from {{ ref('int_feature_days_spend_summed') }}
),

postings as (
    select * from {{ ref('int_feature_days_postings_summed') }}
),

engagement as (
    select * from {{ ref('int_feature_days_engagement_counted') }}
),

contacts as (
    select * from {{ ref('int_feature_days_contacts_counted') }}
),

preferences as (
    select * from {{ ref('int_customers_channel_preferred') }}
),

final as (
    select
        profiles.customer_id,
        preferences.preferred_channel,
        profiles.employment_status,
        profiles.gender,
        profiles.marital_status,
        profiles.age_band,
        profiles.annual_income,
        profiles.age,
        profiles.tenure_months,
        profiles.open_products,
        profiles.accounts_held,
        profiles.deposits_held,
        profiles.cards_held,
        profiles.loans_held,
        profiles.insurances_held,
        profiles.days_since_opening,
        profiles.instalments_behind,
        postings.balance,
        postings.deposit_balance,
        {{ exact_ratio(
            '(postings.balance - postings.deposit_balance) * 1200',
            'nullif(cast(profiles.annual_income * 100 as bigint), 0)', 4
        ) }} as balance_months,
        postings.income_90d,
        postings.outflow_90d,
        postings.cash_postings_90d,
        postings.fees_90d,
        spend.recency_days,
        spend.purchase_days_90d,
        spend.travel_purchases_90d,
        spend.transport_purchases_90d,
        spend.home_purchases_90d,
        spend.utilities_purchases_90d,
        spend.net_spend_90d,
        spend.groceries_spend_90d,
        spend.dining_spend_90d,
        spend.travel_spend_90d,
        spend.shopping_spend_90d,
        spend.home_spend_90d,
        spend.digital_spend_90d,
        spend.entertainment_spend_90d,
        spend.transport_spend_90d,
        engagement.app_sessions_90d,
        engagement.web_sessions_90d,
        engagement.sessions_30d,
        engagement.product_views_90d,
        engagement.branch_visits_90d,
        engagement.messages_received_90d,
        engagement.complaints_180d,
        contacts.contacts_180d,
        contacts.contacts_60d,
        contacts.reactions_180d,
        contacts.conversions_180d,
        contacts.days_since_contact,
        profiles.feature_date
    from profiles
    inner join spend
        on
            profiles.customer_id = spend.customer_id
            and profiles.feature_date = spend.feature_date
    inner join postings
        on
            profiles.customer_id = postings.customer_id
            and profiles.feature_date = postings.feature_date
    inner join engagement
        on
            profiles.customer_id = engagement.customer_id
            and profiles.feature_date = engagement.feature_date
    inner join contacts
        on
            profiles.customer_id = contacts.customer_id
            and profiles.feature_date = contacts.feature_date
    left join preferences
        on profiles.customer_id = preferences.customer_id
)

select * from final
