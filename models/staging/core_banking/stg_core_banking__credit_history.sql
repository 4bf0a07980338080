with source as (
    {{ raw_changes('core_banking', 'credit_history', key='credit_id') }}
),

final as (
    select
        credit_id,
        customer_id,
        payment_history,
        {{ integer_or_null("split_part(credit_score, '-', 1)") }} as credit_score_low,
        coalesce(
            {{ integer_or_null("split_part(credit_score, '-', 2)") }},
            {{ integer_or_null('credit_score') }}
        ) as credit_score_high,
        credit_limit,
        credit_utilization,
        _file_date as file_date
    from source
)

select * from final
