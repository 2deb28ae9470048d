"""The bodies of webhook deliveries, by event.

The shapes follow deliveries that receivers recorded between 2022 and 2026. For other events they follow Clockify's test
deliveries: the entity itself without an envelope, with other entities instead of ids.
No recorded delivery of a time entry has `taskId` or `tagIds`, though test deliveries have them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from clockify_sandbox.approval import request_of as approval_request_of
from clockify_sandbox.invoicing import invoice_of
from clockify_sandbox.naming import zone_of
from clockify_sandbox.render import (
    billable_rate,
    cost_rate,
    project_currency,
    project_of,
    task_of,
    time_entry_renderer,
)
from clockify_sandbox.time_off import request_of as time_off_request_of
from clockify_sandbox.values import offset, timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from clockify_sandbox.shapes.people import Rate, User
    from clockify_sandbox.shapes.work import Membership, Project, Task
    from clockify_sandbox.webhook_events import WebhookEvent
    from clockify_sandbox.world import Entity, Record, TimeEntry, Workspace, World

_REFERENCE = re.compile(r"&(?=#?\w+;)")
_RATES = ("hourlyRate", "costRate")
_INVOICE = (
    "id", "number", "status", "issuedDate", "dueDate", "subtotal", "discount", "tax", "tax2", "discountAmount",
    "taxAmount", "tax2Amount", "amount", "currency", "subject", "note", "clientId", "clientName", "clientAddress",
    "userId",
)  # fmt: skip
_ITEM = ("order", "quantity", "description", "unitPrice", "amount", "itemType", "timeEntryIds")
_TIME_OFF = (
    "id", "workspaceId", "policyId", "userId", "requesterUserId", "timeZone", "timeOffPeriod", "status", "note",
    "createdAt", "excludeDays", "balanceDiff", "negativeBalanceUsed", "balanceValueAtRequest", "recipients",
)  # fmt: skip
_EXPENSE = (
    "id", "workspaceId", "userId", "date", "projectId", "taskId", "categoryId", "notes", "quantity", "billable",
    "fileId", "total",
)  # fmt: skip


@dataclass(frozen=True)
class Happening:
    """An event with the data for its body.

    `entity` is the stored entity (a time entry: as rendered; a member: with `id`) after the event or, if it was
    deleted, before. `details` are values that only the operation knows.
    """

    world: World
    workspace: Workspace
    author: User
    entity: Any
    details: Mapping[str, Any] = field(default_factory=dict)


def webhook_body(event: WebhookEvent, happening: Happening) -> Entity:
    """The body of a delivery."""
    return _BODIES[event](happening)


# -- time entries ------------------------------------------------------------------------------------------------------


def _time_entry(it: Happening) -> Entity:
    workspace, entry = it.workspace, it.details["entry"]
    shown = time_entry_renderer(workspace, rates=False)(entry)
    project = workspace.projects.get(entry.project_id or "")
    task = workspace.tasks.get(entry.task_id or "")
    request = workspace.approval_requests.get(entry.approval_id or "")
    user = it.world.users[entry.user_id]
    return {
        "id": entry.id,
        "description": _escaped(entry.description),
        "userId": entry.user_id,
        "billable": entry.billable,
        "projectId": entry.project_id,
        "timeInterval": {**shown["timeInterval"], **_zoned_interval(entry, zone_of(it.world, entry.user_id))},
        "workspaceId": workspace.id,
        "isLocked": entry.locked,
        "hourlyRate": _amount(billable_rate(workspace, entry)),
        "costRate": _amount(cost_rate(workspace, entry)),
        "customFieldValues": [
            {name: value for name, value in row.items() if name != "type"} for row in shown["customFieldValues"]
        ],
        "type": entry.type,
        "kioskId": entry.kiosk_id,
        "approvalStatus": request and request["status"]["state"],
        "detailedApprovalStatus": request and request["status"]["state"],
        "projectCurrency": project and project_currency(workspace, project),
        "currentlyRunning": entry.end is None,
        "project": project and _project_of_entry(workspace, project),
        "task": task and _task_of_entry(workspace, task),
        "user": {"id": user["id"], "name": user["name"], "status": user["status"]},
        "tags": [workspace.tags[tag_id] for tag_id in entry.tag_ids or () if tag_id in workspace.tags],
    }


def _zoned_interval(entry: TimeEntry, zone: str) -> Entity:
    start, end = entry.start, entry.end
    return {
        "timeZone": zone,
        "offsetStart": offset(start, zone),
        "offsetEnd": None if end is None else offset(end, zone),
        "zonedStart": timestamp(start + offset(start, zone))[:-1],
        "zonedEnd": None if end is None else timestamp(end + offset(end, zone))[:-1],
    }


def _project_of_entry(workspace: Workspace, project: Project) -> Entity:
    """A project inside a time entry: the estimate of time is a number there, and memberships have three keys."""
    shown = _project_fields(workspace, project)
    estimate = project["timeEstimate"]
    budget = project["budgetEstimate"]
    active = "TIME" if estimate["active"] else "BUDGET" if budget and budget["active"] else "NONE"
    return {
        **{name: value for name, value in shown.items() if name != "memberships"},
        "activeEstimate": active,
        "timeEstimate": {
            "includeNonBillable": estimate["includeNonBillable"],
            "estimate": 0,
            "type": estimate["type"],
            "resetOption": estimate["resetOption"],
        },
        "memberships": [{"userId": row["userId"], **_amounts(row)} for row in project["memberships"]],
        "sourceType": "PRODUCTION",
        "auditMetadata": None,
        "accessOnPaidPlan": None,
    }


def _task_of_entry(workspace: Workspace, task: Task) -> Entity:
    return {**_task_fields(workspace, task), "workspaceId": workspace.id, "sourceType": "PRODUCTION", "assigneeId": ""}


# -- projects, tasks, clients, tags, groups ----------------------------------------------------------------------------


def _project(it: Happening) -> Entity:
    workspace, project = it.workspace, it.entity
    client = workspace.clients.get(project["clientId"])
    tasks = it.details.get("tasks") or workspace.tasks_of(project["id"])
    return {
        **_project_fields(workspace, project),
        "tasks": [{**_task_fields(workspace, task), "workspaceId": workspace.id} for task in tasks],
        "client": client and {**client, "currencyId": _object_id(client["currencyId"])},
    }


def _project_fields(workspace: Workspace, project: Project) -> Entity:
    return {**project_of(workspace, project), **_amounts(project)}


def _task(it: Happening) -> Entity:
    return _task_fields(it.workspace, it.entity)


def _task_fields(workspace: Workspace, task: Task) -> Entity:
    return {**task_of(workspace, task), **_amounts(task)}


def _itself(it: Happening) -> Entity:
    return dict(it.entity)


def _group(it: Happening) -> Entity:
    return {**it.entity, "teamManagers": []}


# -- people ------------------------------------------------------------------------------------------------------------


def _user(it: Happening) -> Entity:
    """A member with all settings. Values of custom fields are text, except those of checkboxes."""
    member, fields = it.entity, it.workspace.custom_fields
    return {
        **_person(it.world.users[member["id"]]),
        "userCustomFields": [
            {
                "customFieldId": field_id,
                "value": value if isinstance(value, (bool, list)) else str(value),
                "name": fields[field_id]["name"],
                "type": fields[field_id]["type"],
            }
            for field_id, value in member["customFields"].items()
            if field_id in fields and value is not None
        ],
    }


def _user_in_short(it: Happening) -> Entity:
    user = it.world.users[it.entity["id"]]
    return {"id": user["id"], "email": user["email"], "name": user["name"]}


def _user_with_new_address(it: Happening) -> Entity:
    return {**_user_in_short(it), "oldEmail": it.details["oldEmail"]}


def _invitation(it: Happening) -> Entity:
    return {
        "workspaceId": it.workspace.id,
        "inviter": _person(it.author),
        "invitedUserEmails": it.details["emails"],
    }


def _limited_users(it: Happening) -> Entity:
    inviter = {name: value for name, value in _person(it.author).items() if name != "settings"}
    return {"workspaceId": it.workspace.id, "inviter": inviter, "invitedUserNames": it.details["names"]}


def _person(user: User) -> Entity:
    settings = user["settings"]
    return {
        "id": user["id"],
        "email": user["email"],
        "name": user["name"],
        "profilePicture": user["profilePicture"],
        "settings": settings
        and {**settings, "darkTheme": settings["theme"] == "DARK", "projectPickerSpecialFilter": False},
    }


# -- money -------------------------------------------------------------------------------------------------------------


def _invoice(it: Happening) -> Entity:
    shown = invoice_of(it.workspace, it.entity)
    return {
        **{name: shown[name] for name in _INVOICE},
        "items": [{name: item[name] for name in _ITEM} for item in shown["items"]],
    }


def _expense(it: Happening) -> Entity:
    """A new expense: with a full timestamp as date, whole numbers as amounts, and no lock fields."""
    shown = {name: it.entity[name] for name in _EXPENSE}
    return {
        **shown,
        "date": f"{shown['date']}T00:00:00Z",
        "notes": shown["notes"] or "",
        "fileId": shown["fileId"] or "",
        "quantity": _whole(shown["quantity"]),
        "total": _whole(shown["total"]),
    }


def _restored_expense(it: Happening) -> Entity:
    shown = _expense(it)
    del shown["taskId"]
    return {**shown, "locked": it.entity["locked"]}


def _expense_in_short(it: Happening) -> Entity:
    names = ("workspaceId", "userId", "projectId")
    return {
        **{name: it.entity[name] for name in names},
        "expenseId": it.entity["id"],
        "categoryId": it.entity["categoryId"],
    }


def _rate(it: Happening) -> Entity:
    """A change of a rate.

    The body for a project member was recorded; the names of the other sources are modelled on it.
    """
    code, since = it.details["currency"], it.details["since"]
    currencies = it.workspace.record["currencies"]
    known = next((one for one in currencies if one["code"] == code), {"id": None, "code": code})
    return {
        "workspaceId": it.workspace.id,
        "rateChangeSource": it.details["source"],
        "modifiedEntity": _without_currencies(it.details["modified"]),
        "currency": {"id": known["id"], "code": code},
        "amount": it.details["amount"],
        "since": since and _moment(since),
    }


# -- approval, time off, schedule --------------------------------------------------------------------------------------


def _approval(it: Happening) -> Entity:
    shown = approval_request_of(it.world, it.workspace, it.entity)
    status = {**shown["status"], "note": shown["status"]["note"] or ""}
    names = ("id", "workspaceId", "dateRange", "owner", "creator")
    return {**{name: shown[name] for name in names}, "status": status, "approvalStatuses": {}}


def _time_off(it: Happening) -> Entity:
    shown = time_off_request_of(it.world, it.workspace, it.entity)
    return {name: shown[name] for name in _TIME_OFF}


def _balance(it: Happening) -> Entity:
    """The change, or the new value, of a balance, as text."""
    return {
        "workspaceId": it.workspace.id,
        "userId": it.entity["userId"],
        "value": f"{it.details['value']:g}",
        "note": it.details["note"],
        "updatedBy": it.author["id"],
    }


def _assignment(it: Happening) -> Entity:
    names = ("workspaceId", "userId", "projectId")
    return {**{name: it.entity[name] for name in names}, "assignmentId": it.entity["id"]}


# -- pieces ------------------------------------------------------------------------------------------------------------


def _escaped(text: str) -> str:
    """HTML-escaped as recorded: angle brackets and what looks like a reference, not a lone ampersand."""
    return _REFERENCE.sub("&amp;", text).replace("<", "&lt;").replace(">", "&gt;")


def _amounts(holder: Membership | Project | Task) -> Entity:
    """Both rates without their currencies."""
    return {"hourlyRate": _amount(holder["hourlyRate"]), "costRate": _amount(holder["costRate"])}


def _amount(rate: Rate | None) -> Entity | None:
    """A rate without its currency."""
    return None if rate is None else {"amount": rate["amount"]}


def _without_currencies(entity: Record) -> Entity:
    return {name: _amount(value) if name in _RATES else value for name, value in entity.items()}


def _whole(number: float) -> float:
    return int(number) if number == int(number) else number


def _moment(moment: datetime) -> str:
    return timestamp(int(moment.timestamp()))


def _object_id(text: str | None) -> Entity | None:
    """An id as a database object, as recorded for the currency of a client."""
    if text is None:
        return None
    seconds = int(text[:8], 16)
    return {
        "timestamp": seconds,
        "counter": int(text[18:], 16),
        "machineIdentifier": int(text[8:14], 16),
        "processIdentifier": int(text[14:18], 16),
        "timeSecond": seconds,
        "time": seconds * 1000,
        "date": seconds * 1000,
    }


_BODIES: dict[WebhookEvent, Callable[[Happening], Entity]] = {
    "NEW_TIMER_STARTED": _time_entry,
    "TIMER_STOPPED": _time_entry,
    "NEW_TIME_ENTRY": _time_entry,
    "TIME_ENTRY_UPDATED": _time_entry,
    "TIME_ENTRY_DELETED": _time_entry,
    "TIME_ENTRY_SPLIT": _time_entry,
    "TIME_ENTRY_RESTORED": _time_entry,
    "NEW_PROJECT": _project,
    "PROJECT_UPDATED": _project,
    "PROJECT_DELETED": _project,
    "NEW_TASK": _task,
    "TASK_UPDATED": _task,
    "TASK_DELETED": _task,
    "NEW_CLIENT": _itself,
    "CLIENT_UPDATED": _itself,
    "CLIENT_DELETED": _itself,
    "NEW_TAG": _itself,
    "TAG_UPDATED": _itself,
    "TAG_DELETED": _itself,
    "USER_GROUP_CREATED": _group,
    "USER_GROUP_UPDATED": _group,
    "USER_GROUP_DELETED": _group,
    "USER_JOINED_WORKSPACE": _user,
    "USER_ACTIVATED_ON_WORKSPACE": _user,
    "USER_DEACTIVATED_ON_WORKSPACE": _user,
    "USER_UPDATED": _user,
    "USER_DELETED_FROM_WORKSPACE": _user_in_short,
    "USER_EMAIL_CHANGED": _user_with_new_address,
    "USERS_INVITED_TO_WORKSPACE": _invitation,
    "LIMITED_USERS_ADDED_TO_WORKSPACE": _limited_users,
    "NEW_INVOICE": _invoice,
    "INVOICE_UPDATED": _invoice,
    "EXPENSE_CREATED": _expense,
    "EXPENSE_UPDATED": _expense_in_short,
    "EXPENSE_DELETED": _expense_in_short,
    "EXPENSE_RESTORED": _restored_expense,
    "COST_RATE_UPDATED": _rate,
    "BILLABLE_RATE_UPDATED": _rate,
    "NEW_APPROVAL_REQUEST": _approval,
    "APPROVAL_REQUEST_STATUS_UPDATED": _approval,
    "TIME_OFF_REQUESTED": _time_off,
    "TIME_OFF_REQUEST_UPDATED": _time_off,
    "TIME_OFF_REQUEST_APPROVED": _time_off,
    "TIME_OFF_REQUEST_REJECTED": _time_off,
    "TIME_OFF_REQUEST_STARTED": _time_off,
    "TIME_OFF_REQUEST_WITHDRAWN": _time_off,
    "BALANCE_UPDATED": _balance,
    "ASSIGNMENT_CREATED": _assignment,
    "ASSIGNMENT_UPDATED": _assignment,
    "ASSIGNMENT_DELETED": _assignment,
    "ASSIGNMENT_PUBLISHED": _assignment,
}
