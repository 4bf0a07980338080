{#- dbt's snapshots ask this macro for the time; here time is the day that is built for, never the clock. -#}
{% macro default__snapshot_get_time() %}
    {{ exceptions.raise_compiler_error('snapshot_get_time is not written for the adapter ' ~ adapter.type()) }}
{% endmacro %}


{% macro duckdb__snapshot_get_time() -%}
    cast('{{ as_of_day() }}' as timestamp)
{%- endmacro %}


{% macro redshift__snapshot_get_time() -%}
    cast('{{ as_of_day() }}' as timestamp)
{%- endmacro %}
