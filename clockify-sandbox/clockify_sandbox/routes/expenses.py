"""Expenses and their receipts. Administrators see and change all of them, everybody else their own."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Literal
from urllib.parse import quote

from msgspec import Meta

from clockify_sandbox import messages
from clockify_sandbox.answers import Answer
from clockify_sandbox.binding import Query
from clockify_sandbox.call import Call
from clockify_sandbox.entities import expense as new_expense
from clockify_sandbox.errors import forbidden, invalid, not_in
from clockify_sandbox.fields import picked
from clockify_sandbox.kinds import CATEGORY, EXPENSE, MEMBER, PROJECT, TASK
from clockify_sandbox.lists import is_or_any
from clockify_sandbox.paging import KEBAB
from clockify_sandbox.permissions import visible_work
from clockify_sandbox.routing import Routes
from clockify_sandbox.shapes.money import Expense, ExpenseFields
from clockify_sandbox.values import epoch, timestamp
from clockify_sandbox.world import Entity, Workspace

routes = Routes(scope="EXPENSE", feature="EXPENSES")

_LARGEST = 92233720368547760
_MAX_FILE = 5 * 1024 * 1024
_FILE_TYPES = ("png", "jpg", "jpeg", "gif", "pdf")
_WEEKDAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
_FLAT = (
    "id",
    "workspaceId",
    "userId",
    "date",
    "categoryId",
    "projectId",
    "taskId",
    "fileId",
    "quantity",
    "total",
    "billable",
    "locked",
    "notes",
)

_Change = Literal["USER", "DATE", "PROJECT", "TASK", "CATEGORY", "NOTES", "AMOUNT", "BILLABLE", "FILE"]


class ExpenseQuery(Query):
    """The only filter of the list. `start` and `end`, which clients send, have no effect."""

    user_id: str | None = None


class ExpenseForm(Query, rename="camel"):
    """The text fields of a create. `amount` is in major units, or a number of units in a category with a unit price."""

    user_id: str
    date: datetime
    category_id: str
    amount: Annotated[float, Meta(le=_LARGEST)]
    project_id: str | None = None
    task_id: str | None = None
    notes: Annotated[str, Meta(max_length=3000)] | None = None
    billable: bool = False


class ExpenseChangeForm(ExpenseForm, kw_only=True):
    """The text fields of an update, of which only those named in `changeFields` are applied."""

    amount: Annotated[float, Meta(ge=0, le=_LARGEST)]
    change_fields: list[_Change]


@routes.get("/workspaces/{ws}/expenses", paging=KEBAB)
def list_expenses(call: Call, query: ExpenseQuery) -> Answer:
    """Expenses, latest day first, with the totals of the days and weeks on the page."""
    visible = visible_work(call)
    found = [
        expense
        for expense in call.workspace.expenses.values()
        if is_or_any(expense["userId"], query.user_id) and visible(expense["userId"], expense["projectId"])
    ]
    found.sort(key=lambda expense: (expense["date"], expense["id"]), reverse=True)
    week_of = _week_of(call.workspace.members[call.user_id]["profile"]["weekStart"])

    def wrap(page: list[Entity]) -> Entity:
        return {
            "expenses": {"expenses": page, **call.total("count", found, page)},
            "dailyTotals": [
                {"date": day, "dateAsInstant": f"{day}T00:00:00Z", "total": total}
                for day, total in _totals(page, found, str)
            ],
            "weeklyTotals": [{"date": day, "total": total} for day, total in _totals(page, found, week_of)],
        }

    return call.page(found, lambda expense: _row(call.workspace, expense), wrap)


@routes.post("/workspaces/{ws}/expenses", status=201)
def create_expense(call: Call, form: ExpenseForm) -> Entity:
    """Create an expense for the caller or, as an administrator, for another member."""
    values = _values(call, form)
    _require_task_of(call, form.task_id, form.project_id)
    expense = new_expense(call.new_id(), call.workspace.id, form.user_id, **values)
    if receipt := _receipt(call):
        expense["fileId"] = _keep(call, receipt)
    call.insert(EXPENSE, expense, audit=_audit(call, "CREATE", expense))
    return _flat(expense)


@routes.get("/workspaces/{ws}/expenses/{expenseId}")
def get_expense(call: Call) -> Entity:
    """One expense, with ids instead of the list's nested objects."""
    return _flat(_visible(call))


