with branches as (
    select * from {{ ref('stg_core_banking__branches') }}
),

states as (
    select * from {{ ref('states') }}
),

referenced as (
    select branch_id from branches
    union
    select branch_id from {{ ref('int_accounts_owned') }}
    where branch_id is not null
    union
    select branch_id from {{ ref('snap_core_banking__customers') }}
    where branch_id is not null
),

final as (
    select
        referenced.branch_id,
        branches.branch_name,
        branches.city,
        branches.state_code,
        states.state_name,
        branches.region,
        branches.inhabitants,
        branches.average_salary,
        branches.unemployment_rate,
        branches.branch_id is not null as has_record
    from referenced
    left join branches
        on referenced.branch_id = branches.branch_id
    left join states
        on branches.state_code = states.state_code
)

select * from final
