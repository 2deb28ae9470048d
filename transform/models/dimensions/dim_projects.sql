select
    projects.id as project_id,
    projects."workspaceId" as workspace_id,
    projects.name as project,
    nullif(projects."clientId", '') as client_id,
    clients.client,
    -- The currency of the client; it is not known if the client is not known.
    case when nullif(projects."clientId", '') is null then workspaces.currency else clients.currency end as currency,
    nullif(projects.note, '') as note,
    projects.color,
    coalesce(projects.billable, false) as is_billable,
    coalesce(projects.archived, false) as is_archived,
    coalesce(projects.template, false) as is_template,
    coalesce(projects.public, false) as is_public,
    {{ major("(projects.\"hourlyRate\" ->> 'amount')") }} as hourly_rate,
    projects."hourlyRate" ->> 'currency' as hourly_rate_currency,
    {{ major("(projects.\"costRate\" ->> 'amount')") }} as cost_rate,
    projects."costRate" ->> 'currency' as cost_rate_currency,
    case when (projects."timeEstimate" ->> 'active')::boolean
        then {{ hours(seconds_of("(projects.\"timeEstimate\" ->> 'estimate')")) }} end as budget_hours,
    case when (projects."budgetEstimate" ->> 'active')::boolean
        then {{ major("(projects.\"budgetEstimate\" ->> 'estimate')") }} end as budget_amount
from {{ raw('projects') }} as projects
left join {{ ref('dim_workspaces') }} as workspaces on workspaces.workspace_id = projects."workspaceId"
left join {{ ref('dim_clients') }} as clients on clients.client_id = projects."clientId"
