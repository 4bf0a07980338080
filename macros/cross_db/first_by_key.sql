{% macro first_by_key(keys, order_by) -%}
    qualify row_number() over (partition by {{ keys | join(', ') }} order by {{ order_by | join(', ') }}) = 1
{%- endmacro %}