@routes.put("/workspaces/{ws}/expenses/{expenseId}")
def update_expense(call: Call, form: ExpenseChangeForm) -> Entity:
    """Change the fields that `changeFields` names. A named field that is not sent is cleared."""
    expense = _own(call)
    _require_open(call, expense)
    values = _values(call, form)
    receipt = _receipt(call)
    changes = _named(values, form.change_fields)
    if changes.keys() & {"quantity", "categoryId"}:
        after: Expense = {**expense, **changes}
        changes["total"] = _total(call.workspace, after["categoryId"], after["quantity"])
    if changes.keys() & {"projectId", "taskId"}:
        after = {**expense, **changes}
        _require_task_of(call, after["taskId"], after["projectId"])
    if "FILE" in form.change_fields:
        call.workspace.files.pop(expense["fileId"] or "", None)
        changes["fileId"] = _keep(call, receipt) if receipt else ""
    call.of(EXPENSE).update(expense, changes, audit=_audit(call, "UPDATE", expense))
    return _flat(expense)


@routes.delete("/workspaces/{ws}/expenses/{expenseId}")
def delete_expense(call: Call) -> None:
    """Delete an expense and its receipt."""
    expense = _own(call)
    _require_open(call, expense)
    call.workspace.files.pop(expense["fileId"] or "", None)
    call.remove(EXPENSE, expense, audit=_audit(call, "DELETE", expense))


@routes.get("/workspaces/{ws}/expenses/{expenseId}/files/{fileId}")
def download_receipt(call: Call) -> Answer:
    """The receipt of an expense. An unknown file is refused as if it were somebody else's."""
    file_id = call.path["fileId"]
    if _visible(call)["fileId"] != file_id or file_id not in call.workspace.files:
        raise forbidden()
    name, content = call.workspace.files[file_id]
    disposition = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    return Answer(200, content, disposition, "application/octet-stream")


# -- permissions
# -----------------------------------------------------------------------------------------------------------


def _visible(call: Call) -> Expense:
    expense = call.named(EXPENSE, "expenseId")
    if not visible_work(call)(expense["userId"], expense["projectId"]):
        raise forbidden()
    return expense


def _own(call: Call) -> Expense:
    expense = call.named(EXPENSE, "expenseId")
    if not call.is_admin and expense["userId"] != call.user_id:
        raise forbidden()
    return expense


def _require_open(call: Call, expense: Expense) -> None:
    """Approved expenses are closed to everybody, those in the locked period to all but administrators."""
    request = call.workspace.approval_requests.get(expense["approvalRequestId"] or "")
    if request and request["status"]["state"] == "APPROVED":
        raise forbidden(4005, messages.EXPENSE_APPROVED)
    if expense["locked"]:
        _require_lock_key(call)


def _require_lock_key(call: Call) -> None:
    if not call.is_admin:
        raise forbidden(1003, messages.EXPENSE_LOCKED)


def _is_before_lock(call: Call, day: str) -> bool:
    lock: str | None = call.workspace.record["workspaceSettings"]["lockTimeEntries"]
    return lock is not None and day < lock[: len(day)]


def _audit(call: Call, verb: str, expense: Expense) -> str:
    return f"{verb}_EXPENSE" if expense["userId"] == call.user_id else f"{verb}_EXPENSE_FOR_OTHER"


# -- requests ------------------------------------------------------------------------------------------------------


def _values(call: Call, form: ExpenseForm) -> ExpenseFields:
    """The fields of a form under stored names; checks every id, and whether the caller may use it."""
    call.find(MEMBER, form.user_id)
    if form.user_id != call.user_id:
        call.require_admin()
    call.find(CATEGORY, form.category_id)
    if form.project_id:
        call.find(PROJECT, form.project_id)
    day = timestamp(epoch(form.date))[:10]
    if locked := _is_before_lock(call, day):
        _require_lock_key(call)
    return {
        "userId": form.user_id,
        "date": day,
        "locked": locked,
        "categoryId": form.category_id,
        "projectId": form.project_id,
        "taskId": form.task_id,
        "notes": form.notes,
        "billable": form.billable,
        "quantity": form.amount,
        "total": _total(call.workspace, form.category_id, form.amount),
    }


