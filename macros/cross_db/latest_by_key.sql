{#- Engines differ in where nulls stand, so it is said; and Redshift wants an alias on a table right before QUALIFY. -#}
{% macro latest_by_key(keys, order_by) -%}
    qualify row_number() over (
        partition by {{ keys | join(', ') }}
        order by {{ order_by | join(' desc nulls last, ') }} desc nulls last
    ) = 1
{%- endmacro %}
