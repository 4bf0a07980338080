{% macro days_between(from_date, to_date) -%}
    {{- return(dbt.datediff(from_date, to_date, 'day').split() | join(' ')) -}}
{%- endmacro %}
