{% macro check_snapshot_day() %}
    {% set snapshot_exists = execute and load_relation(this) is not none %}
    {% if snapshot_exists %}
        {% do check_day_is_not_past() %}
        {% do check_picture_has_not_shrunk() %}
    {% endif %}
{% endmacro %}


{% macro check_day_is_not_past() %}
    {% set last_day = run_query(
        "select max(as_of) from " ~ ops_relation('snapshot_days') ~ " where snapshot_name = '" ~ this.identifier ~ "'"
    ).columns[0].values()[0] %}
    {% if last_day and as_of_day() < last_day | string %}
        {{ exceptions.raise_compiler_error(
            this.identifier ~ ' already knows ' ~ last_day ~ ' and cannot take ' ~ as_of_day()
            ~ ' after it. Build for that day or a later one, or rebuild the history.'
        ) }}
    {% endif %}
{% endmacro %}


{% macro check_picture_has_not_shrunk() %}
    {% set query %}
        select
            (
                select count(*) from {{ this }}
                where
                    dbt_updated_at < {{ snapshot_get_time() }}
                    and (dbt_valid_to is null or dbt_valid_to = {{ snapshot_get_time() }})
            ) as rows_before,
            (select count(*) from ({{ model.compiled_code }}) as picture) as rows_now
    {% endset %}
    {% set counts = run_query(query) %}
    {% set before, now = counts.rows[0][0] | int, counts.rows[0][1] | int %}
    {% if before - now > var('max_shrink') * before and not var('allow_shrink', false) %}
        {{ exceptions.raise_compiler_error(
            this.identifier ~ ' holds ' ~ before ~ ' open rows, but the picture of ' ~ as_of_day() ~ ' has only ' ~ now
            ~ ': more than max_shrink (' ~ var('max_shrink') ~ ') would be closed. Load the whole picture, or'
            ~ ' pass --vars "allow_shrink: true" if they are truly gone.'
        ) }}
    {% endif %}
{% endmacro %}
