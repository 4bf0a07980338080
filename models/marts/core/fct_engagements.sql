{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='engagement_id',
    on_schema_change='fail',
) }}

with communication as (
    select
        'log:' || log_id as engagement_id,
        customer_id,
        -- Of what has no direction nobody can say that the customer began it.
        case when direction = 'inbound' then 'message_received' else 'message_sent' end as engagement_type,
        communication_type as medium,
        cast(null as varchar(20)) as product_code,
        contact_id,
        cast(logged_at as date) as engagement_date,
        logged_at as engaged_at,
        file_date,
        _load_id
    from {{ ref('stg_engagement__communication_log') }}
    {% if is_incremental() %}
        where _load_id {{ new_load_ids('engagement', 'communication_log') }}
    {% endif %}
),

sessions as (
    select
        'session:' || session_id as engagement_id,
        customer_id,
        'session' as engagement_type,
        channel as medium,
        product_viewed as product_code,
        cast(null as varchar(20)) as contact_id,
        cast(started_at as date) as engagement_date,
        started_at as engaged_at,
        file_date,
        _load_id
    from {{ ref('stg_engagement__digital_sessions') }}
    {% if is_incremental() %}
        where _load_id {{ new_load_ids('engagement', 'digital_sessions') }}
    {% endif %}
),

visits as (
    select
        'visit:' || visit_id as engagement_id,
        customer_id,
        'visit' as engagement_type,
        'branch' as medium,
        cast(null as varchar(20)) as product_code,
        cast(null as varchar(20)) as contact_id,
        visit_date as engagement_date,
        cast(null as timestamp) as engaged_at,
        file_date,
        _load_id
    from {{ ref('stg_engagement__branch_visits') }}
    {% if is_incremental() %}
        where _load_id {{ new_load_ids('engagement', 'branch_visits') }}
    {% endif %}
),

unioned as (
    select * from communication
    union all
    select * from sessions
    union all
    select * from visits
),

candidates as (
    select deliveries.* from unioned as deliveries
    {{ latest_by_key(['engagement_id'], ['_load_id']) }}
),

final as (
    select *
    from candidates
    {% if is_incremental() %}
        where {{ beats_stored('engagement_id', ['_load_id']) }}
    {% endif %}
)

select * from final
