with products as (
    select * from {{ ref('stg_core_banking__products') }}
),

referenced as (
    select product_code from products
    union
    select product_code from {{ ref('int_accounts_owned') }}
    where product_code is not null
    union
    select product_code from {{ ref('int_loans_resolved') }}
    where product_code is not null
),

final as (
    select
        referenced.product_code,
        products.product_name,
        products.product_family,
        products.product_code is not null as has_record
    from referenced
    left join products
        on referenced.product_code = products.product_code
)

select * from final
