{#- For models that hold a row of a customer and month, or of a day in it. A stored month is stale when the facts behind
    it are no longer those that it was made from: how many rows they are and what their loads' numbers add up to is
    stored with it, so that late rows, corrections and rows that moved to another month are all seen. Reading two
    narrow columns of a fact costs next to nothing beside summing it up. -#}
{% macro months_of(facts) %}
    select
        month_start,
        count(*) as fact_rows,
        cast(sum(_load_id) as bigint) as fact_load_ids
    from (
        {%- for fact in facts %}
            select
                {{ month_of('transaction_date') }} as month_start,
                _load_id
            from {{ ref(fact) }}
            where file_date <= {{ as_of() }}
            {{ 'union all' if not loop.last }}
        {%- endfor %}
    ) as known
    group by month_start
{% endmacro %}


{% macro month_of(day) -%}
    cast({{ dbt.date_trunc('month', day) }} as date)
{%- endmacro %}


{#- Two customers hold the same accounts if number and sum agree: the sum is of 28 bits of each account's digest. -#}
{% macro accounts_by_customer() %}
    select
        customer_id,
        count(*) as accounts_held,
        cast(sum(cast({{ hash_share('account_id', 'accounts') }} * 268435456 as bigint)) as bigint) as accounts_sum
    from {{ ref('int_accounts_owned') }}
    where customer_id is not null
    group by customer_id
{% endmacro %}


{#- First days of the months to be made again: those that changed, and those of which days have come since. -#}
{% macro stale_months(facts, rules=[]) %}
    {% set found = [] %}
    {% if execute and is_incremental() %}
        {% set query %}
            select coalesce(facts.month_start, held.month_start) as month_start
            from ({{ months_of(facts) }}) as facts
            full outer join (
                select
                    month_start,
                    max(fact_rows) as fact_rows,
                    max(fact_load_ids) as fact_load_ids,
                    min(as_of_date) as as_of_date,
                    min(rules_checksum) as rules_checksum
                from {{ this }}
                group by month_start
            ) as held
                on facts.month_start = held.month_start
            where
                facts.month_start is null
                or held.month_start is null
                or facts.fact_rows <> held.fact_rows
                or facts.fact_load_ids <> held.fact_load_ids
                or held.rules_checksum <> '{{ seeds_checksum(rules) }}'
                or (
                    held.as_of_date <> {{ as_of() }}
                    and {{ dbt.dateadd('month', 1, 'held.month_start') }}
                    > {{ date_plus_days('least(held.as_of_date, ' ~ as_of() ~ ')', 1) }}
                )
            order by 1
        {% endset %}
        {% set found = run_query(query).columns[0].values() | map('string') | list %}
    {% endif %}
    {{ return(found) }}
{% endmacro %}


{#- Before the model runs: stale months go, and customers whose accounts are not those of the last time, whose months
    are all made again. A month that lost its last row is gone, too, where delete+insert by key would leave it. -#}
{% macro forget_stale_months(facts, rules=[]) %}
    {% if is_incremental() %}
        delete from {{ this }}
        where
            {{ in_months('month_start', stale_months(facts, rules)) }}
            or customer_id in (
                select held.customer_id
                from (
                    select
                        customer_id,
                        max(accounts_held) as accounts_held,
                        max(accounts_sum) as accounts_sum
                    from {{ this }}
                    group by customer_id
                ) as held
                left join ({{ accounts_by_customer() }}) as now_held
                    on held.customer_id = now_held.customer_id
                where
                    now_held.customer_id is null
                    or held.accounts_held <> now_held.accounts_held
                    or held.accounts_sum <> now_held.accounts_sum
            )
    {% endif %}
{% endmacro %}


{#- Condition that a day lies in one of the months; the bounds let the engine skip all blocks before and after. -#}
{% macro in_months(day, months) -%}
    {%- if months -%}
        (
            {{ day }} >= cast('{{ months | first }}' as date)
            and {{ day }} < {{ dbt.dateadd('month', 1, "cast('" ~ months | last ~ "' as date)") }}
            and {{ month_of(day) }} in (
                {%- for month in months %}cast('{{ month }}' as date){{ ', ' if not loop.last }}{% endfor -%}
            )
        )
    {%- else -%}
        1 = 0
    {%- endif -%}
{%- endmacro %}
