{% macro ops_relation(table_name) %}
    {#- Through the graph, not source(): a mart that asks for the day must not thereby depend on a source. -#}
    {% set node = graph.sources['source.bankmart.ops.' ~ table_name] %}
    {{ return(adapter.get_relation(database=node.database, schema=node.schema, identifier=node.identifier)) }}
{% endmacro %}
