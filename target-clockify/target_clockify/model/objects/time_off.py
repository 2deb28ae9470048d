"""Holidays, time-off policies, requests and balances, and the approval of time."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from clockify_client import endpoints

from target_clockify.model.declaration import (
    Call,
    Change,
    Copying,
    Create,
    Delete,
    Field,
    House,
    Listing,
    Operation,
    Part,
    State,
    WritableObject,
)
from target_clockify.model.objects.shared import (
    AUDIENCE,
    audience,
    audience_fields,
    audience_rules,
    member_of,
    named,
    require_agreement,
    require_one_audience,
    spread_filters,
)
from target_clockify.model.values import (
    COLOR,
    DAY,
    FLAG,
    ID,
    IDS,
    INTEGER,
    MOMENT,
    NUMBER,
    OBJECT,
    TEXT,
    WORD,
    record_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_HOLIDAY = (
    *("name", "datePeriod", "occursAnnually", "everyoneIncludingNew", "color", *AUDIENCE),
    *("automaticTimeEntryCreation", "projectId", "taskId"),
)


_CREATION = replace(FLAG, coerce=lambda value: FLAG.coerce(OBJECT.coerce(value)))


def _automatic(given: State) -> State:
    """The automatic entries of a holiday are read as three fields and written as one object."""
    given = spread_filters(given)
    creation = given.get("automaticTimeEntryCreation")
    if isinstance(creation, dict):
        given |= {"automaticTimeEntryCreation": FLAG.coerce(creation.get("enabled") or False)}
        given |= {key: value for key, value in (creation.get("defaultEntities") or {}).items() if value}
    return given


def _one_holiday(given: State) -> State:
    """Return a row with one set of people, and one project for automatic entries.

    Raises:
        ValueError: Two columns of the row contradict each other.
    """
    entities = member_of(given.get("automaticTimeEntryCreation"), "defaultEntities")
    for name in ("projectId", "taskId"):
        stated = (f"automaticTimeEntryCreation.defaultEntities.{name}", member_of(entities, name))
        require_agreement((name, given.get(name)), stated)
    return require_one_audience(given)


def _holiday_body(change: Change, body: State) -> State:
    body = audience("ALL", always=False)(change, body)
    entities = {key: body.pop(key, None) for key in ("projectId", "taskId")}
    if body.pop("automaticTimeEntryCreation", None):
        body["automaticTimeEntryCreation"] = {"enabled": True, "defaultEntities": entities}
    elif "automaticTimeEntryCreation" in change.changed:
        body["automaticTimeEntryCreation"] = {"enabled": False, "defaultEntities": entities}
    return {"occursAnnually": False, **body}


HOLIDAYS = WritableObject(
    name="holidays",
    noun="holiday",
    aliases=("Holiday",),
    fields=(
        named(100, shortest=2, longest_on_update=50),
        Field(
            "datePeriod",
            record_of("a period", ("startDate", "endDate"), startDate=DAY, endDate=DAY),
            clearable=False,
        ),
        Field("occursAnnually", FLAG, clearable=False),
        Field("everyoneIncludingNew", FLAG, clearable=False),
        Field("color", COLOR, clearable=False, unreadable=True, reset=True),
        *audience_fields(),
        Field("automaticTimeEntryCreation", _CREATION, clearable=False),
        Field("projectId", ID, refers="projects"),
        Field("taskId", ID, refers="tasks"),
    ),
    listing=Listing(endpoints.HOLIDAYS),
    natural=("name", "datePeriod"),
    create=Create("/holidays", fields=_HOLIDAY, required=("name", "datePeriod"), shape=_holiday_body),
    parts=(Part(_HOLIDAY, path="/holidays/{id}", shape=_holiday_body),),
    delete=Delete("/holidays/{id}"),
    read_only=(),
    rules=audience_rules,
    by_hand=_one_holiday,
    adapt=_automatic,
)

_POLICY = (
    *("name", "allowHalfDay", "allowNegativeBalance", "approve", "everyoneIncludingNew", *AUDIENCE),
    *("hasExpiration", "automaticAccrual", "negativeBalance", "automaticTimeEntryCreation", "color", "icon"),
)
_APPROVE = record_of("an approval rule", requiresApproval=FLAG, specificMembers=FLAG, teamManagers=FLAG, userIds=IDS)
_ENTITIES = record_of(projectId=ID, taskId=ID)


def _policy_body(change: Change, body: State) -> State:
    """Nearly every field is required, and a missing flag counts as false."""
    body = audience("ACTIVE", always=True)(change, body)
    flags = ("allowHalfDay", "allowNegativeBalance", "everyoneIncludingNew", "hasExpiration")
    archived = bool(change.desired.get("archived"))
    return {**dict.fromkeys(flags, False), "archived": archived, "approve": {"requiresApproval": False}, **body}


def _new_policy_body(change: Change, body: State) -> State:
    """A new policy is created as active, since archived policies take no members."""
    return {key: value for key, value in _policy_body(change, body).items() if key != "archived"}


POLICIES = WritableObject(
    name="time_off_policies",
    noun="time-off policy",
    aliases=("Policies", "Policy", "TimeOffPolicy"),
    fields=(
        named(100, shortest=2),
        Field("timeUnit", WORD, rules={"enum": ["DAYS", "HOURS"]}, fixed=True, clearable=False),
        Field("archived", FLAG, clearable=False),
        Field("everyoneIncludingNew", FLAG, clearable=False),
        Field("allowHalfDay", FLAG, clearable=False),
        Field("allowNegativeBalance", FLAG, clearable=False),
        Field("approve", _APPROVE, refers={"userIds[]": "users"}, clearable=False),
        Field("automaticAccrual", record_of("an accrual", ("amount",), amount=NUMBER, period=WORD, timeUnit=WORD)),
        Field(
            "negativeBalance",
            record_of("a limit", ("amount",), amount=NUMBER, period=WORD, timeUnit=WORD, shouldReset=FLAG),
        ),
        Field(
            "automaticTimeEntryCreation",
            record_of(enabled=FLAG, defaultEntities=_ENTITIES),
            refers={"defaultEntities.projectId": "projects", "defaultEntities.taskId": "tasks"},
        ),
        *audience_fields(),
        Field(
            "hasExpiration",
            FLAG,
            clearable=False,
            unreadable=True,
            reset=True,
            description="Can be written, but not read.",
        ),
        Field("color", COLOR, clearable=False),
        Field("icon", WORD, clearable=False),
    ),
    listing=Listing(endpoints.TIME_OFF_POLICIES),
    natural=("name",),
    create=Create("/time-off/policies", fields=(*_POLICY, "timeUnit"), required=("name",), shape=_new_policy_body),
    parts=(
        Part(_POLICY, path="/time-off/policies/{id}", shape=_policy_body),
        Part(
            ("archived",),
            "PATCH",
            "/time-off/policies/{id}",
            shape=lambda _, body: {"status": "ARCHIVED" if body["archived"] else "ACTIVE"},
        ),
    ),
    delete=Delete("/time-off/policies/{id}", first={"archived": True}, proof=""),
    last=("archived",),
    copying=Copying(interim={"allowNegativeBalance": True, "negativeBalance": {"amount": 10_000, "period": "YEAR"}}),
    read_only=("projectId",),
    rules=audience_rules,
    by_hand=require_one_audience,
    adapt=spread_filters,
)

_DATE = len("2024-01-01")

# -- requests ------------------------------------------------------------------------------------


_EDGE = replace(
    MOMENT,
    schema={"type": "string"},  # the rules check more
    coerce=lambda value: value if isinstance(value, str) and len(value) <= _DATE else MOMENT.coerce(value),
)
"""A plain date stays a date: it is the day in the user's zone."""


