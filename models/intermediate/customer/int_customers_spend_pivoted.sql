{%- set categories = spend_categories() -%}

with card_spend as (
    select
        customer_id,
        category,
        recent_net_amount
    from {{ ref('int_card_spend_categorised') }}
),

account_spend as (
    select
        customer_id,
        category,
        net_amount as recent_net_amount
    from {{ ref('int_account_spend_summed') }}
    where transaction_date > {{ rfm_window_start() }}
),

spend as (
    select * from card_spend
    union all
    select * from account_spend
),

marked as (
    select
        *,
        category not in (
            {%- for category in categories %}
                '{{ category }}'{{ ',' if not loop.last }}
            {%- endfor %}
        ) as is_other
    from spend
),

final as (
    select
        customer_id,
        {%- for category in categories %}
            cast(
                sum(case when category = '{{ category }}' then recent_net_amount else 0 end) as decimal(18, 2)
            ) as {{ category }}_spend_12m,
        {%- endfor %}
        cast(
            sum(case when is_other then recent_net_amount else 0 end) as decimal(18, 2)
        ) as other_spend_12m,
        cast(sum(recent_net_amount) as decimal(18, 2)) as total_spend_12m
    from marked
    group by customer_id
)

select * from final
