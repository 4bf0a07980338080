{#- dbt asks this macro what a test with `where` is to read. In the condition `__lately__` stands for the day after which
    rows are tested in a night, and `__rows__` for the tested relation: what is older was tested when it was new, and
    is once more on the first of each month and with --full-refresh. -#}
{% macro default__get_where_subquery(relation) %}
    {%- set condition = (config.get('where') or '') | string -%}
    {%- if not condition -%}
        {{- return(relation) -}}
    {%- endif -%}
    {%- set rendered = condition | replace('__lately__', lately()) | replace('__rows__', relation | string) -%}
    {{- return('(select * from ' ~ relation ~ ' where ' ~ rendered ~ ') as tested') -}}
{% endmacro %}


{% macro lately() %}
    {%- if flags.FULL_REFRESH or as_of_day().endswith('-01') -%}
        {{- return("cast('1900-01-01' as date)") -}}
    {%- endif -%}
    {{- return(date_plus_days(as_of(), -var('tested_days'))) -}}
{% endmacro %}
