with source as (
    {{ raw_picture('marketing', 'offers', key='offer_id') }}
),

final as (
    select
        offer_id,
        offer_name,
        product_code,
        terms,
        currency,
        rate_percent,
        fee_amount,
        conversion_value,
        conversion_window_days,
        valid_from,
        valid_to,
        _file_date as file_date
    from source
)

select * from final
