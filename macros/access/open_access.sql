{#- Before the first model: roles and policies exist, and analysts may enter the schemas of marts and seeds. -#}
{% macro open_access() %}
    {% if execute %}
        {{ return(adapter.dispatch('open_access', 'bankmart')()) }}
    {% endif %}
{% endmacro %}


{% macro default__open_access() %}
    {{ exceptions.raise_compiler_error('open_access is not written for the adapter ' ~ adapter.type()) }}
{% endmacro %}


{% macro duckdb__open_access() %}
{% endmacro %}


{% macro redshift__open_access() %}
    {% set existing = run_query('select role_name from svv_roles').columns[0].values() | list %}
    {% if access_roles() | reject('in', existing) | list %}
        {% do create_roles() %}
    {% endif %}
    {% do create_policies() %}
    {% for schema in existing_schemas(schemas_for_analysts()) %}
        {% do run_access([
            'grant usage on schema ' ~ schema ~ ' to role ' ~ access_role('analyst') ~ ', role '
            ~ access_role('pii_reader')
        ]) %}
    {% endfor %}
{% endmacro %}


{% macro schemas_for_analysts() %}
    {% set schemas = [] %}
    {% for node in graph.nodes.values() if node.package_name == 'bankmart' and is_for_analysts(node) %}
        {% if node.resource_type in ['model', 'seed'] and node.schema not in schemas %}
            {% do schemas.append(node.schema) %}
        {% endif %}
    {% endfor %}
    {{ return(schemas) }}
{% endmacro %}
