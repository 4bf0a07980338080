with versions as (
    select * from {{ ref('snap_core_banking__customers') }}
),

final as (
    select
        dbt_scd_id as customer_version_id,
        customer_id,
        branch_id,
        citizenship_code,
        currency,
        employment_status,
        market_segment,
        marital_status,
        gender,
        city,
        state_code,
        annual_income,
        dbt_valid_to is null as is_current,
        date_of_birth,
        customer_since_date,
        cast(dbt_valid_from as date) as valid_from,
        cast(dbt_valid_to as date) as valid_to
    from versions
)

select * from final
