{% test one_open_row(model, key, valid_to) %}
    select {{ key }}
    from {{ model }}
    where {{ valid_to }} is null
    group by {{ key }}
    having count(*) > 1
{% endtest %}
