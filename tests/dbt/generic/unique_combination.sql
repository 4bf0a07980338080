{% test unique_combination(model, columns, row_condition=none) %}
    select {{ columns | join(', ') }}
    from {{ model }}
    where {{ row_condition or '1 = 1' }}
    group by {{ columns | join(', ') }}
    having count(*) > 1 or {{ columns | join(' is null or ') }} is null
{% endtest %}
