"""Clients, projects, tasks, tags and time entries."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from clockify_client import Endpoint, endpoints

from target_clockify.model.declaration import (
    Bulk,
    Call,
    Change,
    Create,
    Delete,
    Entailed,
    Field,
    House,
    Listing,
    Operation,
    Part,
    State,
    WritableObject,
)
from target_clockify.model.objects.shared import (
    currency_of_amounts,
    member_of,
    named,
    rate_parts,
    require_agreement,
    without_unchanged_rates,
)
from target_clockify.model.values import (
    ANY,
    COLOR,
    CUSTOM_VALUES,
    DURATION,
    FLAG,
    ID,
    IDS,
    INTEGER,
    INTERVAL,
    LIST,
    MONEY,
    RATE,
    TEXT,
    WORD,
    list_of,
    record_of,
    said,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_CLIENT_FIELDS = ("name", "email", "address", "note", "archived", "ccEmails", "currencyId")


def _with_currency(given: State) -> State:
    """Convert a currency code to an id, unless the row is from the tap: its code may be the workspace's default."""
    if given.get("currencyId"):
        return given
    stated = given.get("currencyCode")
    stated = stated.get("code") if isinstance(stated, dict) else stated
    code = None if given.get("workspaceId") and "currencyId" in given else stated
    kept = {name: value for name, value in given.items() if name not in {"currencyId", "currencyCode"}}
    return {**kept, "currencyId": code, "currencyCode": code} if code else kept


def _archives(given: State, current: State) -> list[Entailed]:
    """If a row asks for it, archiving a client also archives its projects, and closes their tasks."""
    if current.get("archived") or not (given.get("archived") and given.get("archiveProjects")):
        return []
    projects = [Entailed("projects", "clientId", {"archived": True})]
    return [*projects, Entailed("tasks", "projectId", {"status": "DONE"})] if given.get("markTasksAsDone") else projects


CLIENTS = WritableObject(
    name="clients",
    noun="client",
    aliases=("Client",),
    fields=(
        named(100),
        Field("email", TEXT),
        Field("address", TEXT, rules={"maxLength": 3000}),
        Field("note", TEXT, rules={"maxLength": 3000}),
        Field("archived", FLAG, clearable=False),
        Field("ccEmails", list_of(TEXT), rules={"maxItems": 3}),
        Field("currencyId", ID, refers="currencies"),
        Field(
            "currencyCode",
            ANY,
            modifier=True,
            aliases=("currency",),
            description="Used for `currencyId` if that is missing.",
        ),
        Field("workspaceId", ID, modifier=True),
        Field("archiveProjects", FLAG, modifier=True, description="Also archive its projects when it is archived."),
        Field("markTasksAsDone", FLAG, modifier=True, description="Also close the tasks of these projects."),
    ),
    listing=Listing(endpoints.CLIENTS),
    natural=("name",),
    create=Create("/clients", fields=("name", "email", "address", "note"), required=("name",)),
    parts=(
        Part(
            _CLIENT_FIELDS,
            path="/clients/{id}",
            params={"archiveProjects": "archive-projects", "markTasksAsDone": "mark-tasks-as-done"},
        ),
    ),
    delete=Delete("/clients/{id}", first={"archived": True}),
    entails=_archives,
    adapt=_with_currency,
)


TIME_ESTIMATE = record_of(estimate=DURATION, type=WORD, resetOption=WORD, active=FLAG, includeNonBillable=FLAG)
BUDGET_ESTIMATE = record_of(estimate=MONEY, type=WORD, resetOption=WORD, active=FLAG, includeExpenses=FLAG)
_RESET = record_of(interval=WORD, dayOfWeek=WORD, dayOfMonth=INTEGER, month=WORD, hour=INTEGER)
MEMBER = record_of(required=("userId",), userId=ID, hourlyRate=RATE, costRate=RATE)


def _is_direct(member: Any) -> bool:
    """Return whether a member was added directly, and not through a group."""
    return isinstance(member, dict) and member.get("membershipType", "PROJECT") == "PROJECT"


def _groups(members: Any) -> set[str]:
    """Return the groups of the members: each person of a group has a row that names the group."""
    given = members if isinstance(members, list) else ()
    groups = (one for one in given if isinstance(one, dict) and not _is_direct(one))
    return {str(one["targetId"]) for one in groups if one.get("targetId")}


_DIRECT = list_of(MEMBER, "an array of members", only=_is_direct)


