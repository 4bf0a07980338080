{% macro as_of() %}
    {{- return("cast('" ~ as_of_day() ~ "' as date)") -}}
{% endmacro %}


{% macro as_of_day() %}
    {% set asked = var('as_of', none) %}
    {% if asked %}
        {{ return(modules.datetime.date.fromisoformat(asked | string | trim) | string) }}
    {% endif %}
    {% set latest = namespace(day=none) %}
    {% set ledger = ops_relation('load_ledger') if execute else none %}
    {% if ledger %}
        {% set latest.day = run_query('select max(file_date) from ' ~ ledger).columns[0].values()[0] %}
    {% endif %}
    {{ return((latest.day or '1970-01-01') | string) }}
{% endmacro %}