def _first_day(period: State, zone: str | None) -> str:
    """Return the first day of a period in the user's time zone; a plain date is that day."""
    start = str(period.get("start"))
    if len(start) <= _DATE:
        return start
    moment = datetime.fromisoformat(start)
    try:
        return (moment.astimezone(ZoneInfo(zone)) if zone else moment + timedelta(hours=12)).date().isoformat()
    except OverflowError:
        return start[:_DATE]  # at the limits of Python's calendar


def _days(period: State) -> int:
    start, end = (datetime.fromisoformat(MOMENT.coerce(period[name])) for name in ("start", "end"))
    whole = len(period["end"]) <= _DATE  # a plain date is the last day
    return max(1, round((end - start).total_seconds() / 86400 + 0.01) + whole)


def _is_moment(value: Any) -> bool:
    return isinstance(value, str) and re.match(MOMENT.schema["pattern"], MOMENT.coerce(value)) is not None


def _is_zone(name: Any) -> bool:
    try:
        return bool(ZoneInfo(name))
    except (ValueError, OSError, TypeError, ZoneInfoNotFoundError):
        return False


def _is_told(period: Any) -> bool:
    return isinstance(period, dict) and _is_moment(period.get("start")) and _lasts(period)


def _lasts(period: State) -> bool:
    return bool(period.get("days")) or _is_moment(period.get("end"))


