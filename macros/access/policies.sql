{#- What is masked, and which rows are left out, is said by the meta of columns alone:
    * `pii: direct` is hidden; `mask: year` shows of a date the first day of its year, `mask: hide` nothing;
    * `rows: adults` on a date of birth or an age leaves out customers under 18. -#}
{% macro masked_columns(node) %}
    {% set masked = [] %}
    {% for column in node.columns.values() %}
        {% set meta = column_meta(column) %}
        {% set mask = meta.get('mask', 'hide' if meta.get('pii') == 'direct' else none) %}
        {% if mask and node.config.materialized not in ['view', 'ephemeral'] %}
            {% do masked.append({
                'name': column.name,
                'type': column.data_type,
                'hide': policy_name(mask, column.data_type),
                'show': policy_name('show', column.data_type),
            }) %}
        {% endif %}
    {% endfor %}
    {{ return(masked) }}
{% endmacro %}


{% macro column_meta(column) %}
    {% set config = column.get('config') or {} %}
    {{ return(config.get('meta') or column.get('meta') or {}) }}
{% endmacro %}


{% macro policy_name(mask, data_type) %}
    {{- return('bankmart_' ~ mask ~ '_' ~ modules.re.sub('[^a-z0-9]+', '_', (data_type or '') | lower).strip('_')) -}}
{% endmacro %}


{#- Column of a node by whose value rows are left out, and the policy that says which. -#}
{% macro row_policy(node) %}
    {% for column in node.columns.values() if column_meta(column).get('rows') == 'adults' %}
        {% if (column.data_type or '') == 'date' %}
            {{ return('bankmart_adults_by_' ~ column.name ~ '_' ~ as_of_day() | replace('-', '')) }}
        {% endif %}
        {{ return('bankmart_adults_by_' ~ column.name) }}
    {% endfor %}
    {{ return(none) }}
{% endmacro %}


{% macro protected_nodes() %}
    {% set found = [] %}
    {% for node in graph.nodes.values() if node.package_name == 'bankmart' %}
        {% if node.resource_type in ['model', 'snapshot', 'seed'] and (masked_columns(node) or row_policy(node)) %}
            {% do found.append(node) %}
        {% endif %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}


{#- Created before the first model: models run side by side, and two might create the same policy. -#}
{% macro create_policies() %}
    {% for node in protected_nodes() %}
        {% for column in masked_columns(node) %}
            {% do run_access([
                'create masking policy if not exists ' ~ column.hide ~ ' with (given ' ~ column.type
                ~ ') using (' ~ mask_expression(column) ~ ')',
                'create masking policy if not exists ' ~ column.show ~ ' with (given ' ~ column.type
                ~ ') using (given)',
            ]) %}
        {% endfor %}
    {% endfor %}
    {% set existing = run_query('select polname from svv_rls_policy').columns[0].values() | list %}
    {% for name, statement in row_policies().items() if name not in existing %}
        {% do run_access([statement]) %}
    {% endfor %}
{% endmacro %}


{#- Expressions of SQL alone: Redshift takes no new functions in Python. -#}
{% macro mask_expression(column) %}
    {% if '_year_' in column.hide %}
        {{- return("cast(date_trunc('year', given) as date)") -}}
    {% endif %}
    {{- return('cast(null as ' ~ column.type ~ ')') -}}
{% endmacro %}


{% macro row_policies() %}
    {% set policies = {'bankmart_everyone': 'create rls policy bankmart_everyone using (true)'} %}
    {% for node in protected_nodes() if row_policy(node) %}
        {% for column in node.columns.values() if column_meta(column).get('rows') == 'adults' %}
            {% set grown_up = column.name ~ ' >= 18' %}
            {% if column.data_type == 'date' %}
                {% set grown_up = column.name ~ " <= add_months('" ~ as_of_day() ~ "'::date, -216)" %}
            {% endif %}
            {% do policies.update({
                row_policy(node): 'create rls policy ' ~ row_policy(node) ~ ' with (' ~ column.name ~ ' '
                ~ column.data_type ~ ') using (' ~ column.name ~ ' is null or ' ~ grown_up ~ ')'
            }) %}
        {% endfor %}
    {% endfor %}
    {{ return(policies) }}
{% endmacro %}
