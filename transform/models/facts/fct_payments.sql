select
    payments.id as payment_id,
    payments."workspaceId" as workspace_id,
    payments."invoiceId" as invoice_id,
    invoices.number as invoice_number,
    invoices."clientId" as client_id,
    coalesce(clients.client, nullif(invoices."clientName", '')) as client,
    payments.date at time zone 'UTC' as paid_at,
    payments.date::date as paid_on,
    invoices.currency,
    {{ major('payments.amount') }} as amount,
    nullif(payments.author, '') as booked_by,
    nullif(payments.note, '') as note
from {{ raw('invoice_payments') }} as payments
left join {{ raw('invoices') }} as invoices on invoices.id = payments."invoiceId"
left join {{ ref('dim_clients') }} as clients on clients.client_id = invoices."clientId"
