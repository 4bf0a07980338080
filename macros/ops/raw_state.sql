{% macro raw_picture(source_name, table_name, key) %}
    select *
    from {{ source(source_name, table_name) }}
    where _load_id in (
        {{ current_loads(source_name, table_name) }}
    )
    {{ latest_by_key([key], ['_load_id', '_row_number']) }}
{%- endmacro %}


{% macro raw_changes(source_name, table_name, key) %}
    select *
    from {{ source(source_name, table_name) }}
    where _file_date <= {{ as_of() }}
    {{ latest_by_key([key], ['_file_date', '_load_id', '_row_number']) }}
{%- endmacro %}


{% macro raw_events(source_name, table_name, key) %}
    select *
    from {{ source(source_name, table_name) }}
    where _file_date <= {{ as_of() }}
    {{ latest_by_key([key], ['_load_id', '_row_number']) }}
{%- endmacro %}


{% macro raw_deliveries(source_name, table_name, key) %}
    select *
    from {{ source(source_name, table_name) }}
    where _file_date <= {{ as_of() }}
    {{ latest_by_key(['_load_id', '_file_date', key], ['_row_number']) }}
{%- endmacro %}


{% macro raw_versions(source_name, table_name, key) %}
    select *
    from {{ source(source_name, table_name) }}
    where _file_date <= {{ as_of() }}
    {{ latest_by_key([key, '_file_date'], ['_load_id', '_row_number']) }}
{%- endmacro %}
