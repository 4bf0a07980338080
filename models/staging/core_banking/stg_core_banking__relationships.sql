with source as (
    {{ raw_picture('core_banking', 'relationships', key='relationship_id') }}
),

final as (
    select
        relationship_id,
        customer1_id as customer_1_id,
        customer2_id as customer_2_id,
        lower(relationship_type) as relationship_type,
        _file_date as file_date
    from source
)

select * from final
