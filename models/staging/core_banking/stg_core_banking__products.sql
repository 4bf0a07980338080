with source as (
    {{ raw_picture('core_banking', 'products', key='product_code') }}
),

final as (
    select
        product_code,
        product_name,
        lower(product_family) as product_family,
        _file_date as file_date
    from source
)

select * from final
