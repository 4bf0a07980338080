{% macro beats_stored(key, order_by=['_load_id']) %}
    not exists (
        select 1
        from {{ this }} as stored
        where
            stored.{{ key }} = candidates.{{ key }}
            and {{ later_than('stored', 'candidates', order_by) }}
    )
{%- endmacro %}


{% macro later_than(left_side, right_side, order_by) -%}
    (
        {%- for column in order_by %}
            {%- if not loop.first %} or {% endif -%}
            (
                {%- for equal in order_by[:loop.index0] -%}
                    {{ left_side }}.{{ equal }} = {{ right_side }}.{{ equal }} and {% endfor -%}
                {{ left_side }}.{{ column }} > {{ right_side }}.{{ column }}
            )
        {%- endfor -%}
    )
{%- endmacro %}
