with purchases as (
    select
        *,
        recent_purchase_days > 0 as is_active
    from {{ ref('int_customers_purchases_summed') }}
    where purchases > 0
),

bands as (
    select * from {{ ref('rfm_score_bands') }}
),

ranked as (
    -- percent_rank gives equal customers the same rank, where ntile would part them by chance.
    -- Those who bought nothing in the window are ranked apart: they must not lift the others.
    select
        *,
        percent_rank() over (
            partition by is_active
            order by last_purchase_date
        ) as r_rank,
        percent_rank() over (
            partition by is_active
            order by recent_purchase_days
        ) as f_rank,
        percent_rank() over (
            partition by is_active
            order by recent_net_amount
        ) as m_rank,
        {{ days_between('first_purchase_date', 'last_purchase_date') }} as days_to_last
    from purchases
),

final as (
    select
        ranked.customer_id,
        case when ranked.is_active then r_bands.score else 1 end as r_score,
        case when ranked.is_active then f_bands.score else 1 end as f_score,
        case when ranked.is_active then m_bands.score else 1 end as m_score,
        {{ days_between('ranked.last_purchase_date', as_of()) }} as recency_days,
        ranked.recent_purchase_days as purchase_days_12m,
        ranked.recent_net_amount as net_spend_12m,
        ranked.purchase_days - 1 as frequency,
        {{ exact_ratio('ranked.days_to_last', '7', 6) }} as recency_weeks,
        {{ exact_ratio(days_between('ranked.first_purchase_date', as_of()), '7', 6) }} as t_weeks,
        ranked.first_purchase_date,
        ranked.last_purchase_date
    from ranked
    inner join bands as r_bands
        on {{ in_band('ranked.r_rank', 'r_bands.from_percent_rank', 'r_bands.to_percent_rank') }}
    inner join bands as f_bands
        on {{ in_band('ranked.f_rank', 'f_bands.from_percent_rank', 'f_bands.to_percent_rank') }}
    inner join bands as m_bands
        on {{ in_band('ranked.m_rank', 'm_bands.from_percent_rank', 'm_bands.to_percent_rank') }}
)

select * from final
