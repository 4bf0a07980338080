{#- Incremental conversions against a hold-out: contacts times the difference of the two rates, with the interval of
    Agresti and Caffo (2000), which adds one success and one failure to each side and so holds for few conversions.
    Empty where one of the two sides is. Reads the columns contacts, conversions, holdout_customers and holdout_conversions. -#}
{% macro uplift_columns() -%}
    cast(
        case
            when contacts > 0
                then {{ exact_ratio(
                    'conversions * holdout_customers - contacts * holdout_conversions', 'nullif(holdout_customers, 0)', 4
                ) }}
        end as decimal(18, 4)
    ) as incremental_conversions,
    cast(
        case
            when contacts > 0 and holdout_customers > 0
                then round(contacts * ({{ uplift_centre() }} - 1.959964 * {{ uplift_error() }}), 4)
        end as decimal(18, 4)
    ) as incremental_conversions_low,
    cast(
        case
            when contacts > 0 and holdout_customers > 0
                then round(contacts * ({{ uplift_centre() }} + 1.959964 * {{ uplift_error() }}), 4)
        end as decimal(18, 4)
    ) as incremental_conversions_high
{%- endmacro %}


{% macro smoothed_rate(count, total) -%}
    cast({{ count }} + 1 as double precision) / ({{ total }} + 2)
{%- endmacro %}


{% macro uplift_centre() -%}
    ({{ smoothed_rate('conversions', 'contacts') }} - {{ smoothed_rate('holdout_conversions', 'holdout_customers') }})
{%- endmacro %}


{% macro uplift_error() -%}
    {%- set treated = smoothed_rate('conversions', 'contacts') -%}
    {%- set held = smoothed_rate('holdout_conversions', 'holdout_customers') -%}
    sqrt(
        {{ treated }} * (1 - {{ treated }}) / (contacts + 2) + {{ held }} * (1 - {{ held }}) / (holdout_customers + 2)
    )
{%- endmacro %}
