{#- Condition that spares reading the rows before the window of every feature day: unless models are trained there is
    one such day, as_of. -#}
{% macro in_feature_window(day, days) -%}
    {%- if var('train', false) -%}
        1 = 1
    {%- else -%}
        {{ day }} > {{ date_plus_days(as_of(), -days) }}
    {%- endif -%}
{%- endmacro %}
