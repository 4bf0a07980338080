{% macro make_analyst() %}
    {% if execute %}
        {% set known = run_query("select count(*) from pg_user where usename = 'small_analyst'").columns[0].values()[0] %}
        {% if known == 0 %}create user small_analyst password disable{% endif %}
    {% endif %}
{% endmacro %}
