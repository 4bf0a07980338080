{#- A quotient rounded half away from zero, by one rule on each engine: DuckDB divides in floating point, and Redshift
    keeps as few as four digits of a decimal quotient and cuts off the rest. The denominator is above zero. -#}
{% macro exact_ratio(numerator, denominator, scale) %}
    {{- return(adapter.dispatch('exact_ratio', 'bankmart')(numerator, denominator, scale)) -}}
{% endmacro %}


{% macro default__exact_ratio(numerator, denominator, scale) %}
    {{ exceptions.raise_compiler_error('exact_ratio is not written for the adapter ' ~ adapter.type()) }}
{% endmacro %}


{#- The numerator in units of its tenth digit, as Redshift takes it; then twice the numerator and one denominator more,
    by twice the denominator. -#}
{% macro duckdb__exact_ratio(numerator, denominator, scale) %}
    {%- set units = 'cast(cast(' ~ numerator ~ ' as decimal(28, 10)) * ' ~ 10 ** 10 ~ ' as hugeint)' -%}
    {%- set whole = 'cast(' ~ denominator ~ ' as hugeint) * ' ~ 10 ** 10 -%}
    {%- set rounded = '(2 * abs(' ~ units ~ ') * ' ~ 10 ** scale ~ ' + ' ~ whole ~ ') // (2 * ' ~ whole ~ ')' -%}
    {%- set last_digit = 'cast(' ~ '%.*f' | format(scale, 10 ** -scale) ~ ' as decimal(9, ' ~ scale ~ '))' -%}
    {{- return(
        'cast(cast(sign(' ~ numerator ~ ') * (' ~ rounded ~ ') as decimal(18, 0)) * ' ~ last_digit
        ~ ' as decimal(18, ' ~ scale ~ '))'
    ) -}}
{% endmacro %}


{#- Ten digits behind the point over a BIGINT: the quotient has twenty. -#}
{% macro redshift__exact_ratio(numerator, denominator, scale) %}
    {{- return(
        'cast(round(cast(' ~ numerator ~ ' as decimal(28, 10)) / cast(' ~ denominator ~ ' as bigint), ' ~ scale
        ~ ') as decimal(18, ' ~ scale ~ '))'
    ) -}}
{% endmacro %}
