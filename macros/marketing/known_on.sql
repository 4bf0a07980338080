{#- Condition that a version was the one known on a day. -#}
{% macro known_on(day) -%}
    known_from <= {{ day }} and (known_to > {{ day }} or known_to is null)
{%- endmacro %}


{#- Condition that something held on a day, its last day not included. -#}
{% macro valid_on(day) -%}
    valid_from <= {{ day }} and (valid_to > {{ day }} or valid_to is null)
{%- endmacro %}
