"""Time-off requests: made under a policy, decided by its approvers, and subtracted from a balance when approved."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal

from msgspec import Meta, field

from clockify_sandbox import messages
from clockify_sandbox.allowances import balance_of, is_enough, spend
from clockify_sandbox.answers import Answer
from clockify_sandbox.binding import Body
from clockify_sandbox.call import Call
from clockify_sandbox.entities import request_status, time_off_period, time_off_request
from clockify_sandbox.errors import access_denied, forbidden, invalid, not_one_of
from clockify_sandbox.kinds import MEMBER, POLICY, TIME_OFF_REQUEST
from clockify_sandbox.naming import zone_of
from clockify_sandbox.paging import BODY_200, BodyPage
from clockify_sandbox.people import members_of, oversight
from clockify_sandbox.routing import Routes
from clockify_sandbox.shapes.absence import Policy, RequestStatus, TimeOffPeriod, TimeOffRequest, TimeOffRequestFields
from clockify_sandbox.time_off import request_of, short_request_of
from clockify_sandbox.values import CALENDAR, epoch, timestamp, wall_clock
from clockify_sandbox.workdays import days_between, holidays_of, is_working_day, midnight, span_of
from clockify_sandbox.world import Entity

routes = Routes(scope="TIME_OFF", feature="TIME_OFF")

_SEARCHABLE = ("PENDING", "APPROVED", "REJECTED", "ALL")
_HOUR = 3600
_SECONDS_ONLY = "%Y-%m-%dT%H:%M:%SZ"
_HALVES = {"FIRST_HALF": (9, 13), "SECOND_HALF": (13, 17)}

_Half = Literal["FIRST_HALF", "SECOND_HALF", "NOT_DEFINED"]


class Search(BodyPage):
    """The search filter; without it, the requests of all people in all states."""

    statuses: list[Literal["PENDING", "APPROVED", "REJECTED", "WITHDRAWN", "ALL"]] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    user_groups: list[str] = field(default_factory=list)
    start: datetime | None = None
    end: datetime | None = None
    page: Annotated[int, Meta(le=1000)] | None = None


class Period(Body):
    """A start date and a number of days for a policy in days, two timestamps for a policy in hours."""

    start: str
    end: str | None = None
    days: Annotated[int, Meta(ge=1, le=999)] | None = None


class PeriodBody(Body):
    """The period of a request. Two names are accepted for the half of a day."""

    period: Period
    is_half_day: bool = False
    half_day_period: _Half | None = None
    time_off_half_day_period: _Half | None = None


class NewRequest(Body):
    """A request."""

    time_off_period: PeriodBody
    note: str | None = None


class Decision(Body):
    """The decision about a pending request. It is written as `status` and read as `statusType`."""

    status: Literal["APPROVED", "REJECTED"]
    note: str | None = None


@routes.post("/workspaces/{ws}/time-off/requests", paging=BODY_200, reads=True)
def search_requests(call: Call, body: Search) -> Answer:
    """Requests, newest first; people without a manager role find only their own."""
    if "WITHDRAWN" in body.statuses:
        raise not_one_of("statuses", _SEARCHABLE)
    states = set(body.statuses) - {"ALL"} if "ALL" not in body.statuses else set()
    people = {*body.users, *members_of(call.workspace, body.user_groups)}
    anybody = not (body.users or body.user_groups)
    may_see = oversight(call)
    found = [
        request
        for request in call.workspace.time_off_requests.values()
        if (not states or request["status"]["statusType"] in states)
        and (anybody or request["userId"] in people)
        and may_see(request["userId"])
        and _was_created_between(call, request, body.start, body.end)
    ]
    found.sort(key=lambda request: (request["createdAt"], request["id"]), reverse=True)
    return call.page(
        found,
        lambda request: request_of(call.world, call.workspace, request),
        lambda page: {**call.total("count", found, page), "requests": page},
    )


@routes.post("/workspaces/{ws}/time-off/policies/{policyId}/requests")
def request_time_off(call: Call, body: NewRequest) -> Entity:
    """Create a request for the caller."""
    return _create(call, call.user_id, body)


@routes.post("/workspaces/{ws}/time-off/policies/{policyId}/users/{userId}/requests")
def request_time_off_for(call: Call, body: NewRequest) -> Entity:
    """Create a request for a person for whom the caller may decide."""
    if not oversight(call)(call.path["userId"]):
        raise forbidden()
    call.named(MEMBER, "userId")
    return _create(call, call.path["userId"], body)


@routes.patch("/workspaces/{ws}/time-off/policies/{policyId}/requests/{requestId}")
def decide_request(call: Call, body: Decision) -> Entity:
    """Approve or reject a pending request. A decision is final, but may be repeated."""
    policy, request = _named(call)
    if not _may_decide(call, policy, request):
        raise forbidden()
    state = request["status"]["statusType"]
    if state == body.status:
        return short_request_of(call.world, request)
    if state != "PENDING":
        raise invalid(messages.POLICY_STATUS_FIXED, 400)
    changes: TimeOffRequestFields = {"status": _decided(call, body.status, body.note)}
    if body.status == "APPROVED":
        changes["balance"] = _spend(call, policy, request["userId"], request["balanceDiff"])
    # According to recordings, approvals also trigger TIME_OFF_REQUEST_UPDATED.
    call.of(TIME_OFF_REQUEST).update(request, changes)
    call.recorder.event(
        "TIME_OFF_REQUEST_APPROVED" if body.status == "APPROVED" else "TIME_OFF_REQUEST_REJECTED", request
    )
    return short_request_of(call.world, request)


@routes.delete("/workspaces/{ws}/time-off/policies/{policyId}/requests/{requestId}")
def delete_request(call: Call) -> Entity:
    """Withdraw a request that is still pending."""
    _, request = _named(call)
    if not oversight(call)(request["userId"]):
        raise forbidden()
    state = request["status"]["statusType"]
    if state != "PENDING":
        raise invalid(messages.WITHDRAWAL_LATE(title=state.capitalize(), state=state), 400)
    return short_request_of(call.world, call.remove(TIME_OFF_REQUEST, request))


def _named(call: Call) -> tuple[Policy, TimeOffRequest]:
    policy = call.named(POLICY, "policyId")
    request = call.workspace.time_off_requests.get(call.path["requestId"])
    if request is None or request["policyId"] != policy["id"]:
        raise access_denied()
    return policy, request


def _may_decide(call: Call, policy: Policy, request: TimeOffRequest) -> bool:
    approve = policy["approve"]
    as_manager = approve["teamManagers"] and request["userId"] != call.user_id and oversight(call)(request["userId"])
    return call.is_admin or call.user_id in approve["userIds"] or as_manager


def _was_created_between(call: Call, request: TimeOffRequest, start: datetime | None, end: datetime | None) -> bool:
    """The limits are wall-clock times in the time zone of the request's user."""
    created = epoch(datetime.fromisoformat(request["createdAt"]))
    zone = zone_of(call.world, request["userId"])
    return not (start and created < wall_clock(start, zone)) and not (end and created > wall_clock(end, zone))