def _with_rates(current: Any, value: Any) -> Any:
    """Keep the current rate of a member if the row has none: a rate can be changed, but not removed."""
    if not isinstance(value, list):
        return value
    known = {one["userId"]: one for one in current or () if _is_direct(one)}
    rates = {
        user: {name: one[name] for name in _MEMBER_RATES if one.get(name) is not None} for user, one in known.items()
    }
    return [
        {**one, **rates.get(one.get("userId"), {}), **{name: item for name, item in one.items() if item is not None}}
        if _is_direct(one)
        else one
        for one in value
    ]


_MEMBER_RATES = {"hourlyRate": "hourly-rate", "costRate": "cost-rate"}


def _members(change: Change) -> Iterator[Call]:
    """Add new members, remove unwanted ones, and set the rates that differ.

    A single request could replace the whole list, but then unchanged rates would get a new start date.
    """
    path = "/projects/{id}/memberships"
    current, wanted = change.current.get("memberships") or (), change.desired["memberships"] or ()
    here, members = ({one["userId"]: one for one in some if _is_direct(one)} for some in (current, wanted))
    groups_here, groups = _groups(current), _groups(wanted)
    if (added := members.keys() - here) or groups - groups_here:
        yield Call("POST", path, json=_people(added, groups - groups_here, remove=False))
    if (removed := here.keys() - members) or groups_here - groups:
        yield Call("POST", path, json=_people(removed, groups_here - groups, remove=True))
    for user, member in members.items():
        for name, place in _MEMBER_RATES.items():
            rate, old = member.get(name), here.get(user, {}).get(name)
            if rate is not None and RATE.canonical(rate) != RATE.canonical(old):
                body = {key: rate[key] for key in ("amount", "since") if rate.get(key) is not None}
                yield Call("PUT", f"/projects/{{id}}/users/{{memberId}}/{place}", json=body, ids={"memberId": user})


def _people(users: Iterable[str], groups: Iterable[str], *, remove: bool) -> State:
    body: State = {"userIds": sorted(users), "remove": remove}
    if chosen := sorted(groups):
        body["userGroups"] = {"contains": "CONTAINS", "ids": chosen, "status": "ALL"}
    return body


def _estimates(given: State) -> State:
    """`estimate` repeats `timeEstimate`; without `timeEstimate` it means an active estimate."""
    estimate = given.get("estimate")
    if estimate is not None and "timeEstimate" not in given:
        given = {**given, "timeEstimate": {"active": True, **estimate} if isinstance(estimate, dict) else estimate}
    for one, other in (("timeEstimate", "budgetEstimate"), ("budgetEstimate", "timeEstimate")):
        if other not in given and isinstance(given.get(one), dict) and given[one].get("active") is True:
            given = {**given, other: {"active": False}}  # only one of the two is active
    members = given.get("memberships")
    if isinstance(members, list):
        # A direct member belongs to this project; only a group refers to something else.
        given = {**given, "memberships": [_untied(one) if _is_direct(one) else one for one in members]}
    return {name: value for name, value in given.items() if name != "estimate"}


def _one_estimate(given: State) -> State:
    """Return a row whose `estimate` agrees with its `timeEstimate`.

    Raises:
        ValueError: They contradict each other.
    """
    one, other = given.get("estimate"), given.get("timeEstimate")
    for name, kind in (("estimate", DURATION), ("type", WORD)):
        stated = (f"estimate.{name}", member_of(one, name))
        require_agreement(stated, (f"timeEstimate.{name}", member_of(other, name)), kind)
    return given


def _untied(member: State) -> State:
    return {name: value for name, value in member.items() if name != "targetId"}


_PROJECT_FIELDS = (
    *("name", "clientId", "color", "note", "billable", "public", "archived"),
    *("hourlyRate", "costRate"),
)

