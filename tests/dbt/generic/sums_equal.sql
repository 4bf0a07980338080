{% test sums_equal(model, expression, compare_to, compare_expression=none, row_condition=none, compare_row_condition=none) %}
    with summed as (
        select
            (
                select coalesce(sum({{ expression }}), 0) from {{ model }} where {{ row_condition or '1 = 1' }}
            ) as sum_here,
            (
                select coalesce(sum({{ compare_expression or expression }}), 0)
                from {{ compare_to }} where {{ compare_row_condition or '1 = 1' }}
            ) as sum_there
    )

    select * from summed where sum_here <> sum_there
{% endtest %}
