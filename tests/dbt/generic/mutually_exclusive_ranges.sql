{#- Half-open ranges [from, to) of a key: none is empty or backwards, and none begins before the one before it has ended. -#}
{% test mutually_exclusive_ranges(model, key, valid_from, valid_to, gaps_allowed=true) %}
    with ranges as (
        select
            {{ key }},
            {{ valid_from }} as range_start,
            {{ valid_to }} as range_end,
            lead({{ valid_from }}) over (partition by {{ key }} order by {{ valid_from }}, {{ valid_to }}) as next_start
        from {{ model }}
    )

    select *
    from ranges
    where
        range_start is null
        or range_end <= range_start
        or (next_start is not null and range_end is null)
        or next_start < range_end
        {%- if not gaps_allowed %}
        or next_start > range_end
        {%- endif %}
{% endtest %}