PROJECTS = WritableObject(
    name="projects",
    noun="project",
    aliases=("Project",),
    fields=(
        named(250, shortest=2),
        Field("clientId", ID, refers="clients", cleared=""),
        Field("color", COLOR, clearable=False),
        Field("note", TEXT, rules={"maxLength": 16384}, cleared=""),
        Field("billable", FLAG, clearable=False),
        Field("public", FLAG, key="isPublic", clearable=False),
        Field("archived", FLAG, clearable=False),
        Field("hourlyRate", RATE, clearable=False, aliases=("hourlyRateAmount",), description="Minor units."),
        Field("costRate", RATE, clearable=False, aliases=("costRateAmount",), description="Minor units."),
        Field("estimate", record_of(estimate=DURATION, type=WORD), clearable=False),
        Field("timeEstimate", TIME_ESTIMATE, clearable=False),
        Field("budgetEstimate", BUDGET_ESTIMATE, clearable=False, description="Minor units."),
        Field("estimateReset", _RESET, clearable=False),
        Field(
            "memberships",
            replace(
                _DIRECT, canonical=lambda value: (_DIRECT.canonical(value), sorted(_groups(value))), merge=_with_rates
            ),
            refers={"[].userId": "users", "[].targetId": "user_groups"},
            clearable=False,
        ),
        Field("template", FLAG, key="isTemplate", clearable=False),
        currency_of_amounts(),
    ),
    listing=Listing(endpoints.PROJECTS),
    natural=("name", "clientId"),
    create=Create(
        "/projects",
        fields=tuple(name for name in _PROJECT_FIELDS if name != "archived"),
        required=("name",),
    ),
    parts=(
        Part(("timeEstimate", "budgetEstimate", "estimateReset"), "PATCH", "/projects/{id}/estimate", partial=True),
        Part(("memberships",), calls=_members),
        Part(("template",), "PATCH", "/projects/{id}/template"),
        Part(_PROJECT_FIELDS, path="/projects/{id}", shape=without_unchanged_rates),
    ),
    delete=Delete("/projects/{id}", first={"archived": True}),
    managed_by=("PROJECT_MANAGER", {}),
    read_only=("clientName", "duration"),
    by_hand=_one_estimate,
    adapt=_estimates,
)

_TASK_FIELDS = ("name", "assigneeIds", "userGroupIds", "estimate", "budgetEstimate", "billable", "status")

TASKS = WritableObject(
    name="tasks",
    noun="task",
    aliases=("Task",),
    fields=(
        Field("projectId", ID, refers="projects", fixed=True, clearable=False),
        named(1000),
        Field("assigneeIds", IDS, refers={"[]": "users"}),
        Field("userGroupIds", IDS, refers={"[]": "user_groups"}),
        Field("estimate", DURATION, clearable=False),
        Field("budgetEstimate", MONEY, rules={"minimum": 0}, clearable=False, description="Minor units."),
        Field("billable", FLAG, clearable=False),
        Field("status", WORD, rules={"enum": ["ACTIVE", "DONE"]}, clearable=False),
        Field("hourlyRate", RATE, clearable=False, aliases=("hourlyRateAmount",), description="Minor units."),
        Field("costRate", RATE, clearable=False, aliases=("costRateAmount",), description="Minor units."),
        currency_of_amounts(),
    ),
    listing=Listing(endpoints.TASKS, scope=("projectId",)),
    natural=("projectId", "name"),
    create=Create("/projects/{projectId}/tasks", fields=_TASK_FIELDS, required=("projectId", "name")),
    parts=(
        *rate_parts("/projects/{projectId}/tasks/{id}"),
        Part(_TASK_FIELDS, path="/projects/{projectId}/tasks/{id}"),
    ),
    delete=Delete("/projects/{projectId}/tasks/{id}", first={"status": "DONE"}),
    read_only=("assigneeId", "duration", "active", "favorite", "progress"),
)

TAGS = WritableObject(
    name="tags",
    noun="tag",
    aliases=("Tag",),
    fields=(named(100), Field("archived", FLAG, clearable=False)),
    listing=Listing(endpoints.TAGS),
    natural=("name",),
    create=Create("/tags", fields=("name",), required=("name",)),
    parts=(Part(("name", "archived"), path="/tags/{id}"),),
    delete=Delete("/tags/{id}"),
)

_ENTRY_FIELDS = (
    *("timeInterval", "description", "billable", "projectId", "taskId", "tagIds"),
    *("type", "customFieldValues"),
)


def _entry_body(change: Change, body: State) -> State:
    """A write has start and end at the top level, and another name for custom fields.

    A custom field that is not in the request gets its default value, so an empty one is sent as null.
    """
    interval = body.pop("timeInterval", None) or {}
    body.update({name: interval[name] for name in ("start", "end") if interval.get(name)})
    values = body.pop("customFieldValues", None) or []
    mentioned = {one["customFieldId"] for one in values}
    values += [
        {"customFieldId": one["id"], "value": None}
        for one in change.beside.get("custom_fields", ())
        if one["id"] not in mentioned and has_default(one)
    ]
    if values:
        body["customFields"] = [
            {
                "customFieldId": one["customFieldId"],
                "sourceType": one.get("sourceType") or "TIMEENTRY",
                "value": one.get("value"),
            }
            for one in values
        ]
    if body.get("type") not in {"REGULAR", "BREAK"}:
        body.pop("type", None)
    return body


def has_default(custom_field: State) -> bool:
    """Return whether a custom field has a default for time entries, in the workspace or in a project."""
    defaults = [custom_field, *(custom_field.get("projectDefaultValues") or ())]
    values = [one.get("workspaceDefaultValue", one.get("value")) for one in defaults]
    return custom_field.get("entityType") == "TIMEENTRY" and any(value is not None for value in values)


