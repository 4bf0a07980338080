with source as (
    {{ raw_changes('marketing', 'product_holdings', key='holding_id') }}
),

final as (
    select
        holding_id,
        customer_id,
        product_code,
        sales_channel,
        opened_date,
        closed_date,
        _file_date as file_date
    from source
)

select * from final
