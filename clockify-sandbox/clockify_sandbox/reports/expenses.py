"""The expense report: one row per expense."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from clockify_sandbox.naming import label_of
from clockify_sandbox.reports.exports import Sheet
from clockify_sandbox.reports.filters import is_approved, project_test, users_of
from clockify_sandbox.reports.inquiry import Report

if TYPE_CHECKING:
    from collections.abc import Callable

    from clockify_sandbox.reports.inquiry import Inquiry
    from clockify_sandbox.shapes.money import Expense
    from clockify_sandbox.world import Entity

_COLUMNS = ("Date", "User", "Project", "Category", "Note", "Quantity", "Amount", "Billable", "File")


def expenses_detailed(inquiry: Inquiry) -> Report:
    """The requested page of expenses, newest first by default."""
    request = inquiry.request
    window = inquiry.window(request.page, request.page_size)
    found = _selected(inquiry)
    key = _orders(inquiry)[request.sort_column or "DATE"]
    found.sort(key=lambda expense: (key(expense), expense["id"]), reverse=request.sort_order != "ASCENDING")
    title = inquiry.title("Expense")
    body = {
        "reportName": title,
        "exportFields": [],
        "customFields": [],
        "totals": {
            "expensesCount": len(found),
            "totalAmount": float(sum(expense["total"] for expense in found)),
            "totalAmountBillable": float(sum(expense["total"] for expense in found if expense["billable"])),
        },
        "expenses": [_row(inquiry, expense) for expense in window.cut(found)],
    }
    return Report(body, lambda: _sheet(inquiry, title, found))


def _selected(inquiry: Inquiry) -> list[Expense]:
    request, workspace = inquiry.request, inquiry.workspace
    first, last = inquiry.span.days[0].isoformat(), inquiry.span.days[-1].isoformat()
    users, of_project = set(users_of(inquiry)), project_test(inquiry)
    note = (request.note or "").lower()

    @cache
    def fits(category_id: str | None, task_id: str | None) -> bool:
        category, task = workspace.expense_categories.get(category_id or ""), workspace.tasks.get(task_id or "")
        return (
            request.categories is None
            or request.categories.keeps(category_id, archived=bool(category and category["archived"]))
        ) and (request.tasks is None or request.tasks.keeps(task_id, archived=bool(task and task["status"] == "DONE")))

    return [
        expense
        for expense in workspace.expenses.values()
        if first <= expense["date"] <= last
        and expense["userId"] in users
        and inquiry.viewer.sees(expense["userId"], expense["projectId"])
        and (of_project is None or of_project(expense["projectId"]))
        and fits(expense["categoryId"], expense["taskId"])
        and request.billable in (None, expense["billable"])
        and note in (expense["notes"] or "").lower()
        and not (request.without_note and expense["notes"])
        and _state_fits(request.invoicing_state, "INVOICED", holds=bool(expense["invoiceId"]))
        and _state_fits(request.approval_state, "APPROVED", holds=is_approved(inquiry, expense["approvalRequestId"]))
    ]


def _state_fits(wanted: str, state: str, *, holds: bool) -> bool:
    return wanted == "ALL" or holds == (wanted == state)


def _orders(inquiry: Inquiry) -> dict[str, Callable[[Expense], Any]]:
    workspace = inquiry.workspace
    return {
        "ID": lambda expense: expense["id"],
        "PROJECT": lambda expense: label_of(workspace.projects, expense["projectId"]).lower(),
        "USER": lambda expense: (inquiry.user(expense["userId"])["name"] or "").lower(),
        "CATEGORY": lambda expense: label_of(workspace.expense_categories, expense["categoryId"]).lower(),
        "DATE": lambda expense: expense["date"],
        "AMOUNT": lambda expense: expense["total"],
    }


def _row(inquiry: Inquiry, expense: Expense) -> Entity:
    workspace = inquiry.workspace
    user = inquiry.user(expense["userId"])
    category = workspace.expense_categories.get(expense["categoryId"] or "")
    project = inquiry.project(expense["projectId"])
    file = workspace.files.get(expense["fileId"] or "")
    member = workspace.members.get(expense["userId"])
    invoice_id = expense["invoiceId"]
    return {
        "id": expense["id"],
        "workspaceId": workspace.id,
        "userId": user["id"],
        "userName": user["name"],
        "userEmail": user["email"],
        "userStatus": member["membershipStatus"] if member else "INACTIVE",
        "date": f"{expense['date']}T00:00:00Z",
        "time": "00:00:00",
        "categoryId": expense["categoryId"],
        "categoryName": category["name"] if category else None,
        "categoryUnit": category["unit"] if category else None,
        "categoryHasUnitPrice": bool(category and category["hasUnitPrice"]),
        "projectId": expense["projectId"],
        "projectName": project["name"] if project else None,
        "projectColor": project["color"] if project else None,
        "quantity": expense["quantity"],
        "amount": float(expense["total"]),
        "billable": expense["billable"],
        "notes": expense["notes"],
        "fileId": expense["fileId"],
        "fileName": file[0] if file else None,
        "locked": expense["locked"],
        "approvalRequestId": expense["approvalRequestId"],
        "invoicingInfo": {"manuallyInvoiced": False, "invoiceId": invoice_id} if invoice_id else None,
    }


def _sheet(inquiry: Inquiry, title: str, expenses: list[Expense]) -> Sheet:
    rows = [_row(inquiry, expense) for expense in expenses]
    keys = ("date", "userName", "projectName", "categoryName", "notes", "quantity", "amount", "billable", "fileName")
    files = inquiry.workspace.files
    receipts = [files[expense["fileId"]] for expense in expenses if expense["fileId"] in files]
    attachments = [(f"{number:04d}-{name}", content) for number, (name, content) in enumerate(receipts, 1)]
    return Sheet(title, _COLUMNS, [tuple(row[key] for key in keys) for row in rows], attachments)
