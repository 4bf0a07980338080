with source as (
    select * from {{ source('marketing', 'call_outcomes') }}
    where _file_date <= {{ as_of() }}
),

hashed as (
    select
        *,
        {{ hash_key([
            'age', 'job', 'marital', 'education', 'credit_default', 'housing', 'loan', 'balance', 'contact', 'month',
            'day_of_week', 'day', 'duration', 'campaign', 'pdays', 'previous', 'poutcome', 'emp_var_rate',
            'cons_price_idx', 'cons_conf_idx', 'euribor3m', 'nr_employed', 'case when has_subscribed then 1 else 0 end',
        ]) }} as content_hash
    from source
),

numbered as (
    -- Two calls may well be equal in all that is told of them: they are two calls.
    select
        *,
        row_number() over (
            partition by _load_id, content_hash
            order by _row_number
        ) as occurrence
    from hashed
),

deliveries as (
    select
        *,
        content_hash || '-' || cast(occurrence as varchar(10)) as call_id
    from numbered
),

latest as (
    select calls.* from deliveries as calls
    {{ latest_by_key(['call_id'], ['_load_id']) }}
),

final as (
    select
        call_id,
        job,
        marital as marital_status,
        education,
        credit_default,
        housing as housing_loan,
        loan as personal_loan,
        contact as medium,
        month as call_month,
        day_of_week as call_weekday,
        poutcome as outcome_before,
        age,
        balance,
        day as call_day,
        duration as duration_seconds,
        campaign as calls_this_campaign,
        pdays as days_since_call,
        previous as calls_before,
        emp_var_rate,
        cons_price_idx,
        cons_conf_idx,
        euribor3m,
        nr_employed,
        has_subscribed,
        _file_date as file_date,
        _load_id
    from latest
)

select * from final
