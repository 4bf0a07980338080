with source as (
    {{ raw_picture('core_banking', 'accounts', key='account_id') }}
),

final as (
    select
        account_id,
        customer_id,
        branch_id,
        product_code,
        account_type,
        statement_frequency,
        currency,
        balance,
        opened_date,
        _file_date as file_date,
        lower(status_type) as account_status
    from source
)

select * from final
