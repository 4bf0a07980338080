{% test keys_equal(model, column, compare_to, compare_column=none, row_condition=none, compare_row_condition=none) %}
    with keys_here as (
        select {{ column }} as key_value from {{ model }} where {{ row_condition or '1 = 1' }}
    ),

    keys_there as (
        select {{ compare_column or column }} as key_value from {{ compare_to }} where {{ compare_row_condition or '1 = 1' }}
    )

    (select key_value from keys_here except select key_value from keys_there)
    union all
    (select key_value from keys_there except select key_value from keys_here)
{% endtest %}
