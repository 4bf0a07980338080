with holders as (
    select account_id from {{ ref('stg_core_banking__account_holders') }}
),

versions as (
    select account_id from {{ ref('snap_core_banking__accounts') }}
),

loans as (
    select account_id from {{ ref('snap_core_banking__loans') }}
),

transactions as (
    select account_id from {{ ref('fct_account_transactions') }}
),

final as (
    select account_id from holders
    where account_id is not null
    union
    select account_id from versions
    where account_id is not null
    union
    select account_id from loans
    where account_id is not null
    union
    select account_id from transactions
    where account_id is not null
)

select * from final
