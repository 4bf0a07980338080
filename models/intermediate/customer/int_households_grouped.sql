with relationships as (
    select * from {{ ref('stg_core_banking__relationships') }}
    where relationship_type in ('spouse', 'child', 'parent')
),

customers as (
    select * from {{ ref('int_customers_referenced') }}
),

edges as (
    select
        customer_1_id as customer_id,
        customer_2_id as relative_id
    from relationships

    union

    select
        customer_2_id as customer_id,
        customer_1_id as relative_id
    from relationships

    union

    select
        customer_id,
        customer_id as relative_id
    from customers

    union

    select
        customer_1_id as customer_id,
        customer_1_id as relative_id
    from relationships

    union

    select
        customer_2_id as customer_id,
        customer_2_id as relative_id
    from relationships
),

labels_0 as (
    select
        customer_id,
        min(relative_id) as household_id
    from edges
    group by customer_id
),

-- Each round hands on the smallest label among relatives. The rounds are fixed, because Redshift cannot stop
-- a recursive query at a fixed point; a test says whether they were enough.
{% for step in range(1, var('household_rounds') + 1) -%}
    labels_{{ step }} as (
        select
            edges.customer_id,
            min(labels.household_id) as household_id
        from edges
        inner join labels_{{ step - 1 }} as labels
            on edges.relative_id = labels.customer_id
        group by edges.customer_id
    ),

{% endfor -%}

sizes as (
    select
        household_id,
        count(*) as household_size
    from labels_{{ var('household_rounds') }}
    group by household_id
),

final as (
    select
        labels.customer_id,
        labels.household_id,
        sizes.household_size
    from labels_{{ var('household_rounds') }} as labels
    inner join sizes
        on labels.household_id = sizes.household_id
)

select * from final