_LONGEST_TIMER = timedelta(days=1)


def _entry_rules(operation: Operation, given: State, read_shape: bool) -> Iterator[str]:  # noqa: FBT001
    """Only in rows from Clockify is a timer trusted to have run for days; other rows without an end have lost it."""
    interval = given.get("timeInterval")
    if not isinstance(interval, dict):
        return
    with suppress(ValueError, TypeError):  # the schema reports invalid times
        start = datetime.fromisoformat(str(interval.get("start")))
        if interval.get("end"):
            if datetime.fromisoformat(str(interval["end"])) < start:
                yield "timeInterval ends before it starts"
        elif operation is Operation.INSERT and not read_shape:
            if datetime.now(tz=UTC) - start > _LONGEST_TIMER:
                yield "timeInterval needs an end or a duration, since it starts more than a day ago"
            elif start > datetime.now(tz=UTC):
                yield "timeInterval needs an end or a duration, since it starts in the future"


def _made_by_clockify(current: State) -> str:
    """An update accepts only the types REGULAR and BREAK, and would change other entries into regular ones."""
    kind = current.get("type")
    if kind in {None, "REGULAR", "BREAK"}:
        return ""
    return f"an update would turn an entry of type {kind} into a regular one: change its holiday or time off instead"


_FORCED = {
    "forceProjects": "projectId",
    "forceTasks": "taskId",
    "forceTags": "tagIds",
    "forceDescription": "description",
}


def _entry_house_rules(house: House, operation: Operation, current: State, wanted: State) -> Iterator[str]:
    """Running timers need no required fields; owners and administrators are exempt from the lock.

    An entry that is locked although it is after the lock date is either approved or locked automatically. Approval
    binds administrators, too; the timesheets show which of the two it is.
    """
    start, end = ((wanted.get("timeInterval") or {}).get(name) for name in ("start", "end"))
    if end and operation is not Operation.DELETE:
        for setting, name in _FORCED.items():
            if house.settings.get(setting) and not wanted.get(name):
                yield f"{name} is required by the workspace ({setting})"
    by_timer = house.settings.get("timeTrackingMode") == "STOPWATCH_ONLY"
    if end and operation is Operation.INSERT and by_timer and not house.is_admin():
        yield "the workspace takes no time but a timer's (timeTrackingMode)"
    if start and not end and operation is Operation.INSERT and wanted.get("userId") in house.running():
        yield "userId has a running timer, which this entry without an end would stop: give it an end"
    lock = house.settings.get("lockTimeEntries")
    starts = [one for one in ((current.get("timeInterval") or {}).get("start"), start) if one]
    if lock and any(one < lock for one in starts):
        if not house.is_admin():
            yield f"the workspace has locked time entries before {lock} (lockTimeEntries)"
    elif current.get("isLocked") and (not house.is_admin() or current.get("id") in house.approved()):
        yield "Clockify has locked the entry, as it does with approved ones: withdraw the approval first"


# Clockify creates the other types from holidays and time off
_ENTRY_TYPE = replace(WORD, canonical=lambda value: value == "BREAK")

TIME_ENTRIES = WritableObject(
    name="time_entries",
    noun="time entry",
    aliases=("TimeEntry", "TimeEntries", "TimeEntryForUsers", "TimeEntryForUser"),
    fields=(
        Field("userId", ID, refers="users", fixed=True, clearable=False),
        Field(
            "timeInterval",
            INTERVAL,
            clearable=False,
            adds_up=True,
            description="`start` and `end`, or `start` and `duration`, which may also be separate columns; "
            "without end and duration the timer is running.",
        ),
        Field("description", TEXT, rules={"maxLength": 3000, "pattern": "^[^<>]*$", **said("a text without < and >")}),
        Field("billable", FLAG, clearable=False),
        Field("projectId", ID, refers="projects"),
        Field("taskId", ID, refers="tasks"),
        Field("tagIds", IDS, refers={"[]": "tags"}),
        Field("type", _ENTRY_TYPE, rules={"enum": ["REGULAR", "BREAK", "HOLIDAY", "TIME_OFF"]}, clearable=False),
        Field(
            "customFieldValues",
            CUSTOM_VALUES,
            aliases=("customFields",),
            refers={"[].customFieldId": "custom_fields"},
        ),
    ),
    listing=Listing(
        endpoints.TIME_ENTRIES,
        scope=("userId",),
        lookup=Endpoint(
            "/workspaces/{workspaceId}/time-entries/batch",
            method="POST",
            body={"timeEntryIds": "{ids}", "hydrated": False},
        ),
        narrowed={"projectId": "project", "taskId": "task", "tagIds": "tags"},
    ),
    fingerprint=("userId", "timeInterval", "description", "projectId", "taskId"),
    create=Create(
        "/user/{userId}/time-entries",
        fields=_ENTRY_FIELDS,
        required=("userId", "timeInterval"),
        shape=_entry_body,
    ),
    parts=(
        Part(
            _ENTRY_FIELDS,
            path="/time-entries/{id}",
            shape=_entry_body,
            bulk=Bulk("PUT", "/user/{userId}/time-entries", "userId", 100),
        ),
    ),
    delete=Delete(
        "/time-entries/{id}",
        bulk=Bulk("DELETE", "/user/{userId}/time-entries", "userId", 100, query="time-entry-ids"),
        proof="",
    ),
    beside=("custom_fields",),
    rules=_entry_rules,
    house_rules=_entry_house_rules,
    fixed_by=_made_by_clockify,
    read_only=("kioskId", "hourlyRate", "costRate", "isLocked"),
)

