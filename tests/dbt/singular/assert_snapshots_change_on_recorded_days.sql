-- A version begins and ends on a day that its snapshot was run for: a gap is a time when the row was missing.
{% set names = ['snap_core_banking__customers', 'snap_core_banking__accounts', 'snap_core_banking__loans'] %}
with days as (
    select
        snapshot_name,
        cast(as_of as timestamp) as recorded_at
    from {{ source('ops', 'snapshot_days') }}
),

changes as (
    {% for name in names %}
        select
            '{{ name }}' as snapshot_name,
            dbt_scd_id,
            dbt_updated_at as changed_at
        from {{ ref(name) }}
        union all
        select
            '{{ name }}' as snapshot_name,
            dbt_scd_id,
            dbt_valid_to as changed_at
        from {{ ref(name) }}
        where dbt_valid_to is not null
        {% if not loop.last %} union all {% endif %}
    {% endfor %}
)

select changes.*
from changes
left join days
    on changes.snapshot_name = days.snapshot_name and changes.changed_at = days.recorded_at
where days.recorded_at is null
