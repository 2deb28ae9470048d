"""The items of invoices: added by hand, imported from tracked time and expenses, removed by position."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from clockify_sandbox import messages
from clockify_sandbox.binding import Body
from clockify_sandbox.call import Call
from clockify_sandbox.entities import invoice_item
from clockify_sandbox.errors import ApiError, invalid, not_in
from clockify_sandbox.invoice_import import (
    ExpenseField,
    ExpenseGroup,
    TimeField,
    TimeGroup,
    billable_expenses,
    billable_time,
    expense_items,
    time_items,
)
from clockify_sandbox.invoicing import invoice_of, release
from clockify_sandbox.kinds import INVOICE
from clockify_sandbox.routing import Routes
from clockify_sandbox.selection import Selection
from clockify_sandbox.shapes.money import Invoice, InvoiceItem
from clockify_sandbox.values import epoch, timestamp
from clockify_sandbox.world import Entity

routes = Routes(scope="INVOICE", feature="INVOICING", role="ADMIN")


class NewItem(Body):
    """An item: quantity times unit price is 100 times its amount in minor units."""

    apply_taxes: Literal["TAX1", "TAX2", "TAX1TAX2", "NONE"]
    description: str
    item_type: Annotated[str, Meta(min_length=1)]
    quantity: int
    unit_price: int


class Import(Body):
    """What to import, and how to group it."""

    from_: datetime = msgspec.field(name="from")
    to: datetime
    import_expenses: bool
    project_filter: Selection
    time_entry_group_type: Literal["SINGLE_ITEM", "GROUPED", "DETAILED"]
    time_entry_primary_group_by: Literal["USER", "PROJECT", "DATE"] = "PROJECT"
    time_entry_secondary_group_by: TimeGroup = "NONE"
    time_entry_fields_for_detailed_group: list[TimeField] = msgspec.field(
        default_factory=lambda: ["PROJECT", "DESCRIPTION"]
    )
    expenses_group_type: Literal["GROUPED", "DETAILED"] = "DETAILED"
    expenses_group_by: ExpenseGroup = "PROJECT"
    expense_fields_for_detailed_group: list[ExpenseField] = msgspec.field(default_factory=lambda: ["NOTE"])
    round_time_entry_duration: bool = False

    def time_groups(self) -> list[TimeGroup]:
        """The fields by which time is grouped; without any, there is a single item."""
        if self.time_entry_group_type == "SINGLE_ITEM":
            return []
        return [self.time_entry_primary_group_by, self.time_entry_secondary_group_by]


@routes.post("/workspaces/{ws}/invoices/{invoiceId}/items")
def add_item(call: Call, body: NewItem) -> Entity:
    """Append an item; its type must be the name of one that the workspace has."""
    invoice = call.named(INVOICE, "invoiceId")
    if body.item_type not in call.workspace.item_types:
        raise ApiError(404, 501, messages.ITEM_TYPE_UNKNOWN(name=body.item_type))
    item = invoice_item(
        0,
        body.quantity,
        body.unit_price,
        itemType=body.item_type,
        description=body.description,
        applyTaxes=body.apply_taxes,
    )
    return _with_items(call, invoice, [*invoice["items"], item])


@routes.post("/workspaces/{ws}/invoices/{invoiceId}/items/import")
def import_items(call: Call, body: Import) -> Entity:
    """Append billable work of the client's projects that is not invoiced yet."""
    invoice, workspace = call.named(INVOICE, "invoiceId"), call.workspace
    start, end = epoch(body.from_), epoch(body.to)
    if start > end:
        raise invalid(messages.START_AFTER_END(start=timestamp(start), end=timestamp(end)))
    projects = {
        project["id"]: project
        for project in workspace.projects.values()
        if project["clientId"] == invoice["clientId"]
        and body.project_filter.keeps(project["id"], archived=project["archived"])
    }
    detailed = body.time_entry_group_type == "DETAILED"
    entries = billable_time(workspace, projects, start, end)
    items = time_items(
        call.world,
        workspace,
        entries,
        by=None if detailed else body.time_groups(),
        shown=body.time_entry_fields_for_detailed_group,
        rounded=body.round_time_entry_duration,
    )
    for entry in entries:
        workspace.time_entries.change(entry, invoice_id=invoice["id"])
    if body.import_expenses:
        expenses = billable_expenses(workspace, projects, timestamp(start)[:10], timestamp(end)[:10])
        by = None if body.expenses_group_type == "DETAILED" else body.expenses_group_by
        items += expense_items(call.world, workspace, expenses, by=by, shown=body.expense_fields_for_detailed_group)
        for expense in expenses:
            expense["invoiceId"] = invoice["id"]
    return _with_items(call, invoice, [*invoice["items"], *items])


@routes.delete("/workspaces/{ws}/invoices/{invoiceId}/items/{order}")
def delete_item(call: Call) -> Entity:
    """Remove the item at a position; later items move up."""
    invoice, order = call.named(INVOICE, "invoiceId"), _order(call.path["order"])
    items = [item for item in invoice["items"] if item["order"] != order]
    if len(items) == len(invoice["items"]):
        raise not_in(messages.INVOICE_ITEM, INVOICE.noun)
    release(call.workspace, [item for item in invoice["items"] if item["order"] == order])
    return _with_items(call, invoice, items)


def _with_items(call: Call, invoice: Invoice, items: list[InvoiceItem]) -> Entity:
    numbered: list[InvoiceItem] = [{**item, "order": order} for order, item in enumerate(items, 1)]
    return invoice_of(call.workspace, call.of(INVOICE).update(invoice, {"items": numbered}))


def _order(text: str) -> int:
    try:
        order = int(text)
    except ValueError:
        raise ApiError(400, 3000, messages.PARAMETER_NOT_INTEGER(name="order")) from None
    if order < 1:
        raise invalid(messages.AT_LEAST(limit=1))
    return order
