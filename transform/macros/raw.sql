{# The loaded table of a stream; where there is none, because a plan or a role does not allow the stream or nobody selected
   it, no rows of the same columns. #}
{% macro raw(stream) %}
    {%- set table = source('clockify', stream) -%}
    {%- if not execute or load_relation(table) -%}
        {{ table }}
    {%- else -%}
        {%- set node = graph.sources.values() | selectattr('name', 'equalto', stream) | first -%}
        (select
        {%- for column in node.columns.values() %}
            null::{{ column.data_type }} as "{{ column.name }}"{{ ',' if not loop.last }}
        {%- endfor %}
        where false)
    {%- endif -%}
{% endmacro %}
