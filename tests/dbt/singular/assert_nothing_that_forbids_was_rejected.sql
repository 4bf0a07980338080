{{ config(severity='warn') }}

select
    table_name,
    file_name,
    row_number,
    column_name,
    reason_code
from {{ source('ops', 'dead_letters') }}
where
    (source = 'compliance' or table_name = 'campaign_responses')
    and replayed_load_id is null
    and file_date <= {{ as_of() }}
