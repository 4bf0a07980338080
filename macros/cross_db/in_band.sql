{% macro in_band(value, from_value, to_value) -%}
    {{ value }} >= {{ from_value }}
    and ({{ value }} < {{ to_value }} or {{ to_value }} is null)
{%- endmacro %}
