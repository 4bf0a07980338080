{#- After the last model: what the warehouse itself says is attached to every protected table, also to those that this
    run did not build. A mask or a row policy that is missing, or a right that nobody should have, fails the run. -#}
{% macro check_access() %}
    {% if execute %}
        {{ return(adapter.dispatch('check_access', 'bankmart')()) }}
    {% endif %}
{% endmacro %}


{% macro default__check_access() %}
    {{ exceptions.raise_compiler_error('check_access is not written for the adapter ' ~ adapter.type()) }}
{% endmacro %}


{% macro duckdb__check_access() %}
{% endmacro %}


{% macro redshift__check_access() %}
    {% set problems = missing_protection() + rights_too_wide() %}
    {% if problems %}
        {#- The exception takes the place of all results, so it has to tell of those that went wrong, too. -#}
        {% for result in results if result.status | string in ['error', 'fail'] %}
            {% do problems.append(result.node.name ~ ' failed: ' ~ result.message) %}
        {% endfor %}
        {{ exceptions.raise_compiler_error(
            'Personal data is not protected:\n' ~ problems | join('\n')
            ~ '\nBuild these tables again; `dbt run-operation create_roles` creates roles that are missing.'
        ) }}
    {% endif %}
    {% do drop_old_row_policies() %}
{% endmacro %}


{% macro missing_protection() %}
    {% set problems, tables = [], existing_tables() %}
    {% for node in protected_nodes() if (node.schema, node.alias) in tables %}
        {% set masks, place = attached_masks(node.schema, node.alias), node.schema ~ '.' ~ node.alias %}
        {% for column in masked_columns(node) %}
            {% for role, policy, priority in mask_grantees(column) if (column.name, role, policy) not in masks %}
                {% do problems.append(
                    place ~ '.' ~ column.name ~ ' lacks the masking policy ' ~ policy ~ ' for the role ' ~ role
                ) %}
            {% endfor %}
        {% endfor %}
        {% if row_policy(node) %}
            {% set found = [] %}
            {% for name, grantee, is_on in attached_rows(node.schema, node.alias) if is_on %}
                {% do found.append((name.rstrip('0123456789'), grantee)) %}
            {% endfor %}
            {% for role, policy in row_grantees(row_policy(node)) %}
                {% if (policy.rstrip('0123456789'), role) not in found %}
                    {% do problems.append(place ~ ' lacks the row policy ' ~ policy ~ ' for the role ' ~ role) %}
                {% endif %}
            {% endfor %}
        {% endif %}
    {% endfor %}
    {{ return(problems) }}
{% endmacro %}


{% macro existing_tables() %}
    {% set tables = [] %}
    {% set query %}
        select table_schema, table_name from information_schema.tables where table_type = 'BASE TABLE'
    {% endset %}
    {% for row in run_query(query).rows %}
        {% do tables.append((row[0], row[1])) %}
    {% endfor %}
    {{ return(tables) }}
{% endmacro %}


{#- Everybody's rights, those of analysts outside of marts and seeds, and anybody's on a masked table who has no mask. -#}
{% macro rights_too_wide() %}
    {% set problems, masked = [], [] %}
    {% for node in protected_nodes() %}
        {% do masked.append((node.schema, node.alias)) %}
    {% endfor %}
    {% set query %}
        select distinct namespace_name, relation_name, identity_name, identity_type
        from svv_relation_privileges
        where
            privilege_type = 'SELECT'
            and namespace_name in ('{{ project_schemas() | join("', '") }}')
        order by 1, 2, 3
    {% endset %}
    {% set open_to_analysts = schemas_for_analysts() %}
    {% for schema, table, grantee, kind in run_query(query).rows %}
        {% set is_analyst = grantee in [access_role('analyst'), access_role('pii_reader')] %}
        {% set is_wide = kind == 'public' or (is_analyst and schema not in open_to_analysts) %}
        {% set is_unmasked = (schema, table) in masked and kind in ['role', 'group'] and grantee not in access_roles() %}
        {% if is_wide or is_unmasked %}
            {% do problems.append(schema ~ '.' ~ table ~ ' can be read by the ' ~ kind ~ ' ' ~ grantee) %}
        {% endif %}
    {% endfor %}
    {{ return(problems) }}
{% endmacro %}


{% macro project_schemas() %}
    {% set schemas = loader_schemas() %}
    {% for node in graph.nodes.values() if node.package_name == 'bankmart' %}
        {% if node.resource_type in ['model', 'snapshot', 'seed'] and node.schema not in schemas %}
            {% do schemas.append(node.schema) %}
        {% endif %}
    {% endfor %}
    {{ return(schemas) }}
{% endmacro %}


{#- Those of earlier days, which no table carries any more. -#}
{% macro drop_old_row_policies() %}
    {% set query %}
        select polname from svv_rls_policy
        where polname like 'bankmart_adults_by_%' and polname not in (select polname from svv_rls_attached_policy)
    {% endset %}
    {% set wanted = row_policies() %}
    {% for name in run_query(query).columns[0].values() if name not in wanted %}
        {% do run_access(['drop rls policy ' ~ name]) %}
    {% endfor %}
{% endmacro %}
