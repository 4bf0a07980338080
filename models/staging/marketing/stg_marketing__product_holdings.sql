with source as (
    {{ raw_versions('marketing', 'product_holdings', key='holding_id') }}
),

final as (
    select
        holding_id,
        customer_id,
        product_code,
        sales_channel,
        opened_date,
        closed_date,
        _file_date as known_from,
        lead(_file_date) over (
            partition by holding_id
            order by _file_date
        ) as known_to
    from source
)

select * from final