def _in_days(row: State) -> State:
    """Convert a period in days to days in the user's zone; Clockify returns points in time for its start and end."""
    asked, zone = row.get("timeOffPeriod"), row.get("userTimeZone")
    if row.get("timeUnit") != "DAYS" or not isinstance(asked, dict) or not _is_told(asked.get("period")):
        return row
    return {**row, "timeOffPeriod": {**asked, "period": _counted(asked["period"], zone if _is_zone(zone) else None)}}


def _counted(period: State, zone: str | None = None) -> State:
    return {"start": _first_day(period, zone), "days": period.get("days") or _days(period)}


def _as_it_stands(current: Any, value: Any) -> Any:
    """Compare a request in days by days, whatever form the row has; parts that the row lacks are unchanged."""
    if not isinstance(current, dict) or not isinstance(value, dict):
        return value
    known, period = current.get("period"), value.get("period")
    if isinstance(known, dict) and isinstance(period, dict):
        period = period if _lasts(period) else {**known, **period}
        period = _counted(period) if known.get("days") and _is_told(period) else period
    return {**{name: current.get(name) for name in _ASKED.members}, **value, "period": period}


_HALF = replace(WORD, canonical=lambda value: None if value == "NOT_DEFINED" else WORD.canonical(value))
_ASKED = record_of(period=record_of(start=_EDGE, end=_EDGE, days=INTEGER), halfDay=FLAG, halfDayPeriod=_HALF)


def _request_rules(operation: Operation, given: State, _: bool) -> Iterator[str]:  # noqa: FBT001
    asked = given.get("timeOffPeriod")
    period = asked.get("period") if isinstance(asked, dict) else None
    if operation is Operation.INSERT and isinstance(asked, dict) and not _is_told(period):
        yield "timeOffPeriod.period must have a start, and days or an end"
    if given.get("userTimeZone") and not _is_zone(given["userTimeZone"]):
        yield "userTimeZone must be a time zone such as Europe/Zurich"


def _request_body(change: Change, body: State) -> State:
    """A policy in days needs a start and a number of days, a policy in hours needs start and end times."""
    asked = body["timeOffPeriod"]
    period, half = asked["period"], asked.get("halfDay")
    if change.given.get("timeUnit") == "HOURS" or (change.given.get("timeUnit") is None and "days" not in period):
        period = {name: MOMENT.coerce(period.get(name)) for name in ("start", "end")}
    else:
        period = _counted(period, change.given.get("userTimeZone"))
    body["timeOffPeriod"] = {
        "period": period,
        "isHalfDay": bool(half),
        **({"halfDayPeriod": asked["halfDayPeriod"]} if half and asked.get("halfDayPeriod") else {}),
    }
    return body


def _decision(change: Change) -> Iterator[Call]:
    status = change.desired["status"]
    body = {"status": status["statusType"], "note": status.get("note") or ""}
    yield Call("PATCH", "/time-off/policies/{policyId}/requests/{id}", json=body)


_FLAT = {"start": _EDGE, "end": _EDGE, "days": INTEGER}
"""Columns for the period in tables."""


def _asked(given: State) -> State:
    """Accept the status as a plain word, and the period in separate columns.

    Every request is pending until somebody decides it.
    """
    given, status = dict(given), given.get("status")
    flat = {name: given.pop(name) for name in _FLAT if name in given}
    if any(value is not None for value in flat.values()) and "timeOffPeriod" not in given:
        given["timeOffPeriod"] = {"period": flat}
    asked = given.get("timeOffPeriod")
    if isinstance(status, str) and status:
        status = given["status"] = {"statusType": WORD.coerce(status)}
    if isinstance(status, dict) and status.get("statusType") in {None, "PENDING"}:
        del given["status"]
    if isinstance(asked, dict) and "isHalfDay" in asked:
        given["timeOffPeriod"] = {"halfDay": FLAG.coerce(asked["isHalfDay"]), **asked}
    return _in_days(given)


