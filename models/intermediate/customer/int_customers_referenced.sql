with versions as (
    select customer_id from {{ ref('snap_core_banking__customers') }}
),

card_transactions as (
    select customer_id from {{ ref('int_card_transactions_summed') }}
),

accounts as (
    select customer_id from {{ ref('int_accounts_owned') }}
),

holders as (
    select customer_id from {{ ref('stg_core_banking__account_holders') }}
),

loans as (
    select customer_id from {{ ref('int_loans_resolved') }}
),

cards as (
    select customer_id from {{ ref('stg_core_banking__cards') }}
),

campaign_contacts as (
    select customer_id from {{ ref('fct_campaign_contacts') }}
),

engagements as (
    select customer_id from {{ ref('fct_engagements') }}
),

final as (
    select customer_id from versions
    where customer_id is not null
    union
    select customer_id from card_transactions
    where customer_id is not null
    union
    select customer_id from accounts
    where customer_id is not null
    union
    select customer_id from holders
    where customer_id is not null
    union
    select customer_id from loans
    where customer_id is not null
    union
    select customer_id from cards
    where customer_id is not null
    union
    select customer_id from campaign_contacts
    union
    select customer_id from engagements
)

select * from final
