with cards as (
    select * from {{ ref('stg_core_banking__cards') }}
),

holders as (
    select * from {{ ref('stg_core_banking__account_holders') }}
),

resolved as (
    select
        coalesce(cards.customer_id, holders.customer_id) as customer_id,
        coalesce(cards.card_status, 'active') as card_status
    from cards
    left join holders
        on cards.holder_id = holders.holder_id
    where cards.issued_date is null or cards.issued_date <= {{ as_of() }}
),

final as (
    select
        customer_id,
        count(*) as cards,
        count(case when card_status = 'active' then 1 end) as active_cards
    from resolved
    where customer_id is not null
    group by customer_id
)

select * from final
