with source as (
    select * from {{ source('cards', 'card_transactions') }}
    where _file_date <= {{ as_of() }}
),

hashed as (
    select
        *,
        {{ hash_key([
            'customernumber', 'cardlast4digits', 'transactiondate', 'transactiontime', 'transactionamount',
            'transactiontype', 'merchantname', 'merchantcity', 'merchantstate', 'merchantzip', 'statecode',
            'mcc', 'errors', 'case when isfraud then 1 when not isfraud then 0 end',
        ]) }} as content_hash,
        -- Engines differ in the capital of ß; in names it is SS.
        upper({{ collapse_blanks("replace(merchantname, 'ß', 'ss')") }}) as merchant_name
    from source
),

numbered as (
    -- The window is within a load and day, so that a filter on either is pushed below it.
    select
        *,
        row_number() over (
            partition by _load_id, _file_date, content_hash
            order by _row_number
        ) as occurrence
    from hashed
),

final as (
    select
        content_hash || '-' || cast(occurrence as varchar(10)) as card_transaction_id,
        customernumber as customer_id,
        case when merchant_name is not null then {{ hash_key(['merchant_name']) }} end as merchant_id,
        cardlast4digits as card_last4,
        lower(trim(both ' ' from transactiontype)) as scheme,
        merchant_name,
        merchantcity as merchant_city,
        merchantstate as merchant_state,
        merchantzip as merchant_zip,
        statecode as state_code,
        mcc as merchant_category_code,
        nullif(trim(both ' ' from errors), '') as decline_reason,
        transactionamount as amount,
        transactionamount < 0 as is_refund,
        coalesce(trim(both ' ' from errors), '') <> '' as is_declined,
        coalesce(isfraud, false) as is_fraud,
        transactiondate as transaction_date,
        {{ timestamp_from('transactiondate', 'transactiontime') }} as transaction_at,
        _file_date as file_date,
        _load_id
    from numbered
)

select * from final
