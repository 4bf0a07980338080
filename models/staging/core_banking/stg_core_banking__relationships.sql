with source as (
    {{ raw_picture('core_banking', 'relationships', key='relationship_id') }}
),

final as (
    select
        relationship_id,
        customer1_id as customer_1_id,
        customer2_id as customer_2_id,
        _file_date as file_date,
        lower(relationship_type) as relationship_type
    from source
)

select * from final
