{#- Everybody as of the day itself, to be scored; with `--vars 'train: true'` also each customer who was
    contacted, as of the day before, to be learned from. -#}
with customers as (
    select * from {{ ref('snap_core_banking__customers') }}
    where dbt_valid_to is null
),

contacts as (
    select
        customer_id,
        {{ date_plus_days('planned_date', -1) }} as feature_date
    from {{ ref('fct_campaign_contacts') }}
    where
        not is_holdout
        and planned_date <= {{ as_of() }}
        and {{ 'true' if var('train', false) else 'false' }}
),

final as (
    select
        customer_id,
        {{ as_of() }} as feature_date
    from customers
    union
    select
        customer_id,
        feature_date
    from contacts
)

select * from final
