{% macro rfm_window_start() %}
    {{- return(date_plus_days(as_of(), -var('rfm_window_days'))) -}}
{% endmacro %}
