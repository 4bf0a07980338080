{% macro date_first_versions() %}
    {% set key, opening_day = config.get('unique_key'), config.get('meta')['opening_day'] %}
    update {{ this }}
    set dbt_valid_from = cast({{ opening_day }} as timestamp)
    where
        dbt_updated_at = {{ snapshot_get_time() }}
        and cast({{ opening_day }} as timestamp) < dbt_valid_from
        and {{ key }} not in (
            select {{ key }} from {{ this }} where dbt_updated_at < {{ snapshot_get_time() }}
        )
{% endmacro %}
