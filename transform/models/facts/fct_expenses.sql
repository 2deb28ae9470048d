with invoiced as (
    select distinct on (expense_id)
        expense_id, invoice_id, invoice_number, invoice_status
    from {{ ref('fct_invoice_lines') }}
    cross join lateral unnest(expense_ids) as expense_id
    where invoice_status <> 'VOID'
    order by expense_id, issued_on, invoice_id
)

select
    expenses.id as expense_id,
    expenses."workspaceId" as workspace_id,
    {{ person_key('expenses."workspaceId"', 'expenses."userId"') }} as person_key,
    people.person,
    expenses.date::date as day,
    date_trunc('month', expenses.date)::date as month,
    nullif(expenses.project ->> 'clientId', '') as client_id,
    coalesce(projects.client, nullif(expenses.project ->> 'clientName', '')) as client,
    nullif(expenses.project ->> 'id', '') as project_id,
    coalesce(projects.project, nullif(expenses.project ->> 'name', '')) as project,
    nullif(expenses.task ->> 'id', '') as task_id,
    nullif(expenses.task ->> 'name', '') as task,
    expenses.category ->> 'name' as category,
    nullif(expenses.category ->> 'unit', '') as unit,
    case when (expenses.category ->> 'hasUnitPrice')::boolean then expenses.quantity end as units,
    workspaces.currency,
    {{ major('expenses.total') }} as amount,
    coalesce(expenses.billable, false) as is_billable,
    coalesce(expenses.locked, expenses."isLocked", false) as is_locked,
    nullif(expenses.notes, '') as note,
    nullif(expenses."fileName", '') as receipt,
    invoiced.invoice_id,
    invoiced.invoice_number,
    invoiced.invoice_status
from {{ raw('expenses') }} as expenses
left join {{ ref('dim_workspaces') }} as workspaces on workspaces.workspace_id = expenses."workspaceId"
left join {{ ref('dim_people') }} as people
    on people.person_key = {{ person_key('expenses."workspaceId"', 'expenses."userId"') }}
left join {{ ref('dim_projects') }} as projects on projects.project_id = expenses.project ->> 'id'
left join invoiced on invoiced.expense_id = expenses.id
