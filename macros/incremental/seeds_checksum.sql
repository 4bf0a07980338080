{#- Says whether rules are those that stored rows were made with. -#}
{% macro seeds_checksum(seed_names) %}
    {%- set checksums = [] -%}
    {%- for name in seed_names -%}
        {%- if execute -%}
            {%- do checksums.append(graph.nodes['seed.bankmart.' ~ name].checksum.checksum) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(local_md5(checksums | join(','))) -}}
{% endmacro %}
