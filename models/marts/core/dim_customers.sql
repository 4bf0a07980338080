with referenced as (
    select * from {{ ref('int_customers_referenced') }}
),

latest_versions as (
    select versions.* from {{ ref('snap_core_banking__customers') }} as versions
    {{ latest_by_key(['customer_id'], ['dbt_valid_from']) }}
),

states as (
    select * from {{ ref('states') }}
),

final as (
    select
        referenced.customer_id,
        latest_versions.branch_id,
        latest_versions.citizenship_code,
        latest_versions.currency,
        latest_versions.employment_status,
        latest_versions.market_segment,
        latest_versions.marital_status,
        latest_versions.gender,
        latest_versions.city,
        latest_versions.state_code,
        states.state_name,
        states.census_region,
        latest_versions.annual_income,
        latest_versions.customer_id is not null as has_profile,
        latest_versions.customer_id is not null
        and latest_versions.dbt_valid_to is null as is_current_customer,
        latest_versions.date_of_birth,
        latest_versions.customer_since_date
    from referenced
    left join latest_versions
        on referenced.customer_id = latest_versions.customer_id
    left join states
        on latest_versions.state_code = states.state_code
)

select * from final
