{# Comments on the loaded tables and their columns, out of sources.yml: dbt itself describes only what it builds. Tables of
   other owners are left alone, and so is a comment that is there already. #}
{% macro describe_sources() %}
    {%- if execute and flags.WHICH in ('run', 'build') -%}
        {%- set said = [] -%}
        {%- for source in graph.sources.values() if source.source_name == 'clockify' -%}
            {%- do said.append([source.schema, source.identifier, none, source.description]) -%}
            {%- for column in source.columns.values() -%}
                {%- do said.append([source.schema, source.identifier, column.name, column.description]) -%}
            {%- endfor -%}
        {%- endfor -%}
do $describe$
declare
    said record;
begin
    for said in
        select class.oid::regclass as place, attribute.attname as named, word.value ->> 3 as words
        from jsonb_array_elements($words${{ tojson(said) }}$words$::jsonb) as word
        join pg_namespace as space on space.nspname = word.value ->> 0
        join pg_class as class
            on class.relnamespace = space.oid and class.relname = word.value ->> 1 and class.relkind in ('r', 'p')
        left join pg_attribute as attribute
            on attribute.attrelid = class.oid and attribute.attname = word.value ->> 2 and not attribute.attisdropped
        where pg_has_role(class.relowner, 'usage')
            and (word.value ->> 2 is null or attribute.attnum is not null)
            and coalesce(
                case
                    when attribute.attnum is null then obj_description(class.oid, 'pg_class')
                    else col_description(class.oid, attribute.attnum)
                end,
                ''
            ) <> word.value ->> 3
    loop
        if said.named is null then
            execute format('comment on table %s is %L', said.place, said.words);
        else
            execute format('comment on column %s.%I is %L', said.place, said.named, said.words);
        end if;
    end loop;
end
$describe$
    {%- endif -%}
{% endmacro %}
