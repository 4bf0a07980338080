{% macro integer_or_null(expression) %}
    {{- return("case when trim(" ~ expression ~ ") ~ '^[0-9]{1,9}$' then cast(trim(" ~ expression ~ ") as integer) end") -}}
{% endmacro %}
