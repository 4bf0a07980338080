{#- The categories that have a column of their own; the rest is other. -#}
{% macro spend_categories() %}
    {{- return([
        'cash', 'digital', 'dining', 'entertainment', 'financial', 'groceries', 'health', 'home', 'services', 'shopping',
        'transport', 'travel', 'utilities',
    ]) -}}
{% endmacro %}
