{% test row_count_equals(model, compare_to, row_condition=none, compare_row_condition=none) %}
    with counted as (
        select
            (select count(*) from {{ model }} where {{ row_condition or '1 = 1' }}) as rows_here,
            (select count(*) from {{ compare_to }} where {{ compare_row_condition or '1 = 1' }}) as rows_there
    )

    select * from counted where rows_here <> rows_there
{% endtest %}
