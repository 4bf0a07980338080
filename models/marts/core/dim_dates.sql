with known_dates as (
    select
        min(transaction_date) as first_date,
        max(transaction_date) as last_date
    from {{ ref('fct_card_transactions') }}
    union all
    select
        min(transaction_date) as first_date,
        max(transaction_date) as last_date
    from {{ ref('fct_account_transactions') }}
    union all
    select
        min(least(due_date, coalesce(payment_date, due_date))) as first_date,
        max(greatest(due_date, coalesce(payment_date, due_date))) as last_date
    from {{ ref('fct_loan_payments') }}
    union all
    -- A year beyond as_of, so that plans and instalments to come have their days.
    select
        {{ as_of() }} as first_date,
        {{ date_plus_days(as_of(), 366) }} as last_date
),

calendar_range as (
    select
        min(first_date) as first_date,
        {{ days_between('min(first_date)', 'max(last_date)') }} + 1 as number_of_days
    from known_dates
),

days as (
    -- Two centuries, which is what the contracts allow as a date.
    {{ dbt.generate_series(73415) }}
),

spine as (
    select
        {{ date_plus_days('calendar_range.first_date', 'cast(days.generated_number as integer) - 1') }}
            as date_day
    from days
    cross join calendar_range
    where days.generated_number <= calendar_range.number_of_days
),

final as (
    select
        date_day,
        cast(extract(year from date_day) as integer) as year_number,
        cast(extract(quarter from date_day) as integer) as quarter_number,
        cast(extract(month from date_day) as integer) as month_number,
        cast(extract(day from date_day) as integer) as day_of_month,
        cast(extract(dow from date_day) as integer) as day_of_week,
        extract(dow from date_day) in (0, 6) as is_weekend,
        cast({{ dbt.date_trunc('month', 'date_day') }} as date) as month_start_date
    from spine
)

select * from final
