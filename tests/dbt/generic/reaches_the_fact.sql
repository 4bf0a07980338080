{#- Every key of the files of the last tested_days days is in the fact, also that of a file which came late; of older
    days nothing is read. -#}
{% test reaches_the_fact(model, column, fact, fact_column=none, prefix='') %}
    with staged as (
        select '{{ prefix }}' || {{ column }} as key_value
        from {{ model }}
        where file_date > {{ date_plus_days(as_of(), -var('tested_days')) }}
    )

    select staged.key_value
    from staged
    left join {{ fact }} as facts
        on staged.key_value = facts.{{ fact_column or column }}
    where facts.{{ fact_column or column }} is null
{% endtest %}
