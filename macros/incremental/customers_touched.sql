{#- Customers whose figures may differ from what `this` holds: they have rows that it has not seen, or rows that
    happened or left the window since. `this` must hold last_load_id and as_of_date on each row. -#}
{% macro customers_touched(fact, rules=[]) %}
    select facts.customer_id
    from {{ fact }} as facts
    cross join (
        select
            coalesce(max(last_load_id), -1) as load_id,
            max(as_of_date) as as_of_date
            {%- if rules %},
            max(rules_checksum) as rules_checksum
            {%- endif %}
        from {{ this }}
    ) as seen
    where
        facts._load_id > seen.load_id
        or facts.file_date > seen.as_of_date
        or facts.transaction_date > seen.as_of_date
        or (
            facts.transaction_date > {{ dbt.dateadd('day', -var('rfm_window_days'), 'seen.as_of_date') }}
            and facts.transaction_date <= {{ rfm_window_start() }}
        )
        or seen.as_of_date > {{ as_of() }}
        {%- if rules %}
        or seen.rules_checksum <> '{{ seeds_checksum(rules) }}'
        {%- endif %}
{% endmacro %}
