{% macro ops_relation(table_name) %}
    {#- Through the graph, not source(): a mart that asks for the day must not thereby depend on a source. And past
        dbt's cache of relations, which one thread may read while another is still filling it. -#}
    {% set node = graph.sources['source.bankmart.ops.' ~ table_name] %}
    {% set query %}
        select 1 from information_schema.tables
        where table_schema = '{{ node.schema }}' and table_name = '{{ node.identifier }}'
    {% endset %}
    {% if run_query(query).rows %}
        {{ return(api.Relation.create(database=node.database, schema=node.schema, identifier=node.identifier)) }}
    {% endif %}
    {{ return(none) }}
{% endmacro %}
