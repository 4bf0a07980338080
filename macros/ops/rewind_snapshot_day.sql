{#- What a run for this day did before is undone, so that the day may be run again, also with a corrected file. -#}
{% macro rewind_snapshot_day() %}
    {% if execute and load_relation(this) is not none %}
        delete from {{ this }} where dbt_updated_at = {{ snapshot_get_time() }};
        update {{ this }} set dbt_valid_to = null where dbt_valid_to = {{ snapshot_get_time() }};
    {% endif %}
{% endmacro %}
