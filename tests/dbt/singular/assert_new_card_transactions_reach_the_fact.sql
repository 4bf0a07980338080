-- Every key of the latest file day is in the fact; that of older days was tested when it was the latest.
select staged.card_transaction_id
from {{ ref('stg_cards__card_transactions') }} as staged
left join {{ ref('fct_card_transactions') }} as facts
    on staged.card_transaction_id = facts.card_transaction_id
where
    staged.file_date = {{ latest_file_day('cards', 'card_transactions') }}
    and facts.card_transaction_id is null
