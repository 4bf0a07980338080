{#- First day of the first month that lies in the window of rfm_window_days as a whole. -#}
{% macro first_whole_month() -%}
    cast({{ dbt.dateadd('month', 1, dbt.date_trunc('month', rfm_window_start())) }} as date)
{%- endmacro %}
