"""Approval requests: weeks of time entries and expenses that somebody submits and somebody else approves."""

from collections.abc import Callable
from datetime import MAXYEAR, MINYEAR, datetime
from typing import Any, Literal

from clockify_sandbox import messages
from clockify_sandbox.answers import Answer
from clockify_sandbox.approval import request_of
from clockify_sandbox.binding import Body, Query
from clockify_sandbox.bodies import SortOrder
from clockify_sandbox.call import Call
from clockify_sandbox.entities import approval_request, approval_status
from clockify_sandbox.entries import is_before_lock
from clockify_sandbox.errors import ApiError, forbidden, invalid, not_one_of
from clockify_sandbox.kinds import APPROVAL_REQUEST, MEMBER
from clockify_sandbox.lists import by_id, in_order
from clockify_sandbox.paging import KEBAB
from clockify_sandbox.people import oversight
from clockify_sandbox.routing import Routes
from clockify_sandbox.shapes.planning import ApprovalRequest
from clockify_sandbox.timesheets import Details, entries_of, expenses_of, gather, week_of
from clockify_sandbox.values import timestamp
from clockify_sandbox.world import Entity

routes = Routes(scope="APPROVAL", feature="APPROVAL")

_REQUESTS = "/workspaces/{ws}/approval-requests"
_PERIOD = "WEEKLY"  # the setting of every workspace here
_LISTABLE = ("PENDING", "APPROVED", "WITHDRAWN_APPROVAL")
_TYPES = ("TIMESHEET", "EXPENSE", "TIMESHEET_AND_EXPENSE")
_HOLDS = {"PENDING", "APPROVED"}
_OF_OWNER = {"PENDING", "WITHDRAWN_SUBMISSION"}  # states that the owner sets; the others are set by the approver
_ORDER: dict[str, Callable[[ApprovalRequest], Any]] = {
    "ID": by_id,
    "USER_ID": lambda request: (request["ownerId"], request["id"]),
    "START": lambda request: (request["dateRange"]["start"], request["id"]),
    "UPDATED_AT": lambda request: (request["status"]["updatedAt"] or "", request["id"]),
}

_State = Literal["PENDING", "APPROVED", "WITHDRAWN_SUBMISSION", "WITHDRAWN_APPROVAL", "REJECTED"]


class ApprovalQuery(Query):
    """Filters and order of the list. `userId`, `start` and `end` have no effect."""

    status: _State | None = None
    types: list[Literal["TIMESHEET", "EXPENSE", "TIMESHEET_AND_EXPENSE"]] | None = None
    sort_column: Literal["ID", "USER_ID", "START", "UPDATED_AT"] | None = None
    sort_order: SortOrder | None = None


class Submission(Body):
    """The submitted period; it must have the length of the workspace's periods."""

    period_start: datetime
    period: Literal["WEEKLY", "SEMI_MONTHLY", "MONTHLY"] = "WEEKLY"


class StateChange(Body):
    """The new state of a request."""

    state: _State
    note: str | None = None


@routes.get(_REQUESTS, paging=KEBAB)
def list_requests(call: Call, query: ApprovalQuery) -> Answer:
    """The requests of people whom the caller may see: in all states, or in one of the three states of the filter."""
    if query.status and query.status not in _LISTABLE:
        raise not_one_of("status", _LISTABLE)
    may_see = oversight(call)
    found = [
        request
        for request in call.workspace.approval_requests.values()
        if (not query.status or request["status"]["state"] == query.status)
        and (not query.types or request["type"] in query.types)
        and may_see(request["ownerId"])
    ]
    rows = in_order(found, _ORDER, query.sort_column, query.sort_order, "ID")
    return call.page(rows, Details(call.world, call.workspace).show)


@routes.post(_REQUESTS, status=201)
def submit_all(call: Call, body: Submission) -> Entity:
    """Submit the caller's time and expenses: the old call, without a type."""
    return _submit(call, call.user_id, _TYPES[-1], body)


@routes.post(f"{_REQUESTS}/{{type}}", status=201)
def submit(call: Call, body: Submission) -> Entity:
    """Submit the caller's time or expenses."""
    return _submit(call, call.user_id, _type(call), body)


