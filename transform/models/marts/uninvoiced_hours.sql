select
    workspace_id,
    client_id,
    client,
    project_id,
    project,
    month,
    currency,
    count(*) as entries,
    round(sum(seconds) / 3600.0, 4) as hours,
    round(sum(amount), 4) as amount,
    count(*) filter (where amount is null) as entries_of_unknown_amount,
    min(day) as first_day,
    max(day) as last_day
from {{ ref('fct_time_entries') }}
where is_work and is_billable and not is_running and invoice_id is null
group by workspace_id, client_id, client, project_id, project, month, currency
