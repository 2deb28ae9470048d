select
    workspace_id,
    person_key,
    person,
    day,
    week,
    month,
    client_id,
    client,
    project_id,
    project,
    task_id,
    task,
    currency,
    count(*) as entries,
    round(sum(seconds) / 3600.0, 4) as hours,
    round(coalesce(sum(seconds) filter (where is_billable), 0) / 3600.0, 4) as billable_hours,
    round(sum(amount), 4) as amount,
    count(*) filter (where amount is null) as entries_of_unknown_amount
from {{ ref('fct_time_entries') }}
where is_work and not is_running
group by workspace_id, person_key, person, day, week, month, client_id, client, project_id, project, task_id, task, currency
