{# Money in major units: Clockify's minor units are hundredths in every currency. #}
{% macro major(minor) %}round(({{ minor }})::numeric / 100, 4){% endmacro %}

{# Hours out of whole seconds. #}
{% macro hours(seconds) %}round(({{ seconds }})::numeric / 3600, 6){% endmacro %}

{# Whole seconds out of an ISO 8601 duration such as PT1H30M. #}
{% macro seconds_of(duration) %}extract(epoch from nullif({{ duration }}, '')::interval)::bigint{% endmacro %}

{# The day that everything is seen from. #}
{% macro as_of() %}
    {%- set day = env_var('DBT_CLOCKIFY_AS_OF', '') -%}
    {%- if day %}'{{ day }}'::date{% else %}(now() at time zone 'UTC')::date{% endif -%}
{% endmacro %}

{# The zone of people of whom none is known. #}
{% macro unknown_time_zone() %}'{{ env_var('DBT_CLOCKIFY_UNKNOWN_TIME_ZONE', 'UTC') }}'{% endmacro %}

{# One key for an object of which the id alone may come in several workspaces. #}
{% macro person_key(workspace, person) %}{{ workspace }} || ':' || {{ person }}{% endmacro %}
