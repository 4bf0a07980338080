{% macro timestamp_from(day, time_of_day) -%}
    {%- set hours = "cast(split_part(" ~ time_of_day ~ ", ':', 1) as integer)" -%}
    {%- set minutes = "cast(split_part(" ~ time_of_day ~ ", ':', 2) as integer)" -%}
    {%- set seconds = "coalesce(cast(nullif(split_part(" ~ time_of_day ~ ", ':', 3), '') as integer), 0)" -%}
    {{- return(dbt.dateadd(
        'second',
        hours ~ ' * 3600 + ' ~ minutes ~ ' * 60 + ' ~ seconds,
        'cast(' ~ day ~ ' as timestamp)'
    )) -}}
{%- endmacro %}
