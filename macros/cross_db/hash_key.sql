{% macro hash_key(expressions) %}
    {{- return(adapter.dispatch('hash_key', 'bankmart')(expressions)) -}}
{% endmacro %}


{% macro default__hash_key(expressions) %}
    {{ exceptions.raise_compiler_error('hash_key is not written for the adapter ' ~ adapter.type()) }}
{% endmacro %}


{% macro duckdb__hash_key(expressions) %}
    {{- return(hash_key_of(expressions, 'varchar')) -}}
{% endmacro %}


{#- A varchar without a length cuts at 256 bytes on Redshift. -#}
{% macro redshift__hash_key(expressions) %}
    {{- return(hash_key_of(expressions, 'varchar(65535)')) -}}
{% endmacro %}


{% macro hash_key_of(expressions, text_type) %}
    {%- set parts = [] -%}
    {%- for expression in expressions -%}
        {%- set text = 'cast(' ~ expression ~ ' as ' ~ text_type ~ ')' -%}
        {%- do parts.append(
            "coalesce(cast(length(" ~ text ~ ") as varchar(10)) || ':' || " ~ text ~ ", '-')"
        ) -%}
    {%- endfor -%}
    {{- return('md5(' ~ parts | join('\n            || ') ~ ')') -}}
{% endmacro %}
