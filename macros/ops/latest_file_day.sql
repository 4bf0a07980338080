{% macro latest_file_day(source_name, table_name) %}
    {% set latest = namespace(day=none) %}
    {% set ledger = ops_relation('load_ledger') if execute else none %}
    {% if ledger %}
        {% set latest.day = run_query(
            "select max(file_date) from " ~ ledger ~ " where source = '" ~ source_name
            ~ "' and table_name = '" ~ table_name ~ "' and file_date <= " ~ as_of()
        ).columns[0].values()[0] %}
    {% endif %}
    {{- return("cast('" ~ (latest.day or '1970-01-01') ~ "' as date)") -}}
{% endmacro %}
