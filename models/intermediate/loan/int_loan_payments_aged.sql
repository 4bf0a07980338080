with payments as (
    select * from {{ ref('fct_loan_payments') }}
    where file_date <= {{ as_of() }}
),

on_the_day as (
    -- A payment that happens after as_of is still open on that day, although the file may already tell of it.
    select
        loan_id,
        due_date,
        due_amount,
        case when payment_date <= {{ as_of() }} then coalesce(payment_amount, 0) else 0 end as paid_amount,
        case when payment_date <= {{ as_of() }} then days_late end as days_late
    from payments
),

aged as (
    select
        *,
        due_date < {{ as_of() }} and paid_amount < due_amount as is_past_due
    from on_the_day
),

final as (
    select
        loan_id,
        count(case when due_date <= {{ as_of() }} then 1 end) as instalments_due,
        count(case when is_past_due then 1 end) as instalments_past_due,
        cast(sum(paid_amount) as decimal(18, 2)) as paid_amount,
        cast(sum(case when is_past_due then due_amount - paid_amount else 0 end) as decimal(18, 2))
            as past_due_amount,
        coalesce(
            {{ days_between('min(case when is_past_due then due_date end)', as_of()) }}, 0
        ) as days_past_due,
        coalesce(max(case when days_late > 0 then days_late end), 0) as worst_days_late
    from aged
    group by loan_id
)

select * from final
