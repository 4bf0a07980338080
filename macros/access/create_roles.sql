{#- `dbt run-operation create_roles`, by a superuser or a security administrator; harmless when done again. -#}
{% macro create_roles() %}
    {{ return(adapter.dispatch('create_roles', 'bankmart')()) }}
{% endmacro %}


{% macro default__create_roles() %}
    {{ exceptions.raise_compiler_error('create_roles is not written for the adapter ' ~ adapter.type()) }}
{% endmacro %}


{% macro duckdb__create_roles() %}
    {% do log('DuckDB knows no users: whoever can read the file sees all of it. No role was created.', info=true) %}
{% endmacro %}


{% macro redshift__create_roles() %}
    {% set existing = run_query('select role_name from svv_roles').columns[0].values() | list %}
    {% for role in access_roles() if role not in existing %}
        {% do run_access(['create role ' ~ role]) %}
    {% endfor %}
    {% do run_access([
        'grant role sys:secadmin to role ' ~ access_role('dbt'),
        'grant ignore rls to role ' ~ access_role('dbt'),
        'grant ignore rls to role ' ~ access_role('loader'),
        'grant create on database ' ~ adapter.quote(target.dbname) ~ ' to role ' ~ access_role('dbt'),
        'grant create on database ' ~ adapter.quote(target.dbname) ~ ' to role ' ~ access_role('loader'),
    ]) %}
    {% for schema in existing_schemas(loader_schemas()) %}
        {% do run_access([
            'grant usage on schema ' ~ schema ~ ' to role ' ~ access_role('dbt'),
            'grant select on all tables in schema ' ~ schema ~ ' to role ' ~ access_role('dbt'),
        ]) %}
    {% endfor %}
    {% if 'ops' in existing_schemas(['ops']) %}
        {% do run_access([
            'grant insert, update, delete on all tables in schema ops to role ' ~ access_role('dbt'),
        ]) %}
    {% endif %}
    {% do log('Roles: ' ~ access_roles() | join(', '), info=true) %}
{% endmacro %}


{#- Prefixed: users and roles share their names in the catalogue of some engines. -#}
{% macro access_role(name) %}
    {{- return('bankmart_' ~ name) -}}
{% endmacro %}


{% macro access_roles() %}
    {% set roles = [] %}
    {% for name in ['loader', 'dbt', 'analyst', 'pii_reader'] %}
        {% do roles.append(access_role(name)) %}
    {% endfor %}
    {{ return(roles) }}
{% endmacro %}


{#- Schemas that the loader creates; its tables are declared as sources. -#}
{% macro loader_schemas() %}
    {{ return(graph.sources.values() | map(attribute='schema') | unique | sort | list) }}
{% endmacro %}


{% macro existing_schemas(schemas) %}
    {% set query %}
        select nspname from pg_catalog.pg_namespace where nspname in ('{{ schemas | join("', '") }}')
    {% endset %}
    {{ return(run_query(query).columns[0].values() | list) }}
{% endmacro %}


{% macro run_access(statements) %}
    {% for line in statements %}
        {% call statement('access', auto_begin=false) %}
            {{ line }}
        {% endcall %}
    {% endfor %}
{% endmacro %}
