with source as (
    {{ raw_events('marketing', 'campaign_contacts', key='contact_id') }}
),

final as (
    select
        contact_id,
        campaign_id,
        offer_id,
        customer_id,
        channel,
        contact_status,
        is_holdout,
        assigned_date,
        planned_date,
        contact_date,
        _file_date as file_date,
        _load_id
    from source
)

select * from final