# -- asking ------------------------------------------------------------------------------------------------------------


def _create(call: Call, user_id: str, body: NewRequest) -> Entity:
    policy = call.named(POLICY, "policyId")
    in_days = policy["timeUnit"] == "DAYS"
    size, period = (_days if in_days else _hours)(call, policy, user_id, body.time_off_period)
    balance = balance_of(call, user_id, policy)
    if not is_enough(balance, policy, size):
        raise invalid(messages.BALANCE_INSUFFICIENT, 400)
    request = time_off_request(
        call.new_id(),
        call.workspace.id,
        policy["id"],
        user_id,
        requesterUserId=call.user_id,
        timeUnit=policy["timeUnit"],
        note=body.note,
        createdAt=call.today.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        balance=balance["balance"],
        balanceDiff=size,
        timeOffPeriod=period,
    )
    if not policy["approve"]["requiresApproval"]:
        request.update({"status": _decided(call, "APPROVED"), "balance": _spend(call, policy, user_id, size)})
    return request_of(call.world, call.workspace, call.insert(TIME_OFF_REQUEST, request))


def _days(call: Call, policy: Policy, user_id: str, wanted: PeriodBody) -> tuple[float, TimeOffPeriod]:
    """Calendar days from a date on, of which working days count."""
    if wanted.period.days is None or wanted.period.end is not None:
        raise invalid(messages.DAYS_NOT_ALLOWED, 400)
    first = _date(wanted.period.start)
    last = first + timedelta(days=wanted.period.days - 1)
    holidays = holidays_of(call.workspace, user_id, first, last)
    working = [
        day for day in days_between(first, last) if day not in holidays and is_working_day(call.workspace, user_id, day)
    ]
    if first not in working or last not in working:
        raise invalid(messages.NON_WORKING_DAYS, 400)
    zone = zone_of(call.world, user_id)
    begin, end = map(timestamp, span_of(first, last, zone))
    if not wanted.is_half_day:
        return float(len(working)), time_off_period(begin, end)
    if not policy["allowHalfDay"]:
        raise invalid(messages.HALF_DAY_NOT_ALLOWED, 400)
    named = wanted.half_day_period or wanted.time_off_half_day_period
    half = named if named in _HALVES else "FIRST_HALF"
    opens, closes = (timestamp(midnight(first, zone) + hour * _HOUR) for hour in _HALVES[half])
    return len(working) / 2, time_off_period(begin, end, half, {"start": opens, "end": closes})


def _hours(_: Call, __: Policy, ___: str, wanted: PeriodBody) -> tuple[float, TimeOffPeriod]:
    """Hours between two timestamps, which must not have fractions of a second."""
    start, end = wanted.period.start, wanted.period.end
    if wanted.period.days is not None or end is None:
        raise invalid(messages.DAYS_NOT_ALLOWED, 400)
    begin, finish = _second(start), _second(end)
    if begin >= finish:
        raise invalid(messages.START_AFTER_END(start=start, end=end))
    return (finish - begin) / _HOUR, time_off_period(start, end)


def _date(text: str) -> date:
    unreadable = invalid(messages.TEXT_UNREADABLE_AS(text=text, form="yyyy-MM-dd"), 400)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise unreadable from None
    if day.year not in CALENDAR:
        raise unreadable
    return day


def _second(text: str) -> int:
    try:
        return epoch(datetime.strptime(text, _SECONDS_ONLY).replace(tzinfo=UTC))
    except ValueError:
        raise invalid(messages.TEXT_UNREADABLE_AS(text=text, form="yyyy-MM-ddThh:mm:ssZ"), 400) from None


def _decided(call: Call, state: str, note: str | None = None) -> RequestStatus:
    return request_status(state, call.user_id, timestamp(call.now), note)


def _spend(call: Call, policy: Policy, user_id: str, size: float) -> float:
    balance = balance_of(call, user_id, policy)
    spend(call, balance, size)
    return balance["balance"]
