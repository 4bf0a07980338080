with days as (
    select * from {{ ref('int_feature_days_listed') }}
),

versions as (
    select * from {{ ref('snap_core_banking__customers') }}
),

products as (
    select * from {{ ref('stg_core_banking__products') }}
),

holdings as (
    select
        days.customer_id,
        days.feature_date,
        count(*) as open_products,
        count(case when products.product_family = 'account' then 1 end) as accounts_held,
        count(case when products.product_family = 'deposit' then 1 end) as deposits_held,
        count(case when products.product_family = 'card' then 1 end) as cards_held,
        count(case when products.product_family = 'loan' then 1 end) as loans_held,
        count(case when products.product_family = 'insurance' then 1 end) as insurances_held,
        {{ days_between('max(holdings.opened_date)', 'days.feature_date') }} as days_since_opening
    from days
    inner join {{ ref('stg_marketing__product_holdings') }} as holdings
        on
            days.customer_id = holdings.customer_id
            and days.feature_date >= holdings.opened_date
            and days.feature_date < coalesce(holdings.closed_date, cast('9999-12-31' as date))
            and {{ known_on('days.feature_date') }}
    left join products
        on holdings.product_code = products.product_code
    group by days.customer_id, days.feature_date
),

instalments as (
    -- As each delivery told it, until the next: what was paid by the day may not yet have been known on it.
    select
        loan_id,
        payment_id,
        due_date,
        payment_date,
        file_date as known_from,
        lead(file_date) over (
            partition by payment_id
            order by file_date, _load_id
        ) as known_to
    from {{ ref('stg_core_banking__loan_payments') }}
),

behind as (
    select
        days.customer_id,
        days.feature_date,
        count(*) as instalments_behind
    from days
    inner join {{ ref('int_loans_resolved') }} as loans
        on days.customer_id = loans.customer_id
    inner join instalments
        on
            loans.loan_id = instalments.loan_id
            and days.feature_date >= instalments.due_date
            and days.feature_date < coalesce(instalments.payment_date, cast('9999-12-31' as date))
            and {{ known_on('days.feature_date') }}
    group by days.customer_id, days.feature_date
),

final as (
    select
        days.customer_id,
        days.feature_date,
        versions.gender,
        versions.marital_status,
        versions.employment_status,
        versions.annual_income,
        age_bands.age_band,
        cast({{ years_between('versions.date_of_birth', 'days.feature_date') }} as integer) as age,
        cast({{ months_between('versions.customer_since_date', 'days.feature_date') }} as integer)
            as tenure_months,
        coalesce(holdings.open_products, 0) as open_products,
        coalesce(holdings.accounts_held, 0) as accounts_held,
        coalesce(holdings.deposits_held, 0) as deposits_held,
        coalesce(holdings.cards_held, 0) as cards_held,
        coalesce(holdings.loans_held, 0) as loans_held,
        coalesce(holdings.insurances_held, 0) as insurances_held,
        holdings.days_since_opening,
        coalesce(behind.instalments_behind, 0) as instalments_behind
    from days
    left join versions
        on
            days.customer_id = versions.customer_id
            and days.feature_date >= versions.dbt_valid_from
            and days.feature_date < coalesce(versions.dbt_valid_to, cast('9999-12-31' as timestamp))
    left join {{ ref('age_bands') }} as age_bands
        on
            {{ in_band(
                years_between('versions.date_of_birth', 'days.feature_date'), 'age_bands.from_age', 'age_bands.to_age'
            ) }}
    left join holdings
        on
            days.customer_id = holdings.customer_id
            and days.feature_date = holdings.feature_date
    left join behind
        on
            days.customer_id = behind.customer_id
            and days.feature_date = behind.feature_date
)

select * from final
