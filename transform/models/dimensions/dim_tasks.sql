select
    tasks.id as task_id,
    tasks."workspaceId" as workspace_id,
    tasks."projectId" as project_id,
    projects.project,
    projects.client_id,
    projects.client,
    tasks.name as task,
    tasks.status,
    coalesce(tasks.status = 'DONE', false) as is_done,
    coalesce(tasks.billable, false) as is_billable,
    {{ hours("nullif(" ~ seconds_of('tasks.estimate') ~ ", 0)") }} as budget_hours,
    {{ major('nullif(tasks."budgetEstimate", 0)') }} as budget_amount,
    projects.currency
from {{ raw('tasks') }} as tasks
left join {{ ref('dim_projects') }} as projects on projects.project_id = tasks."projectId"
