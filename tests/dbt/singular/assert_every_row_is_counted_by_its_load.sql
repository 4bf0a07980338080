-- Rows in = loaded + dead + erased for each load, and the ledger's counts are what the raw tables and the dead letters hold.
with ledger as (
    select * from {{ source('ops', 'load_ledger') }}
),

raw_rows as (
    {%- for node in graph.sources.values() if node.schema == 'raw' %}
    select _load_id as load_id, count(*) as held
    from {{ node.relation_name }}
    group by _load_id
    {{ 'union all' if not loop.last }}
    {%- else %}
    select null as load_id, 0 as held
    {%- endfor %}
),

dead_rows as (
    select load_id, count(*) as dead
    from {{ source('ops', 'dead_letters') }}
    group by load_id
),

replayed_rows as (
    select replayed_load_id as load_id, count(*) as replayed
    from {{ source('ops', 'dead_letters') }}
    where replayed_load_id is not null
    group by replayed_load_id
),

compared as (
    select
        ledger.*,
        coalesce(raw_rows.held, 0) as rows_held,
        coalesce(dead_rows.dead, 0) as dead_held,
        coalesce(replayed_rows.replayed, 0) as rows_replayed
    from ledger
    full outer join raw_rows on ledger.load_id = raw_rows.load_id
    left join dead_rows on ledger.load_id = dead_rows.load_id
    left join replayed_rows on ledger.load_id = replayed_rows.load_id
)

select *
from compared
where
    load_id is null
    or rows_in <> rows_loaded + rows_dead + coalesce(rows_erased, 0)
    or rows_loaded <> rows_held
    or rows_dead <> dead_held
    or (replay_of_load_id is not null and rows_loaded <> rows_replayed)
