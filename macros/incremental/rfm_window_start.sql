{% macro rfm_window_start() %}
    {{- return("cast(" ~ dbt.dateadd('day', -var('rfm_window_days'), as_of()) ~ " as date)") -}}
{% endmacro %}
