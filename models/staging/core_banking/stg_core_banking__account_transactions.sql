with source as (
    {{ raw_deliveries('core_banking', 'account_transactions', key='transaction_id') }}
),

final as (
    select
        transaction_id,
        account_id,
        direction,
        counterparty_bank,
        counterparty_account,
        notes,
        amount,
        balance_after,
        transaction_date,
        _file_date as file_date,
        _load_id,
        lower(trim(both ' ' from transaction_type)) as transaction_type,
        cast(
            case direction when 'credit' then amount when 'debit' then -amount end as decimal(18, 2)
        ) as signed_amount
    from source
)

select * from final
