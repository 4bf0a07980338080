{#- A number from 0 (included) to 1 (not included) that looks random but is the same for the same text and salt. -#}
{% macro hash_share(expression, salt) %}
    {{- return(adapter.dispatch('hash_share', 'bankmart')("md5('" ~ salt ~ ":' || " ~ expression ~ ')')) -}}
{% endmacro %}


{% macro default__hash_share(digest) %}
    {{ exceptions.raise_compiler_error('hash_share is not written for the adapter ' ~ adapter.type()) }}
{% endmacro %}


{% macro duckdb__hash_share(digest) %}
    {{- return("cast(cast('0x' || substring(" ~ digest ~ ", 1, 7) as integer) as double precision) / 268435456") -}}
{% endmacro %}


{% macro redshift__hash_share(digest) %}
    {{- return('cast(strtol(substring(' ~ digest ~ ', 1, 7), 16) as double precision) / 268435456') -}}
{% endmacro %}
