{% macro current_loads(source_name, table_name) %}
    select replays_and_files.load_id
    from {{ source('ops', 'load_ledger') }} as replays_and_files
    inner join (
        select
            load_id,
            rank() over (order by file_date desc) as days_back,
            row_number() over (partition by file_date, file_name order by load_id desc) as deliveries_back
        from {{ source('ops', 'load_ledger') }}
        where
            source = '{{ source_name }}'
            and table_name = '{{ table_name }}'
            and file_date <= {{ as_of() }}
            and replay_of_load_id is null
    ) as files
        on coalesce(replays_and_files.replay_of_load_id, replays_and_files.load_id) = files.load_id
    where
        files.days_back = 1
        and files.deliveries_back = 1
        and replays_and_files.file_date <= {{ as_of() }}
{%- endmacro %}
