{% macro integer_or_null(expression) %}
    {%- set bare = "trim(both ' ' from " ~ expression ~ ")" -%}
    {{- return("case when " ~ bare ~ " ~ '^[0-9]{1,9}$' then cast(" ~ bare ~ " as integer) end") -}}
{% endmacro %}