def _one_period(given: State) -> State:
    """Return a row whose columns `start`, `end` and `days` agree with its `timeOffPeriod`.

    Raises:
        ValueError: They contradict it.
    """
    asked = given.get("timeOffPeriod")
    require_agreement(
        ("timeOffPeriod.halfDay", member_of(asked, "halfDay")),
        ("timeOffPeriod.isHalfDay", member_of(asked, "isHalfDay")),
        FLAG,
    )
    period = member_of(asked, "period")
    flat = {name: given[name] for name in _FLAT if given.get(name) is not None}
    if not isinstance(period, dict) or not flat:
        return given
    zone = given.get("userTimeZone") if _is_zone(given.get("userTimeZone")) else None
    whole = {"start": period.get("start"), **flat}
    for name in flat.keys() & period.keys():
        if len({len(str(one)) <= _DATE for one in (flat[name], period[name])}) == 1:
            require_agreement((name, flat[name]), (f"timeOffPeriod.period.{name}", period[name]), _FLAT[name])
    if _is_told(period) and _is_moment(whole["start"]):
        one, other = _counted(period, zone), _counted(whole, zone) if _lasts(whole) else whole
        require_agreement(("start", _first_day(whole, zone)), ("timeOffPeriod.period.start", one["start"]))
        length = "days" if "days" in flat else "end"
        if _lasts(flat) and not (length in period and length == "end"):
            require_agreement((length, other["days"]), ("timeOffPeriod.period", one["days"]), INTEGER)
    return given


def _by_policy(given: State, policies: Sequence[State]) -> State:
    """The policy decides whether time off is counted in days or hours."""
    units = (one.get("timeUnit") for one in policies if one["id"] == given.get("policyId"))
    return _in_days({**given, "timeUnit": next(units, None) or given.get("timeUnit")})


def _request_house_rules(_: House, operation: Operation, current: State, wanted: State) -> Iterator[str]:
    """Clockify does not delete requests that somebody has decided."""
    del wanted
    decided = str((current.get("status") or {}).get("statusType") or "PENDING")
    if operation is Operation.DELETE and decided != "PENDING":
        yield f"the request is {decided.lower()}, and Clockify deletes only those that are pending"


TIME_OFF_REQUESTS = WritableObject(
    name="time_off_requests",
    noun="time-off request",
    aliases=("TimeOffRequest",),
    fields=(
        Field("policyId", ID, refers="time_off_policies", fixed=True, clearable=False),
        Field("userId", ID, refers="users", fixed=True, clearable=False),
        Field("timeOffPeriod", replace(_ASKED, merge=_as_it_stands), fixed=True, clearable=False),
        *(Field(name, kind, modifier=True) for name, kind in _FLAT.items()),
        Field("note", TEXT, fixed=True),
        Field(
            "timeUnit",
            WORD,
            modifier=True,
            description="The unit of the policy; the policy's own unit is used if it is known.",
        ),
        Field("userTimeZone", TEXT, modifier=True),
        Field(
            "status",
            record_of("a status", ("statusType",), statusType=WORD),
            rules={"properties": {"statusType": {"enum": ["APPROVED", "REJECTED"]}}},
            clearable=False,
        ),
    ),
    listing=Listing(endpoints.TIME_OFF_REQUESTS, shape=lambda row, _: _in_days(row)),
    fingerprint=("policyId", "userId", "timeOffPeriod"),
    create=Create(
        "/time-off/policies/{policyId}/users/{userId}/requests",
        fields=("timeOffPeriod", "note"),
        required=("policyId", "userId", "timeOffPeriod"),
        shape=_request_body,
        defaults={"status": {"statusType": "PENDING"}},
    ),
    parts=(Part(("status",), calls=_decision),),
    rules=_request_rules,
    house_rules=_request_house_rules,
    turn=1,
    affects=("time_off_balances",),
    delete=Delete("/time-off/policies/{policyId}/requests/{id}"),
    read_only=(
        *("policyName", "userName", "userEmail", "requesterUserId", "requesterUserName"),
        *("createdAt", "balance", "balanceDiff", "balanceValueAtRequest", "negativeBalanceUsed"),
        *("timeZone", "excludeDays", "recipients"),
    ),
    by_hand=_one_period,
    adapt=_asked,
    consults=("time_off_policies", _by_policy),
)

# -- balances ------------------------------------------------------------------------------------


