"""The contents of an approval request: the time entries and expenses of a period, and their sums."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import UTC, datetime, time, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec

from clockify_sandbox.approval import request_of
from clockify_sandbox.fields import picked
from clockify_sandbox.naming import zone_of
from clockify_sandbox.render import default_currency, entry_rates
from clockify_sandbox.values import duration, epoch, timestamp
from clockify_sandbox.workdays import local_date, span_of
from clockify_sandbox.workspaces import WEEK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from clockify_sandbox.call import Call
    from clockify_sandbox.shapes.money import Expense
    from clockify_sandbox.shapes.people import Rate
    from clockify_sandbox.shapes.planning import ApprovalRequest
    from clockify_sandbox.world import Entity, Record, TimeEntry, Workspace, World

_HOUR = 3600
_SIX_DAYS = timedelta(days=6)
_EXPENSE = (
    "id",
    "workspaceId",
    "userId",
    "date",
    "fileId",
    "quantity",
    "total",
    "billable",
    "locked",
    "notes",
    "approvalRequestId",
)


# -- contents of a period ----------------------------------------------------------------------------------------------


def week_of(call: Call, user_id: str, start: datetime) -> tuple[int, int]:
    """The first and last second of the week of a start, in the user's zone and with the user's first day of the week.

    A start is a local midnight, as in `dateRange` of a request, or a date in that zone.
    """
    zone = zone_of(call.world, user_id)
    moment = datetime.fromtimestamp(epoch(start), UTC)
    local = moment.astimezone(ZoneInfo(zone))
    day = (local if local.time() == time() else moment).date()
    begins = WEEK.index(call.workspace.members[user_id]["profile"]["weekStart"])
    first = day - timedelta(days=(day.weekday() - begins) % 7)
    return span_of(first, first + _SIX_DAYS, zone)


def period_of(request: ApprovalRequest) -> tuple[int, int]:
    """The first and last second of a request."""
    start, end = (epoch(datetime.fromisoformat(request["dateRange"][name])) for name in ("start", "end"))
    return start, end


def entries_between(workspace: Workspace, user_id: str, start: int, end: int) -> list[TimeEntry]:
    """The entries of a user that start in a period, newest first, without scanning all entries."""
    entries = workspace.time_entries.of_user(user_id)
    newest = bisect_left(entries, -end, key=lambda entry: -entry.start)
    oldest = bisect_right(entries, -start, key=lambda entry: -entry.start)
    return entries[newest:oldest]


def entries_of(workspace: Workspace, request: ApprovalRequest) -> list[TimeEntry]:
    """The entries of a request."""
    entries = entries_between(workspace, request["ownerId"], *period_of(request))
    return [entry for entry in entries if entry.approval_id == request["id"]]


def expenses_of(workspace: Workspace, request: ApprovalRequest) -> list[Expense]:
    """The expenses of a request."""
    if request["type"] == "TIMESHEET":
        return []
    return [row for row in workspace.expenses.values() if row["approvalRequestId"] == request["id"]]


def gather(call: Call, request: ApprovalRequest) -> None:
    """Add to a request the finished entries and expenses of its period that are in no other request."""
    owner, kind, period = request["ownerId"], request["type"], period_of(request)
    if kind != "EXPENSE":
        for entry in entries_between(call.workspace, owner, *period):
            if entry.end is not None and entry.approval_id is None:
                entry.approval_id = request["id"]
    if kind != "TIMESHEET":
        zone = zone_of(call.world, owner)
        first, last = (local_date(request["dateRange"][name], zone).isoformat() for name in ("start", "end"))
        for row in call.workspace.expenses.values():
            if row["userId"] == owner and first <= row["date"] <= last and row["approvalRequestId"] is None:
                row["approvalRequestId"] = request["id"]


# -- rendering -------------------------------------------------------------------------------------------


class Details:
    """Renders requests for the list, with all contents and sums.

    Create it once per response, since a year of timesheets contains the same projects, tasks and tags many times.
    """

    def __init__(self, world: World, workspace: Workspace) -> None:
        self._world = world
        self._workspace = workspace
        self._rates = entry_rates(workspace)
        self._projects = _encoded(lambda project_id: _project(workspace, project_id))
        self._tasks = _encoded(lambda task_id: _named(workspace.tasks, task_id))
        tags = workspace.tags
        self._tags = _encoded(lambda tag_ids: [tags[tag_id] for tag_id in tag_ids or () if tag_id in tags])

    def show(self, request: ApprovalRequest) -> Entity:
        """A request in the form of the list."""
        state = request["status"]["state"]
        entries, expenses = entries_of(self._workspace, request), expenses_of(self._workspace, request)
        work = [entry for entry in entries if entry.type != "BREAK"]
        tracked = _seconds(work)
        billable = [entry for entry in work if entry.billable]
        return {
            "approvalRequest": request_of(self._world, self._workspace, request),
            "trackedTime": duration(tracked),
            "approvedTime": duration(tracked if state == "APPROVED" else 0),
            "pendingTime": duration(tracked if state == "PENDING" else 0),
            "billableTime": duration(_seconds(billable)),
            "breakTime": duration(_seconds(entries) - tracked),
            "billableAmount": sum(_worth(entry, self._rates(entry)[0]) for entry in billable),
            "costAmount": sum(_worth(entry, self._rates(entry)[1]) for entry in work),
            "expenseTotal": sum(row["total"] for row in expenses),
            "entries": [self._entry(entry) for entry in entries],
            "expenses": [_expense(self._workspace, row, state) for row in expenses],
        }

    def _entry(self, entry: TimeEntry) -> Entity:
        end, (billable, cost) = entry.end, self._rates(entry)
        return {
            "id": entry.id,
            "description": entry.description,
            "billable": entry.billable,
            "isLocked": entry.locked,
            "type": entry.type,
            "timeInterval": {
                "start": timestamp(entry.start),
                "end": None if end is None else timestamp(end),
                "duration": None if end is None else duration(end - entry.start),
            },
            "approvalRequestId": entry.approval_id,
            "project": self._projects(entry.project_id),
            "task": self._tasks(entry.task_id),
            "tags": self._tags(entry.tag_ids),
            "hourlyRate": billable,
            "costRate": cost,
            "customFieldValues": [
                {"customFieldId": field_id, "timeEntryId": entry.id, "value": value, "sourceType": "TIMEENTRY"}
                for field_id, value in entry.custom_fields
            ],
        }


def _encoded(show: Callable[[Any], Any]) -> Callable[[Any], msgspec.Raw]:
    """Return a function that renders each object once and caches the result."""
    return cache(lambda what: msgspec.Raw(msgspec.json.encode(show(what))))


def _seconds(entries: Iterable[TimeEntry]) -> int:
    return sum(entry.end - entry.start for entry in entries if entry.end is not None)


def _worth(entry: TimeEntry, rate: Rate | None) -> float:
    """Minor units, not rounded."""
    amount = rate["amount"] if rate else 0
    return _seconds((entry,)) * amount / _HOUR


def _expense(workspace: Workspace, expense: Expense, state: str) -> Entity:
    category = workspace.expense_categories.get(expense["categoryId"] or "")
    file_name, _ = workspace.files.get(expense["fileId"] or "", (None, b""))
    return {
        **picked(expense, _EXPENSE),
        "fileName": file_name,
        "fileUrl": None,
        "category": category and {name: value for name, value in category.items() if name != "status"},
        "project": _project(workspace, expense["projectId"]),
        "task": _named(workspace.tasks, expense["taskId"]),
        "currency": default_currency(workspace),
        "approvalStatus": state,
        "detailedApprovalStatus": state,
    }


def _project(workspace: Workspace, project_id: str | None) -> Entity | None:
    project = workspace.projects.get(project_id or "")
    if project is None:
        return None
    client = workspace.clients.get(project["clientId"])
    return {
        "id": project["id"],
        "name": project["name"],
        "clientId": project["clientId"],
        "clientName": client["name"] if client else "",
        "color": project["color"],
    }


def _named(table: Mapping[str, Record], entity_id: str | None) -> Entity | None:
    entity = table.get(entity_id or "")
    return None if entity is None else {"id": entity["id"], "name": entity["name"]}
