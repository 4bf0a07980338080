{#- Full months, as an anniversary counts them: datediff counts turns of the month. -#}
{% macro months_between(from_date, to_date) -%}
    (
        (extract(year from {{ to_date }}) - extract(year from {{ from_date }})) * 12
        + extract(month from {{ to_date }}) - extract(month from {{ from_date }})
        - case when extract(day from {{ to_date }}) < extract(day from {{ from_date }}) then 1 else 0 end
    )
{%- endmacro %}