def _left(given: State) -> State:
    """If a row has the remaining balance, the total is the remaining balance plus the used amount."""
    return {name: value for name, value in given.items() if not (name == "total" and given.get("balance") is not None)}


def _one_balance(given: State) -> State:
    """Return a row whose remaining balance is its total minus the used amount.

    Raises:
        ValueError: The values contradict each other, or one of them is missing.
    """
    balance, total = given.get("balance"), given.get("total")
    if isinstance(balance, (int, float)) and isinstance(total, (int, float)) and balance != total:
        msg = "balance and total state different values, which differ by the used amount: leave one of them out"
        raise ValueError(msg)
    return given


def _balance(change: Change) -> Iterator[Call]:
    """Only the remaining balance can be set. If a row has a different total, the used amount is subtracted from it."""
    value = change.desired.get("balance")
    if "total" in change.changed:
        value = change.desired["total"] - (change.current.get("used") or 0)
    body = {"userIds": [change.ids["userId"]], "value": value, "note": change.given.get("note") or "target-clockify"}
    yield Call("PATCH", "/time-off/balance/policy/{policyId}", json=body)


TIME_OFF_BALANCES = WritableObject(
    name="time_off_balances",
    noun="time-off balance",
    aliases=("Balance", "Balances", "TimeOffBalance"),
    fields=(
        Field("policyId", ID, refers="time_off_policies", fixed=True, clearable=False),
        Field("userId", ID, refers="users", fixed=True, clearable=False),
        Field("balance", NUMBER, key="value", rules={"minimum": -10000, "maximum": 10000}, clearable=False),
        Field("total", NUMBER, clearable=False, description="The total granted amount; used if `balance` is missing."),
        Field("note", TEXT, modifier=True),
    ),
    listing=Listing(endpoints.TIME_OFF_BALANCES, scope=("policyId",)),
    identity=("policyId", "userId"),
    parts=(Part(("balance", "total"), calls=_balance, proof=""),),
    implied=True,
    read_only=(
        *("userName", "policyName", "policyTimeUnit", "policyArchived", "used", "negativeBalanceLimit"),
        *("negativeBalanceAmount", "negativeBalanceUsed"),
    ),
    copying=Copying(turn=2),
    by_hand=_one_balance,
    adapt=_left,
)


def _balance_change(change: Change) -> Iterator[Call]:
    """An update sends a difference, computed from the current balance."""
    body = {
        "balanceChange": change.desired["balance"] - (change.current.get("balance") or 0),
        "note": change.given.get("note") or "target-clockify",
    }
    if change.desired.get("dateRange"):
        body["dateRange"] = change.desired["dateRange"]
    path = "/time-off/balance/assignment/{id}/user/{userId}/policy/{policyId}"
    yield Call("PUT", path, json=body, after={"balance": change.desired["balance"]})


def _note_body(change: Change, body: State) -> State:
    return {**body, "note": change.given.get("note") or "target-clockify"}


BALANCE_ASSIGNMENTS = WritableObject(
    name="balance_assignments",
    noun="balance assignment",
    aliases=("BalanceAssignment",),
    fields=(
        Field("policyId", ID, refers="time_off_policies", fixed=True, clearable=False),
        Field("userId", ID, refers="users", fixed=True, clearable=False),
        Field("balance", NUMBER, rules={"maximum": 10000}, clearable=False),
        Field("dateRange", record_of(start=DAY, end=DAY), clearable=False),
        Field("note", TEXT, modifier=True),
    ),
    listing=Listing(endpoints.BALANCE_ASSIGNMENTS, scope=("userId", "policyId")),
    natural=("userId", "policyId"),
    sole=True,
    create=Create(
        "/time-off/balance/assignment",
        fields=("policyId", "balance", "dateRange"),
        required=("policyId", "userId", "balance"),
        shape=lambda change, body: _note_body(
            change, {**body, "policyId": change.ids["policyId"], "userIds": [change.ids["userId"]]}
        ),
        found=None,
    ),
    parts=(Part(("balance", "dateRange"), calls=_balance_change, adds=True),),
    delete=Delete(
        "/time-off/balance/assignment/{id}/user/{userId}/policy/{policyId}",
        shape=_note_body,
    ),
    read_only=("accrued",),
)

# -- approval ------------------------------------------------------------------------------------


_FARTHEST_ZONE = timedelta(hours=14)


