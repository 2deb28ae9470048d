"""Assignments: who is scheduled for which project."""

from __future__ import annotations

from clockify_client import endpoints

from target_clockify.model.declaration import (
    Change,
    Copying,
    Create,
    Delete,
    Field,
    Listing,
    Part,
    State,
    WritableObject,
)
from target_clockify.model.values import FLAG, ID, INTEGER, MOMENT, NUMBER, TEXT, WORD, record_of

_EVER = {"start": "2000-01-01T00:00:00Z", "end": "2100-01-01T00:00:00Z"}
_CHANGING = ("period", "hoursPerDay", "taskId", "startTime", "note", "billable", "includeNonWorkingDays")


def _assignment_body(change: Change, body: State) -> State:
    """A write has start and end at the top level, and another name for the series."""
    period = body.pop("period", None) or {}
    body.update({name: period[name] for name in ("start", "end") if period.get(name)})
    recurring = change.given.get("recurring")
    if recurring and recurring.get("repeat"):
        body["recurringAssignment"] = {"repeat": True, "weeks": recurring.get("weeks") or 1}
    return body


def _assignment_change(change: Change, body: State) -> State:
    body = _assignment_body(change, body)
    body.pop("recurringAssignment", None)
    return {**body, "seriesUpdateOption": change.given.get("seriesUpdateOption") or "THIS_ONE"}


def _lost(given: State) -> tuple[State, list[str]]:
    """The tap reads each occurrence of a series as a separate row, so a copy creates no series.

    All copies are drafts.
    """
    repeats = bool((given.get("recurring") or {}).get("repeat"))
    lost = [name for name, is_so in (("recurrence", repeats), ("publication", given.get("published"))) if is_so]
    return {name: value for name, value in given.items() if name != "recurring"}, lost


ASSIGNMENTS = WritableObject(
    name="assignments",
    noun="assignment",
    aliases=("Assignment",),
    fields=(
        Field("userId", ID, refers="users", fixed=True, clearable=False),
        Field("projectId", ID, refers="projects", fixed=True, clearable=False),
        Field("taskId", ID, refers="tasks"),
        Field("period", record_of("a period", ("start", "end"), start=MOMENT, end=MOMENT), clearable=False),
        Field("hoursPerDay", NUMBER, rules={"exclusiveMinimum": 0}, clearable=False),
        Field("startTime", TEXT),
        Field("note", TEXT, rules={"maxLength": 100}),
        Field("billable", FLAG, clearable=False),
        Field("includeNonWorkingDays", FLAG, clearable=False, unreadable=True),
        Field(
            "recurring",
            record_of(repeat=FLAG, weeks=INTEGER),
            modifier=True,
            aliases=("recurringAssignment",),
        ),
        Field("published", FLAG, modifier=True, description="A new assignment is a draft until it is published."),
        Field("seriesUpdateOption", WORD, modifier=True, rules={"enum": ["THIS_ONE", "THIS_AND_FOLLOWING", "ALL"]}),
    ),
    listing=Listing(endpoints.ASSIGNMENTS, variants=(_EVER,)),
    fingerprint=("userId", "projectId", "taskId", "period"),
    create=Create(
        "/scheduling/assignments/recurring",
        fields=("userId", "projectId", *_CHANGING),
        required=("userId", "projectId", "period", "hoursPerDay"),
        shape=_assignment_body,
        found=lambda answer: answer[0] if isinstance(answer, list) and answer else None,
    ),
    parts=(Part(_CHANGING, "PATCH", "/scheduling/assignments/recurring/{id}", shape=_assignment_change),),
    delete=Delete(
        "/scheduling/assignments/recurring/{id}",
        params={"seriesUpdateOption": "seriesUpdateOption"},
        for_good=lambda _: ["recurrence and publication, which no list contains"],
    ),
    read_only=(
        *("userName", "projectName", "projectColor", "projectArchived", "projectBillable", "clientId"),
        *("clientName", "taskName", "excludeDays"),
    ),
    copying=Copying(lost=_lost),
)

OBJECTS = (ASSIGNMENTS,)
