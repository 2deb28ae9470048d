select
    invoices.id as invoice_id,
    invoices."workspaceId" as workspace_id,
    invoices.number as invoice_number,
    invoices."clientId" as client_id,
    coalesce(clients.client, nullif(invoices."clientName", '')) as client,
    invoices.status,
    invoices."issuedDate"::date as issued_on,
    invoices."dueDate"::date as due_on,
    invoices.currency,
    {{ major('invoices.amount') }} as amount,
    {{ major('invoices.balance') }} as balance,
    greatest({{ as_of() }} - invoices."dueDate"::date, 0) as days_overdue,
    case
        when invoices."dueDate" is null then 'no due date'
        when {{ as_of() }} <= invoices."dueDate"::date then 'not due'
        when {{ as_of() }} - invoices."dueDate"::date <= 30 then '1 to 30 days'
        when {{ as_of() }} - invoices."dueDate"::date <= 60 then '31 to 60 days'
        when {{ as_of() }} - invoices."dueDate"::date <= 90 then '61 to 90 days'
        else 'over 90 days'
    end as age
from {{ raw('invoices') }} as invoices
left join {{ ref('dim_clients') }} as clients on clients.client_id = invoices."clientId"
where invoices.status not in ('UNSENT', 'VOID') and invoices.balance > 0
