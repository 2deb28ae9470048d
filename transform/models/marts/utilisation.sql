with tracked as (
    select
        workspace_id,
        person_key,
        person,
        week,
        sum(seconds) / 3600.0 as hours,
        coalesce(sum(seconds) filter (where is_billable), 0) / 3600.0 as billable_hours
    from {{ ref('fct_time_entries') }}
    where is_work and not is_running
    group by 1, 2, 3, 4
),

available as (
    select
        workspace_id,
        person_key,
        person,
        week,
        sum(capacity_hours) as capacity_hours,
        sum(time_off_hours) as time_off_hours,
        sum(planned_hours) as planned_hours
    from {{ ref('fct_capacity') }}
    group by 1, 2, 3, 4
)

select
    coalesce(available.workspace_id, tracked.workspace_id) as workspace_id,
    person_key,
    coalesce(available.person, tracked.person) as person,
    week,
    (date_trunc('week', {{ as_of() }})::date - week) / 7 as weeks_ago,
    available.capacity_hours,
    coalesce(available.time_off_hours, 0) as time_off_hours,
    coalesce(available.planned_hours, 0) as planned_hours,
    round(coalesce(tracked.hours, 0), 4) as hours,
    round(coalesce(tracked.billable_hours, 0), 4) as billable_hours,
    round(coalesce(tracked.hours, 0) / nullif(available.capacity_hours, 0), 4) as utilisation,
    round(coalesce(tracked.billable_hours, 0) / nullif(available.capacity_hours, 0), 4) as billable_utilisation
from available
full join tracked using (person_key, week)
