{% macro collapse_blanks(expression) %}
    {{- return(adapter.dispatch('collapse_blanks', 'bankmart')(expression)) -}}
{% endmacro %}


{% macro default__collapse_blanks(expression) %}
    {{ exceptions.raise_compiler_error('collapse_blanks is not written for the adapter ' ~ adapter.type()) }}
{% endmacro %}


{% macro duckdb__collapse_blanks(expression) %}
    {{- return("nullif(trim(both ' ' from regexp_replace(" ~ plain_blanks(expression) ~ ", ' +', ' ', 'g')), '')") -}}
{% endmacro %}


{#- Redshift replaces every match by itself and would read 'g' as a position. -#}
{% macro redshift__collapse_blanks(expression) %}
    {{- return("nullif(trim(both ' ' from regexp_replace(" ~ plain_blanks(expression) ~ ", ' +', ' ')), '')") -}}
{% endmacro %}


{#- Tabs, line ends and the blanks of Unicode that tills send, by name: engines differ in what [[:space:]] and TRIM hold. -#}
{% macro plain_blanks(expression) %}
    {%- set others = '\t\n\x0b\x0c\r\u00a0\u2002\u2003\u2007\u2009\u202f\u3000' -%}
    {{- return("translate(" ~ expression ~ ", '" ~ others ~ "', '" ~ ' ' * (others | length) ~ "')") -}}
{% endmacro %}
