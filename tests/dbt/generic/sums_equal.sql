{% test sums_equal(model, expression, compare_to, compare_expression=none, where=none, compare_where=none) %}
    with summed as (
        select
            (
                select coalesce(sum({{ expression }}), 0) from {{ model }} where {{ where or '1 = 1' }}
            ) as sum_here,
            (
                select coalesce(sum({{ compare_expression or expression }}), 0)
                from {{ compare_to }} where {{ compare_where or '1 = 1' }}
            ) as sum_there
    )

    select * from summed where sum_here <> sum_there
{% endtest %}
