select
    invoices.id as invoice_id,
    invoices."workspaceId" as workspace_id,
    invoices.number as invoice_number,
    invoices.status as invoice_status,
    invoices.status not in ('UNSENT', 'VOID') as is_issued,
    invoices."clientId" as client_id,
    coalesce(clients.client, nullif(invoices."clientName", '')) as client,
    invoices."issuedDate"::date as issued_on,
    date_trunc('month', invoices."issuedDate")::date as month,
    invoices."dueDate"::date as due_on,
    invoices.currency,
    {{ major('invoices.subtotal') }} as subtotal,
    {{ major('invoices."discountAmount"') }} as discount,
    {{ major('invoices."taxAmount"') }} as tax,
    {{ major('invoices."tax2Amount"') }} as tax_2,
    {{ major('invoices.amount') }} as amount,
    {{ major('invoices.paid') }} as paid,
    {{ major('invoices.balance') }} as balance
from {{ raw('invoices') }} as invoices
left join {{ ref('dim_clients') }} as clients on clients.client_id = invoices."clientId"
