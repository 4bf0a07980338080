{% macro date_plus_days(from_date, days) -%}
    {{- return('cast(' ~ (dbt.dateadd('day', days, from_date).split() | join(' ')) ~ ' as date)') -}}
{%- endmacro %}