def _named(values: ExpenseFields, names: list[_Change]) -> ExpenseFields:
    """The fields that an update names."""
    wanted: dict[_Change, ExpenseFields] = {
        "USER": {"userId": values["userId"]},
        "DATE": {"date": values["date"], "locked": values["locked"]},
        "PROJECT": {"projectId": values["projectId"]},
        "TASK": {"taskId": values["taskId"]},
        "CATEGORY": {"categoryId": values["categoryId"]},
        "NOTES": {"notes": values["notes"]},
        "AMOUNT": {"quantity": values["quantity"]},
        "BILLABLE": {"billable": values["billable"]},
    }
    named: ExpenseFields = {}
    for name in names:
        named.update(wanted.get(name, {}))
    return named


def _require_task_of(call: Call, task_id: str | None, project_id: str | None) -> None:
    if task_id and call.find(TASK, task_id)["projectId"] != project_id:
        raise not_in(TASK.noun, PROJECT.noun)


def _total(workspace: Workspace, category_id: str | None, quantity: float) -> float:
    """The total in minor units: quantity times unit price, or 100 times an amount in major units."""
    category = workspace.expense_categories.get(category_id or "")
    price = category["priceInCents"] if category and category["hasUnitPrice"] else 100
    return float((Decimal(str(quantity)) * price).quantize(Decimal(1), ROUND_HALF_UP))


def _receipt(call: Call) -> tuple[str, bytes] | None:
    name, content = call.files.get("file", ("", b""))
    if not content:
        return None
    if name.rpartition(".")[2].lower() not in _FILE_TYPES:
        raise invalid(messages.FILE_TYPE(values=", ".join(_FILE_TYPES)))
    if len(content) > _MAX_FILE:
        raise invalid(messages.FILE_TOO_LARGE)
    return name, content


def _keep(call: Call, receipt: tuple[str, bytes]) -> str:
    file_id = call.new_id()
    call.workspace.files[file_id] = receipt
    return file_id


# -- responses --------------------------------------------------------------------------------------------------


def _flat(expense: Expense) -> Entity:
    return picked(expense, _FLAT)


def _row(workspace: Workspace, expense: Expense) -> Entity:
    category = workspace.expense_categories.get(expense["categoryId"] or "")
    project = workspace.projects.get(expense["projectId"] or "")
    task = workspace.tasks.get(expense["taskId"] or "")
    client = workspace.clients.get(project["clientId"]) if project else None
    file_name, _ = workspace.files.get(expense["fileId"] or "", (None, b""))
    return {
        **picked(expense, (name for name in _FLAT if name not in ("categoryId", "projectId", "taskId"))),
        "fileName": file_name,
        "category": category and {name: value for name, value in category.items() if name != "status"},
        "project": project
        and {
            "id": project["id"],
            "name": project["name"],
            "clientId": project["clientId"],
            "clientName": client["name"] if client else "",
            "color": project["color"],
        },
        "task": task and {"id": task["id"], "name": task["name"]},
    }


def _week_of(first_day: str) -> Callable[[str], str]:
    offset = _WEEKDAYS.index(first_day)

    def week_of(day: str) -> str:
        moment = date.fromisoformat(day)
        return (moment - timedelta(days=(moment.weekday() - offset) % 7)).isoformat()

    return week_of


def _totals(page: list[Entity], found: list[Expense], span: Callable[[str], str]) -> list[tuple[str, float]]:
    """The totals of all matching expenses, for the days or weeks on the page."""
    sums = {span(row["date"]): 0.0 for row in page}
    for expense in found:
        if (key := span(expense["date"])) in sums:
            sums[key] += expense["total"]
    return list(sums.items())
