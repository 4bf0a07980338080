{% macro new_load_ids(source_name, table_name) %}
    {% set ids = [] %}
    {% if execute %}
        {% set query %}
            select load_id
            from {{ ops_relation('load_ledger') }}
            where
                source = '{{ source_name }}'
                and table_name = '{{ table_name }}'
                and file_date <= {{ as_of() }}
                and rows_loaded > 0
                and load_id not in (select distinct _load_id from {{ this }})
            order by load_id
        {% endset %}
        {% set ids = run_query(query).columns[0].values() %}
    {% endif %}
    {{ return('in (' ~ (ids | join(', ') or 'null') ~ ')') }}
{% endmacro %}
