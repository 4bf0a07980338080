with source as (
    {{ raw_picture('core_banking', 'products', key='product_code') }}
),

final as (
    select
        product_code,
        product_name,
        _file_date as file_date,
        lower(product_family) as product_family
    from source
)

select * from final
