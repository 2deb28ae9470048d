"""Invoices, except for their items and payments, which are in separate files."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import count
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from clockify_sandbox.answers import Answer
from clockify_sandbox.binding import Body, Query
from clockify_sandbox.bodies import SortOrder
from clockify_sandbox.call import Call
from clockify_sandbox.entities import invoice as new_invoice
from clockify_sandbox.fields import picked
from clockify_sandbox.invoicing import info_of, invoice_of, release, row_of, stored_percent, totals
from clockify_sandbox.kinds import CLIENT, INVOICE
from clockify_sandbox.lists import by_id, in_order, is_or_any, matches
from clockify_sandbox.paging import BODY, KEBAB, BodyPage
from clockify_sandbox.pdf import pdf
from clockify_sandbox.routing import Routes
from clockify_sandbox.selection import Selection
from clockify_sandbox.shapes.money import Invoice, InvoiceFields, InvoiceItem
from clockify_sandbox.values import epoch, timestamp
from clockify_sandbox.world import Entity, Workspace

routes = Routes(scope="INVOICE", feature="INVOICING", role="ADMIN")

_Status = Literal["UNSENT", "SENT", "PAID", "PARTIALLY_PAID", "VOID", "OVERDUE"]
_Column = Literal["ID", "CLIENT", "DUE_ON", "ISSUE_DATE", "AMOUNT", "BALANCE"]
_ZeroField = Literal["TAX", "TAX_2", "DISCOUNT"]
_Filled = Annotated[str, Meta(min_length=1)]


class InvoiceQuery(Query):
    """Filter and order of the list."""

    statuses: list[_Status] = msgspec.field(default_factory=list)
    sort_column: _Column | None = None
    sort_order: SortOrder | None = None


class IssueDates(Body, rename="kebab"):
    """Days of issue, both included, as yyyy-MM-dd."""

    issue_date_start: str = ""
    issue_date_end: str = "9999-12-31"


class InvoiceFilter(BodyPage):
    """The filters of the search; amounts are in minor units, and the limits are exclusive."""

    clients: Selection = msgspec.field(default_factory=Selection)
    companies: Selection = msgspec.field(default_factory=Selection)
    exact_amount: int | None = None
    exact_balance: int | None = None
    greater_than_amount: int | None = None
    greater_than_balance: int | None = None
    less_than_amount: int | None = None
    less_than_balance: int | None = None
    invoice_number: str | None = None
    issue_date: IssueDates = msgspec.field(default_factory=IssueDates)
    statuses: list[_Status] = msgspec.field(default_factory=list)
    strict_search: bool = False
    sort_column: _Column | None = None
    sort_order: SortOrder | None = None

    def keeps(self, workspace: Workspace, invoice: Invoice) -> bool:
        """Return whether an invoice passes the filter."""
        client = workspace.clients.get(invoice["clientId"])
        dates, day = self.issue_date, invoice["issuedDate"][:10]
        if not (
            self.clients.keeps(invoice["clientId"], archived=bool(client and client["archived"]))
            and self.companies.keeps(invoice["companyId"])
            and matches(invoice["number"], self.invoice_number, strict=self.strict_search)
            and dates.issue_date_start[:10] <= day <= dates.issue_date_end[:10]
            and (not self.statuses or invoice["status"] in self.statuses)
        ):
            return False
        sums = totals(invoice)
        return (
            is_or_any(sums.amount, self.exact_amount)
            and is_or_any(sums.balance, self.exact_balance)
            and (self.greater_than_amount is None or sums.amount > self.greater_than_amount)
            and (self.greater_than_balance is None or sums.balance > self.greater_than_balance)
            and (self.less_than_amount is None or sums.amount < self.less_than_amount)
            and (self.less_than_balance is None or sums.balance < self.less_than_balance)
        )


class NewInvoice(Body):
    """The body of a create; note, subject, taxes and other fields are ignored without an error."""

    client_id: _Filled
    currency: Annotated[str, Meta(min_length=1, max_length=100)]
    due_date: datetime
    issued_date: datetime
    number: _Filled
    time_view_mode: Literal["TIME_SENSITIVE_VIEW", "AGGREGATED_TIME_VIEW"] | None = None


class InvoiceChange(Body):
    """The body of an update: the whole document, with plain percentages.

    Missing fields are lost, except for the client.
    """

    currency: Annotated[str, Meta(min_length=1, max_length=100)]
    due_date: datetime
    issued_date: datetime
    number: _Filled
    discount_percent: float = 0.0
    tax_percent: float = 0.0
    tax2_percent: float = 0.0
    bill_from: str | None = None
    client_address: str | None = None
    client_id: str | None = None
    company_id: str | None = None
    note: str | None = None
    subject: str | None = None
    tax_type: Literal["COMPOUND", "SIMPLE", "NONE"] = "SIMPLE"
    visible_zero_fields: list[_ZeroField] | _ZeroField = msgspec.field(default_factory=list)


class StatusChange(Body):
    """The new status."""

    invoice_status: _Status


class ExportQuery(Query):
    """The language of the document; it is required, but the sandbox always writes English."""

    user_locale: str = msgspec.field(name="userLocale")


@routes.get("/workspaces/{ws}/invoices", paging=KEBAB)
def list_invoices(call: Call, query: InvoiceQuery) -> Answer:
    """Invoices with their sums, but without texts, taxes and items."""
    wanted = query.statuses
    found = [invoice for invoice in call.workspace.invoices.values() if not wanted or invoice["status"] in wanted]
    rows = _sorted(call.workspace, found, query.sort_column, query.sort_order)
    return call.page(rows, lambda row: row_of(call.workspace, row), _envelope(call, rows))


@routes.post("/workspaces/{ws}/invoices/info", paging=BODY, reads=True)
def search_invoices(call: Call, body: InvoiceFilter) -> Answer:
    """Invoices that match a filter, with a few more fields than in the list."""
    found = [invoice for invoice in call.workspace.invoices.values() if body.keeps(call.workspace, invoice)]
    rows = _sorted(call.workspace, found, body.sort_column, body.sort_order)
    return call.page(rows, lambda row: info_of(call.workspace, row, call.now), _envelope(call, rows))


@routes.post("/workspaces/{ws}/invoices", status=201)
def create_invoice(call: Call, body: NewInvoice) -> Entity:
    """Create an invoice with the texts of the settings; the response is short."""
    client = call.find(CLIENT, body.client_id)
    defaults = call.workspace.invoice_settings["defaults"]
    invoice = new_invoice(
        call.new_id(),
        call.workspace.id,
        call.user_id,
        number=body.number,
        clientId=body.client_id,
        currency=body.currency,
        issuedDate=timestamp(epoch(body.issued_date)),
        dueDate=timestamp(epoch(body.due_date)),
        billFrom=call.workspace.record["name"],
        clientAddress=client["address"],
        companyId=defaults["companyId"],
        note=defaults["notes"],
        subject=defaults["subject"],
        taxType=defaults["taxType"],
    )
    call.insert(INVOICE, invoice)
    return picked(invoice, ("id", "billFrom", "clientId", "currency", "dueDate", "issuedDate", "number"))


@routes.get("/workspaces/{ws}/invoices/{invoiceId}")
def get_invoice(call: Call) -> Entity:
    """One invoice with all fields except its payments."""
    return invoice_of(call.workspace, call.named(INVOICE, "invoiceId"))


@routes.put("/workspaces/{ws}/invoices/{invoiceId}")
def update_invoice(call: Call, body: InvoiceChange) -> Entity:
    """Replace an invoice; its items, payments and status are kept."""
    invoice = call.named(INVOICE, "invoiceId")
    if body.client_id:
        call.find(CLIENT, body.client_id)
    zero_fields = body.visible_zero_fields
    changes: InvoiceFields = {
        "number": body.number,
        "clientId": body.client_id or invoice["clientId"],
        "currency": body.currency,
        "issuedDate": timestamp(epoch(body.issued_date)),
        "dueDate": timestamp(epoch(body.due_date)),
        "billFrom": body.bill_from,
        "visibleZeroFields": [zero_fields] if isinstance(zero_fields, str) else [*zero_fields],
        "companyId": body.company_id,
        "clientAddress": body.client_address,
        "note": body.note,
        "subject": body.subject,
        "discount": stored_percent(body.discount_percent),
        "tax": stored_percent(body.tax_percent),
        "tax2": stored_percent(body.tax2_percent),
        "taxType": body.tax_type,
    }
    return invoice_of(call.workspace, call.of(INVOICE).update(invoice, changes))


@routes.patch("/workspaces/{ws}/invoices/{invoiceId}/status")
def set_status(call: Call, body: StatusChange) -> None:
    """Set the status; payments do not follow it."""
    call.of(INVOICE).update(call.named(INVOICE, "invoiceId"), {"status": body.invoice_status})


@routes.post("/workspaces/{ws}/invoices/{invoiceId}/duplicate", status=201)
def duplicate_invoice(call: Call) -> Entity:
    """An unsent copy under the next free number.

    Imported items become plain ones, since time can be billed only once.
    """
    invoice = call.named(INVOICE, "invoiceId")
    items: list[InvoiceItem] = [
        {**item, "importType": "NOT_IMPORTED", "timeEntryIds": [], "expenseIds": []} for item in invoice["items"]
    ]
    copy: Invoice = {
        **invoice,
        "id": call.new_id(),
        "number": _next_number(invoice["number"], (other["number"] for other in call.workspace.invoices.values())),
        "status": "UNSENT",
        "userId": call.user_id,
        "items": items,
        "payments": [],
    }
    return invoice_of(call.workspace, call.insert(INVOICE, copy))


@routes.delete("/workspaces/{ws}/invoices/{invoiceId}")
def delete_invoice(call: Call) -> None:
    """Delete an invoice with its items and payments; imported work counts as not invoiced again."""
    invoice = call.named(INVOICE, "invoiceId")
    release(call.workspace, invoice["items"])
    call.remove(INVOICE, invoice)


@routes.get("/workspaces/{ws}/invoices/{invoiceId}/export")
def export_invoice(call: Call, query: ExportQuery) -> Answer:  # noqa: ARG001 - required, but there is one language
    """The invoice as a PDF document."""
    invoice = invoice_of(call.workspace, call.named(INVOICE, "invoiceId"))
    labels, currency = call.workspace.invoice_settings["labels"], invoice["currency"]
    lines = [
        f"Invoice {invoice['number']}",
        f"{labels['billFrom']}: {invoice['billFrom'] or ''}",
        f"{labels['billTo']}: {invoice['clientName'] or ''}",
        f"{labels['issueDate']}: {invoice['issuedDate'][:10]}",
        f"{labels['dueDate']}: {invoice['dueDate'][:10]}",
        *(f"{item['order']}. {item['description']}  {item['amount'] / 100:.2f}" for item in invoice["items"]),
        f"{labels['totalAmount']}: {invoice['balance'] / 100:.2f} {currency}",
    ]
    return Answer(200, pdf(lines), {"Content-Disposition": "attachment; filename=invoice.pdf"}, "application/pdf")


def _envelope(call: Call, rows: list[Invoice]) -> Callable[[list[Entity]], Entity]:
    return lambda page: {**call.total("total", rows, page), "invoices": page}


def _sorted(
    workspace: Workspace, rows: Iterable[Invoice], column: _Column | None, order: SortOrder | None
) -> list[Invoice]:
    def client_name(invoice: Invoice) -> str:
        client = workspace.clients.get(invoice["clientId"])
        return client["name"].lower() if client else ""

    keys: dict[str, Callable[[Invoice], Any]] = {
        "ID": by_id,
        "CLIENT": client_name,
        "DUE_ON": lambda invoice: invoice["dueDate"],
        "ISSUE_DATE": lambda invoice: invoice["issuedDate"],
        "AMOUNT": lambda invoice: totals(invoice).amount,
        "BALANCE": lambda invoice: totals(invoice).balance,
    }
    return in_order(rows, keys, column, order, "ID")


def _next_number(number: str, taken: Iterable[str]) -> str:
    """The next unused number, by increasing the last digits: INV-009 becomes INV-010."""
    used = set(taken)
    digits = (re.search(r"\d*$", number) or [""])[0]
    head = number.removesuffix(digits) if digits else f"{number}-"
    numbers = (f"{head}{n:0{len(digits)}d}" for n in count(int(digits or 1) + 1))
    return next(candidate for candidate in numbers if candidate not in used)
