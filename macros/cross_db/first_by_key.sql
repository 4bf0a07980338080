{% macro first_by_key(keys, order_by) -%}
    qualify row_number() over (
        partition by {{ keys | join(', ') }}
        order by {{ order_by | join(' asc nulls last, ') }} asc nulls last
    ) = 1
{%- endmacro %}