def _approval_row(row: State, _: Mapping[str, Any]) -> State:
    whole = {**(row.get("approvalRequest") or {}), **{k: v for k, v in row.items() if k != "approvalRequest"}}
    return {**_flat_approval(dict(whole)), "periodEnd": member_of(whole.get("dateRange"), "end")}


def _is_of_period(noted: State, approval: State) -> bool:
    """Whether a request is for the period that contains a point in time; Clockify's periods are in the owner's zone."""
    moment, start, end = noted.get("periodStart"), approval.get("periodStart"), approval.get("periodEnd")
    if not (moment and start):
        return False
    asked, begins = datetime.fromisoformat(moment), datetime.fromisoformat(start)
    return abs(asked - begins) <= _FARTHEST_ZONE or bool(end and begins <= asked <= datetime.fromisoformat(end))


def _flat_approval(given: State) -> State:
    owner, period, status = given.pop("owner", None), given.get("dateRange"), given.get("status")
    if isinstance(owner, dict):
        given.setdefault("userId", owner.get("userId"))
    if isinstance(period, dict) and period.get("start"):
        given.setdefault("periodStart", MOMENT.coerce(period["start"]))
    given.pop("dateRange", None)
    if isinstance(status, str) and status:
        given["status"] = {"state": WORD.coerce(status)}
    return given


def _one_approval(given: State) -> State:
    """Return a row with one person and one start of the approved period.

    Raises:
        ValueError: Two columns of the row contradict each other.
    """
    require_agreement(("userId", given.get("userId")), ("owner.userId", member_of(given.get("owner"), "userId")))
    start = ("dateRange.start", member_of(given.get("dateRange"), "start"))
    require_agreement(("periodStart", given.get("periodStart")), start, MOMENT)
    return given


def _approval_state(change: Change) -> Iterator[Call]:
    """Approval can be withdrawn only from a request that was approved."""
    status = change.desired["status"]
    note = {"note": status["note"]} if status.get("note") else {}
    states = [status["state"]]
    if states == ["WITHDRAWN_APPROVAL"] and (change.current.get("status") or {}).get("state") != "APPROVED":
        states.insert(0, "APPROVED")
    for state in states:
        yield Call("PATCH", "/approval-requests/{id}", json={"state": state, **note})


APPROVAL_REQUESTS = WritableObject(
    name="approval_requests",
    noun="approval request",
    aliases=("ApprovalRequest",),
    fields=(
        Field("userId", ID, refers="users", fixed=True, clearable=False),
        Field(
            "type",
            WORD,
            rules={"enum": ["TIMESHEET", "EXPENSE", "TIMESHEET_AND_EXPENSE"]},
            fixed=True,
            clearable=False,
        ),
        Field("periodStart", MOMENT, fixed=True, clearable=False),
        Field("period", WORD, modifier=True, rules={"enum": ["WEEKLY", "SEMI_MONTHLY", "MONTHLY"]}),
        Field("owner", OBJECT, modifier=True),
        Field("dateRange", OBJECT, modifier=True),
        Field("status", record_of("a status", ("state",), state=WORD), clearable=False),
    ),
    listing=Listing(
        endpoints.APPROVAL_REQUESTS.having(params={"status": "{status}"}),
        variants=tuple({"status": status} for status in (None, "PENDING", "APPROVED", "WITHDRAWN_APPROVAL")),
        shape=_approval_row,
    ),
    fingerprint=("userId", "type"),
    resembles=(("periodStart",), _is_of_period),
    create=Create(
        "/approval-requests/users/{userId}/{type}",
        fields=("periodStart",),
        required=("userId", "type", "periodStart"),
        shape=lambda change, body: {**body, "period": change.given.get("period") or "WEEKLY"},
        defaults={"status": {"state": "PENDING"}},
    ),
    parts=(Part(("status",), calls=_approval_state),),
    turn=1,
    read_only=(
        *("creator", "trackedTime", "approvedTime", "pendingTime", "billableTime", "breakTime", "billableAmount"),
        *("costAmount", "expenseTotal", "approvalStatuses", "entries", "expenses"),
    ),
    by_hand=_one_approval,
    adapt=lambda given: _flat_approval(dict(given)),
)

OBJECTS = (
    HOLIDAYS,
    POLICIES,
    TIME_OFF_REQUESTS,
    TIME_OFF_BALANCES,
    BALANCE_ASSIGNMENTS,
    APPROVAL_REQUESTS,
)