@routes.post(f"{_REQUESTS}/users/{{userId}}", status=201)
def submit_all_for(call: Call, body: Submission) -> Entity:
    """Submit another person's time and expenses: the old call, without a type."""
    return _submit(call, _user(call), _TYPES[-1], body)


@routes.post(f"{_REQUESTS}/users/{{userId}}/{{type}}", status=201)
def submit_for(call: Call, body: Submission) -> Entity:
    """Submit another person's time, expenses or both."""
    return _submit(call, _user(call), _type(call), body)


@routes.post(f"{_REQUESTS}/resubmit-entries-for-approval")
def resubmit(call: Call, body: Submission) -> Entity:
    """Submit entries again that were returned or added since, in the requests of the period."""
    return _resubmit(call, call.user_id, body)


@routes.post(f"{_REQUESTS}/users/{{userId}}/resubmit-entries-for-approval")
def resubmit_for(call: Call, body: Submission) -> Entity:
    """Submit another person's entries again."""
    return _resubmit(call, _user(call), body)


@routes.patch(f"{_REQUESTS}/{{approvalRequestId}}")
def change_state(call: Call, body: StateChange) -> Entity:
    """Approve, reject, withdraw. Approval locks the entries of the request; rejection and withdrawal unlock them."""
    request = call.named(APPROVAL_REQUEST, "approvalRequestId")
    owner = request["ownerId"]
    is_own = owner == call.user_id
    if not oversight(call)(owner) or (is_own and not call.is_admin and body.state not in _OF_OWNER):
        raise forbidden()
    _change(call, request, body.state, body.note)
    return request_of(call.world, call.workspace, request)


def _type(call: Call) -> str:
    name = call.path["type"]
    if name not in _TYPES:
        raise ApiError(400, 3000, messages.PARAMETER_UNREADABLE(name="type", reason=f"No enum constant for {name}"))
    return name


def _user(call: Call) -> str:
    call.named(MEMBER, "userId")
    if not oversight(call)(call.path["userId"]):
        raise forbidden()
    return call.path["userId"]


def _submit(call: Call, user_id: str, kind: str, body: Submission) -> Entity:
    start, end = _week(call, user_id, body)
    request = approval_request(
        call.new_id(),
        call.workspace.id,
        user_id,
        timestamp(start),
        timestamp(end),
        type=kind,
        creatorId=call.user_id,
    )
    gather(call, call.insert(APPROVAL_REQUEST, request))
    return request_of(call.world, call.workspace, request)


def _resubmit(call: Call, user_id: str, body: Submission) -> Entity:
    start, _ = _week(call, user_id, body)
    open_ones = [request for request in _of_week(call, user_id, start) if request["status"]["state"] != "APPROVED"]
    if not open_ones:
        return _submit(call, user_id, _TYPES[-1], body)
    for request in open_ones:
        _change(call, request, "PENDING", None)
    return request_of(call.world, call.workspace, open_ones[0])


def _week(call: Call, user_id: str, body: Submission) -> tuple[int, int]:
    if body.period != _PERIOD:
        raise invalid(messages.APPROVAL_PERIOD(period=_PERIOD))
    if not MINYEAR < body.period_start.year < MAXYEAR:
        raise invalid(messages.PERIOD_OUT_OF_RANGE)
    return week_of(call, user_id, body.period_start)


def _of_week(call: Call, user_id: str, start: int) -> list[ApprovalRequest]:
    begin = timestamp(start)
    every = call.workspace.approval_requests.values()
    return [request for request in every if request["ownerId"] == user_id and request["dateRange"]["start"] == begin]


def _change(call: Call, request: ApprovalRequest, state: str, note: str | None) -> None:
    entries, expenses = entries_of(call.workspace, request), expenses_of(call.workspace, request)
    status = approval_status(state, call.user_id, timestamp(call.now), note)
    call.of(APPROVAL_REQUEST).update(request, {"status": status})
    approved, held = state == "APPROVED", state in _HOLDS
    lock = call.workspace.record["workspaceSettings"]["lockTimeEntries"] or ""
    for entry in entries:
        entry.locked = approved or is_before_lock(call, entry.start)
        entry.approval_id = request["id"] if held else None
    for expense in expenses:
        expense["locked"] = approved or expense["date"] < lock[: len(expense["date"])]
        expense["approvalRequestId"] = request["id"] if held else None
    if state == "PENDING":
        gather(call, request)
