{% macro collapse_blanks(expression) %}
    {{- return(adapter.dispatch('collapse_blanks', 'bankmart')(expression)) -}}
{% endmacro %}


{% macro default__collapse_blanks(expression) %}
    {{ exceptions.raise_compiler_error('collapse_blanks is not written for the adapter ' ~ adapter.type()) }}
{% endmacro %}


{% macro duckdb__collapse_blanks(expression) %}
    {{- return("nullif(trim(regexp_replace(" ~ expression ~ ", '[[:space:]]+', ' ', 'g')), '')") -}}
{% endmacro %}


{#- Redshift replaces every match by itself and would read 'g' as a position. -#}
{% macro redshift__collapse_blanks(expression) %}
    {{- return("nullif(trim(regexp_replace(" ~ expression ~ ", '[[:space:]]+', ' ')), '')") -}}
{% endmacro %}
