{#- Within the transaction that puts a rebuilt table in its place: dbt drops the old one and all policies with it.
    Rights come last, so that no moment exists in which an analyst reads a table without its masks. -#}
{% macro protect() %}
    {% if execute %}
        {{ return(adapter.dispatch('protect', 'bankmart')()) }}
    {% endif %}
{% endmacro %}


{% macro default__protect() %}
    {{ exceptions.raise_compiler_error('protect is not written for the adapter ' ~ adapter.type()) }}
{% endmacro %}


{% macro duckdb__protect() %}
{% endmacro %}


{% macro redshift__protect() %}
    {% if model.config.materialized not in ['view', 'ephemeral'] %}
        {% do run_access(missing_masks() + missing_rows()) %}
    {% endif %}
    {% if is_for_analysts(model) %}
        {% do run_access([
            'grant select on ' ~ this ~ ' to role ' ~ access_role('analyst') ~ ', role ' ~ access_role('pii_reader')
        ]) %}
    {% endif %}
{% endmacro %}


{% macro is_for_analysts(node) %}
    {{ return(node.resource_type == 'seed' or 'marts' in node.fqn) }}
{% endmacro %}


{% macro missing_masks() %}
    {% set columns, statements = masked_columns(model), [] %}
    {% if columns %}
        {% set attached = attached_masks(this.schema, this.identifier) %}
        {% for column in columns %}
            {% for role, policy, priority in mask_grantees(column) if (column.name, role, policy) not in attached %}
                {% do statements.append(
                    'attach masking policy ' ~ policy ~ ' on ' ~ this ~ '(' ~ column.name ~ ') to role ' ~ role
                    ~ ' priority ' ~ priority
                ) %}
            {% endfor %}
        {% endfor %}
    {% endif %}
    {{ return(statements) }}
{% endmacro %}


{% macro mask_grantees(column) %}
    {{ return([
        (access_role('analyst'), column.hide, 10),
        (access_role('pii_reader'), column.show, 20),
    ]) }}
{% endmacro %}


{% macro attached_masks(schema, identifier) %}
    {% set query %}
        select output_columns, grantee, policy_name
        from svv_attached_masking_policy
        where schema_name = '{{ schema }}' and table_name = '{{ identifier }}'
    {% endset %}
    {% set attached = [] %}
    {% for row in run_query(query).rows %}
        {% do attached.append((modules.re.sub('[^a-z0-9_]', '', row[0] | lower), row[1], row[2])) %}
    {% endfor %}
    {{ return(attached) }}
{% endmacro %}


{% macro missing_rows() %}
    {% set policy, statements = row_policy(model), [] %}
    {% if policy %}
        {% set attached = attached_rows(this.schema, this.identifier) %}
        {% for role, wanted in row_grantees(policy) %}
            {% for name, grantee, is_on in attached if grantee == role and name != wanted %}
                {% do statements.append('detach rls policy ' ~ name ~ ' on ' ~ this ~ ' from role ' ~ role) %}
            {% endfor %}
            {% if (wanted, role, true) not in attached and (wanted, role, false) not in attached %}
                {% do statements.append('attach rls policy ' ~ wanted ~ ' on ' ~ this ~ ' to role ' ~ role) %}
            {% endif %}
        {% endfor %}
        {% do statements.append('alter table ' ~ this ~ ' row level security on conjunction type or') %}
    {% endif %}
    {{ return(statements) }}
{% endmacro %}


{% macro row_grantees(policy) %}
    {{ return([(access_role('analyst'), policy), (access_role('pii_reader'), 'bankmart_everyone')]) }}
{% endmacro %}


{% macro attached_rows(schema, identifier) %}
    {% set query %}
        select polname, grantee, is_rls_on
        from svv_rls_attached_policy
        where relschema = '{{ schema }}' and relname = '{{ identifier }}'
    {% endset %}
    {% set attached = [] %}
    {% for row in run_query(query).rows %}
        {% do attached.append((row[0], row[1], row[2])) %}
    {% endfor %}
    {{ return(attached) }}
{% endmacro %}
