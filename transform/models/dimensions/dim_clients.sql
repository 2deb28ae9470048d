select
    clients.id as client_id,
    clients."workspaceId" as workspace_id,
    clients.name as client,
    nullif(clients.email, '') as email,
    nullif(clients.note, '') as note,
    coalesce(nullif(clients."currencyCode", ''), workspaces.currency) as currency,
    coalesce(clients.archived, false) as is_archived
from {{ raw('clients') }} as clients
left join {{ ref('dim_workspaces') }} as workspaces on workspaces.workspace_id = clients."workspaceId"
