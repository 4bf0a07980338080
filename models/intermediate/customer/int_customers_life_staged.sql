with customers as (
    select
        *,
        cast({{ years_between('date_of_birth', as_of()) }} as integer) as age
    from {{ ref('snap_core_banking__customers') }}
    where dbt_valid_to is null
),

parents as (
    -- In a relationship of the kind child the second customer is the child of the first.
    select customer_1_id as customer_id
    from {{ ref('stg_core_banking__relationships') }}
    where relationship_type = 'child'
    union
    select customer_2_id as customer_id
    from {{ ref('stg_core_banking__relationships') }}
    where relationship_type = 'parent'
),

described as (
    select
        customers.customer_id,
        customers.age,
        age_bands.age_band,
        income_bands.income_band,
        parents.customer_id is not null as has_children,
        coalesce(customers.marital_status, 'unknown') as marital_status,
        coalesce(customers.employment_status, 'unknown') as employment_status
    from customers
    left join parents
        on customers.customer_id = parents.customer_id
    left join {{ ref('age_bands') }} as age_bands
        on {{ in_band('customers.age', 'age_bands.from_age', 'age_bands.to_age') }}
    left join {{ ref('income_bands') }} as income_bands
        on {{ in_band('customers.annual_income', 'income_bands.from_income', 'income_bands.to_income') }}
),

staged as (
    select
        described.customer_id,
        life_stages.life_stage
    from described
    inner join {{ ref('life_stages') }} as life_stages
        on
            {{ in_band('described.age', 'life_stages.from_age', 'life_stages.to_age') }}
            and life_stages.marital_status in ('any', described.marital_status)
            and life_stages.employment_status in ('any', described.employment_status)
            and life_stages.has_children in (
                'any', case when described.has_children then 'true' else 'false' end
            )
    {{ first_by_key(['described.customer_id'], ['life_stages.stage_order']) }}
),

targeted as (
    select
        described.customer_id,
        target_groups.target_group
    from described
    inner join {{ ref('target_groups') }} as target_groups
        on
            {{ in_band('described.age', 'target_groups.from_age', 'target_groups.to_age') }}
            and target_groups.is_working in (
                'any',
                case
                    when described.employment_status in ('unemployed', 'unknown') then 'false' else 'true'
                end
            )
    {{ first_by_key(['described.customer_id'], ['target_groups.group_order']) }}
),

final as (
    select
        described.customer_id,
        coalesce(described.age_band, 'unknown') as age_band,
        coalesce(described.income_band, 'unknown') as income_band,
        coalesce(staged.life_stage, 'unknown') as life_stage,
        coalesce(targeted.target_group, 'unknown') as target_group,
        described.age,
        described.has_children
    from described
    left join staged
        on described.customer_id = staged.customer_id
    left join targeted
        on described.customer_id = targeted.customer_id
)

select * from final
