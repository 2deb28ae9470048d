select
    lines."invoiceId" || ':' || lines."order" as invoice_line_key,
    lines."workspaceId" as workspace_id,
    lines."invoiceId" as invoice_id,
    lines."order" as line,
    invoices.number as invoice_number,
    invoices.status as invoice_status,
    invoices.status not in ('UNSENT', 'VOID') as is_issued,
    invoices."clientId" as client_id,
    coalesce(clients.client, nullif(invoices."clientName", '')) as client,
    invoices."issuedDate"::date as issued_on,
    invoices."dueDate"::date as due_on,
    nullif(lines.description, '') as description,
    lines."itemType" as item_type,
    lines."importType" as import_type,
    invoices.currency,
    {{ major('lines.amount') }} as amount,
    lines."timeEntryIds" as time_entry_ids,
    lines."expenseIds" as expense_ids
from {{ raw('invoice_items') }} as lines
left join {{ raw('invoices') }} as invoices on invoices.id = lines."invoiceId"
left join {{ ref('dim_clients') }} as clients on clients.client_id = invoices."clientId"
