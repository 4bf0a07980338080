{#- A quotient rounded half away from zero, by one rule on each engine: DuckDB divides in floating point, and Redshift
    keeps as few as four digits of a decimal quotient and cuts off the rest. The denominator is above zero. -#}
{% macro exact_ratio(numerator, denominator, scale) %}
    {{- return(adapter.dispatch('exact_ratio', 'bankmart')(numerator, denominator, scale)) -}}
{% endmacro %}


{% macro default__exact_ratio(numerator, denominator, scale) %}
    {{ exceptions.raise_compiler_error('exact_ratio is not written for the adapter ' ~ adapter.type()) }}
{% endmacro %}


{#- In whole units of the last digit: twice the numerator and one denominator more, by twice the denominator. -#}
{% macro duckdb__exact_ratio(numerator, denominator, scale) %}
    {%- set units = 'cast(cast(' ~ numerator ~ ' as decimal(28, ' ~ scale ~ ')) * ' ~ 10 ** scale ~ ' as hugeint)' -%}
    {%- set rounded = '(2 * abs(' ~ units ~ ') + ' ~ denominator ~ ') // (2 * ' ~ denominator ~ ')' -%}
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
