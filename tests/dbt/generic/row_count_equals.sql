{% test row_count_equals(model, compare_to, where=none, compare_where=none) %}
    with counted as (
        select
            (select count(*) from {{ model }} where {{ where or '1 = 1' }}) as rows_here,
            (select count(*) from {{ compare_to }} where {{ compare_where or '1 = 1' }}) as rows_there
    )

    select * from counted where rows_here <> rows_there
{% endtest %}
