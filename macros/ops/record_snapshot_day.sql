{#- Scores are loaded after the snapshots of their night and are in none: they make no history stale. -#}
{% macro record_snapshot_day() %}
    {% if execute %}
        {% set days = ops_relation('snapshot_days') %}
        delete from {{ days }} where snapshot_name = '{{ this.identifier }}' and as_of = {{ as_of() }};
        insert into {{ days }} (snapshot_name, as_of, last_load_id)
        select '{{ this.identifier }}', {{ as_of() }}, max(load_id)
        from {{ ops_relation('load_ledger') }}
        where source <> 'ml';
    {% endif %}
{% endmacro %}