_CUSTOM_FIELD_FIELDS = (
    *("name", "type", "entityType", "status", "description", "placeholder", "allowedValues"),
    *("workspaceDefaultValue", "onlyAdminCanEdit", "required"),
)

_PROJECT_DEFAULT = record_of(required=("projectId",), projectId=ID, value=ANY, status=WORD)


def _project_defaults(change: Change) -> Iterator[Call]:
    current = {one["projectId"]: one for one in change.current.get("projectDefaultValues") or ()}
    for one in change.desired["projectDefaultValues"]:
        if _PROJECT_DEFAULT.canonical(current.get(one["projectId"])) != _PROJECT_DEFAULT.canonical(one):
            body = {"status": one["status"]} if one.get("status") else {}
            if one.get("value") is not None or one["projectId"] in current:
                body["defaultValue"] = one.get("value")
            path = "/projects/{projectId}/custom-fields/{id}"
            yield Call("PATCH", path, json=body, ids={"projectId": one["projectId"]})


def _typed_default(state: State) -> State:
    """Return a custom field with its default in Clockify's type; the tap reads it as text."""
    text = state.get("workspaceDefaultValue")
    if not isinstance(text, str) or state.get("type") not in {"NUMBER", "CHECKBOX", "DROPDOWN_MULTIPLE"}:
        return state
    try:
        return {**state, "workspaceDefaultValue": json.loads(text)}
    except ValueError:
        return state


CUSTOM_FIELDS = WritableObject(
    name="custom_fields",
    noun="custom field",
    aliases=("CustomField",),
    fields=(
        named(250, shortest=2),
        Field(
            "type",
            WORD,
            rules={"enum": ["TXT", "NUMBER", "DROPDOWN_SINGLE", "DROPDOWN_MULTIPLE", "CHECKBOX", "LINK"]},
            clearable=False,
        ),
        Field("entityType", WORD, rules={"enum": ["TIMEENTRY", "USER"]}, clearable=False, fixed=True),
        Field("status", WORD, rules={"enum": ["VISIBLE", "INVISIBLE", "INACTIVE"]}, clearable=False),
        Field("description", TEXT),
        Field("placeholder", TEXT),
        Field("allowedValues", LIST),
        Field("workspaceDefaultValue", ANY),
        Field("onlyAdminCanEdit", FLAG, clearable=False),
        Field("required", FLAG, clearable=False),
        Field(
            "projectDefaultValues",
            list_of(_PROJECT_DEFAULT, "an array of defaults", key="projectId"),
            refers={"[].projectId": "projects"},
            clearable=False,
            description="Values for individual projects: `projectId`, `value`, `status`. Projects that a row "
            "does not name are kept.",
        ),
    ),
    listing=Listing(endpoints.CUSTOM_FIELDS),
    natural=("name", "entityType"),
    create=Create("/custom-fields", fields=_CUSTOM_FIELD_FIELDS, required=("name", "type")),
    parts=(
        Part(tuple(name for name in _CUSTOM_FIELD_FIELDS if name != "entityType"), path="/custom-fields/{id}"),
        Part(("projectDefaultValues",), calls=_project_defaults),
    ),
    adapt=_typed_default,
    last=("workspaceDefaultValue", "projectDefaultValues", "required"),
    delete=Delete("/custom-fields/{id}", proof=""),
)

OBJECTS = (CLIENTS, PROJECTS, TASKS, TAGS, TIME_ENTRIES, CUSTOM_FIELDS)
