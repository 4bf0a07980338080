with referenced as (
    select * from {{ ref('int_accounts_referenced') }}
),

owners as (
    -- Two owners of one account would count its money twice: the first disposition holds it.
    select
        account_id,
        customer_id
    from {{ ref('stg_core_banking__account_holders') }}
    where holder_role = 'owner'
    {{ first_by_key(['account_id'], ['holder_id']) }}
),

latest_versions as (
    select versions.* from {{ ref('snap_core_banking__accounts') }} as versions
    {{ latest_by_key(['account_id'], ['dbt_valid_from']) }}
),

final as (
    select
        referenced.account_id,
        coalesce(owners.customer_id, latest_versions.customer_id) as customer_id,
        latest_versions.branch_id,
        latest_versions.product_code,
        latest_versions.account_type,
        latest_versions.statement_frequency,
        latest_versions.currency,
        latest_versions.account_status,
        latest_versions.opened_date,
        latest_versions.account_id is not null as has_record,
        latest_versions.account_id is not null and latest_versions.dbt_valid_to is null as is_current_account
    from referenced
    left join owners
        on referenced.account_id = owners.account_id
    left join latest_versions
        on referenced.account_id = latest_versions.account_id
)

select * from final
