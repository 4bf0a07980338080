{% macro latest_by_key(keys, order_by) -%}
    qualify row_number() over (
        partition by {{ keys | join(', ') }}
        order by {{ order_by | join(' desc, ') }} desc
    ) = 1
{%- endmacro %}
