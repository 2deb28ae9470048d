"""Assignments of the schedule. Even a single one is created as recurring, and every write returns a list."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from clockify_sandbox import messages
from clockify_sandbox.answers import Answer
from clockify_sandbox.binding import Body, Query
from clockify_sandbox.bodies import SortOrder
from clockify_sandbox.call import Call
from clockify_sandbox.entities import assignment as new_assignment
from clockify_sandbox.entities import recurring
from clockify_sandbox.errors import ApiError, invalid, not_in
from clockify_sandbox.fields import overlaid, picked
from clockify_sandbox.kinds import ASSIGNMENT, MEMBER, PROJECT, TASK
from clockify_sandbox.lists import by_id, in_order, matches
from clockify_sandbox.naming import name_of
from clockify_sandbox.paging import KEBAB
from clockify_sandbox.people import Pick, UserPick, user_filter
from clockify_sandbox.permissions import require_manager
from clockify_sandbox.routing import Routes
from clockify_sandbox.schedule import Window, assignments_in, client_name, excluded_days
from clockify_sandbox.shapes.planning import Assignment, AssignmentFields
from clockify_sandbox.values import DAY, timestamp
from clockify_sandbox.world import Entity

routes = Routes(scope="SCHEDULING", feature="SCHEDULING")

_ASSIGNMENTS = "/workspaces/{ws}/scheduling/assignments"
_WEEK = 7 * DAY
_HYDRATED = (
    "id",
    "workspaceId",
    "userId",
    "projectId",
    "taskId",
    "period",
    "hoursPerDay",
    "startTime",
    "note",
    "billable",
)
_ORDER = {
    "PROJECT": lambda row: (row["projectName"].lower(), row["id"]),
    "USER": lambda row: (row["userName"].lower(), row["id"]),
    "ID": by_id,
}

_Option = Literal["THIS_ONE", "THIS_AND_FOLLOWING", "ALL"]
_Hours = Annotated[float, Meta(ge=0, le=24)]
_Note = Annotated[str, Meta(max_length=100)]
_Clock = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d:[0-5]\d$")]


class AssignmentQuery(Query):
    """A window, both ends required, and a part of the name of user, project or client."""

    start: datetime
    end: datetime
    name: str | None = None
    sort_column: Literal["PROJECT", "USER", "ID"] | None = None
    sort_order: SortOrder | None = None


class SeriesQuery(Query, rename="camel"):
    """Which occurrences of a series are affected."""

    series_update_option: _Option = "THIS_ONE"


class Recurrence(Body):
    """Whether and for how many weeks an assignment repeats."""

    weeks: Annotated[int, Meta(ge=1, le=99)]
    repeat: bool = False


class NewAssignment(Body):
    """The body of a create."""

    user_id: Annotated[str, Meta(min_length=1)]
    project_id: Annotated[str, Meta(min_length=1)]
    start: datetime
    end: datetime
    hours_per_day: _Hours
    task_id: str | None = None
    note: _Note | None = None
    start_time: _Clock | None = None
    billable: bool = False
    include_non_working_days: bool = False
    recurring_assignment: Recurrence | None = None


class AssignmentChange(Body):
    """The body of an update: the period is required, other fields only if they change.

    User and project cannot change.
    """

    start: datetime
    end: datetime
    hours_per_day: _Hours | None = None
    task_id: str | None = None
    note: _Note | None = None
    start_time: _Clock | None = None
    billable: bool | None = None
    include_non_working_days: bool | None = None
    series_update_option: _Option = "THIS_ONE"


class SeriesChange(Recurrence):
    """A new length of a series."""

    repeat: bool


class Copy(Body):
    """The user who gets a copy of the assignment or series."""

    user_id: str
    series_update_option: _Option = "THIS_ONE"


class Publication(Body):
    """Which drafts are published: all in the window, unless filtered."""

    start: datetime
    end: datetime
    notify_users: bool = False
    search: str | None = None
    view_type: Literal["PROJECTS", "TEAM", "ALL"] = "ALL"
    user_filter: UserPick | None = None
    user_group_filter: Pick | None = None


@routes.get(f"{_ASSIGNMENTS}/all", paging=KEBAB)
def list_assignments(call: Call, query: AssignmentQuery) -> Answer:
    """The assignments in a window, without the fields for publication and repetition."""
    found = [
        row
        for assignment in assignments_in(call, Window.of(query.start, query.end))
        for row in [_hydrated(call, assignment)]
        if any(matches(row[name], query.name) for name in ("userName", "projectName", "clientName"))
    ]
    return call.page(in_order(found, _ORDER, query.sort_column, query.sort_order, "ID"))


@routes.post(f"{_ASSIGNMENTS}/recurring", status=201)
def create_assignment(call: Call, body: NewAssignment) -> list[Assignment]:
    """New drafts: one, or one a week if it repeats."""
    call.find(MEMBER, body.user_id)
    if body.project_id not in call.workspace.projects:
        raise ApiError(404, 501, messages.PROJECT_UNKNOWN(id=body.project_id))
    require_manager(call, body.project_id)
    _require_task(call, body.task_id, body.project_id)
    repeats = body.recurring_assignment if body.recurring_assignment and body.recurring_assignment.repeat else None
    window = _window(body.start, body.end, repeats=repeats is not None)
    first = new_assignment(
        call.new_id(),
        call.workspace.id,
        body.user_id,
        body.project_id,
        taskId=body.task_id,
        hoursPerDay=body.hours_per_day,
        startTime=body.start_time,
        note=body.note,
        billable=body.billable,
        published=False,
        includeNonWorkingDays=body.include_non_working_days,
        recurring=recurring(call.new_id(), repeats.weeks) if repeats else recurring(),
    )
    overlaid(first, _moved(call, first, window))
    occurrences = [first, *_repetitions(call, first, range(1, repeats.weeks if repeats else 1))]
    return [call.insert(ASSIGNMENT, occurrence) for occurrence in occurrences]


@routes.patch(f"{_ASSIGNMENTS}/recurring/{{assignmentId}}")
def update_assignment(call: Call, body: AssignmentChange) -> list[Assignment]:
    """Change an assignment.

    The other affected occurrences of its series move by the same time, and get the same length.
    """
    assignment = _named(call)
    _require_task(call, body.task_id, assignment["projectId"])
    window = _window(body.start, body.end, repeats=assignment["recurring"]["repeat"])
    changes = _given(body)
    shift = window.start - Window.covered_by(assignment).start
    for occurrence in (meant := _meant(call, assignment, body.series_update_option)):
        start = Window.covered_by(occurrence).start + shift
        changed: Assignment = {**occurrence, **changes}
        moved = _moved(call, changed, Window(start, start + window.end - window.start))
        call.of(ASSIGNMENT).update(occurrence, {**changes, **moved})
    return meant


@routes.delete(f"{_ASSIGNMENTS}/recurring/{{assignmentId}}")
def delete_assignment(call: Call, query: SeriesQuery) -> list[Assignment]:
    """Delete an assignment, or several of its series."""
    meant = _meant(call, _named(call), query.series_update_option)
    return [call.remove(ASSIGNMENT, occurrence) for occurrence in meant]


@routes.put(f"{_ASSIGNMENTS}/series/{{assignmentId}}")
def change_series(call: Call, body: SeriesChange) -> list[Assignment]:
    """Let an assignment repeat for a number of weeks, or end the repetition."""
    assignment = _named(call)
    if body.repeat:
        _require_week(Window.covered_by(assignment))
    weeks = body.weeks if body.repeat else 1
    following = _meant(call, assignment, "THIS_AND_FOLLOWING")
    kept, surplus = following[:weeks], following[weeks:]
    for occurrence in surplus:
        call.remove(ASSIGNMENT, occurrence)
    series_id = assignment["recurring"]["seriesId"] or call.new_id()
    rhythm = recurring(series_id, weeks) if body.repeat else recurring()
    for occurrence in kept:
        call.of(ASSIGNMENT).update(occurrence, {"recurring": rhythm})
    added = [call.insert(ASSIGNMENT, row) for row in _repetitions(call, assignment, range(len(kept), weeks))]
    return [*kept, *added]


@routes.post(f"{_ASSIGNMENTS}/{{assignmentId}}/copy")
def copy_assignment(call: Call, body: Copy) -> list[Assignment]:
    """Copy an assignment to a user, as drafts."""
    assignment = _named(call)
    call.find(MEMBER, body.user_id)
    meant = _meant(call, assignment, body.series_update_option)
    rhythm = recurring(call.new_id(), len(meant)) if len(meant) > 1 else recurring()
    copies = []
    for occurrence in meant:
        copied: Assignment = {
            **occurrence,
            "id": call.new_id(),
            "userId": body.user_id,
            "published": False,
            "recurring": rhythm,
        }
        copies.append(overlaid(copied, _moved(call, copied, Window.covered_by(copied))))
    return [call.insert(ASSIGNMENT, row) for row in copies]


@routes.put(f"{_ASSIGNMENTS}/publish", role="ADMIN")
def publish_assignments(call: Call, body: Publication) -> None:
    """Publish the drafts in a window, for all people unless filtered."""
    wanted = user_filter(call.workspace, body.user_filter, body.user_group_filter)
    names = {"PROJECTS": ("projectName", "clientName"), "TEAM": ("userName",)}.get(
        body.view_type, ("userName", "projectName", "clientName")
    )
    for assignment in assignments_in(call, Window.of(body.start, body.end), "UNPUBLISHED"):
        row = _hydrated(call, assignment)
        if wanted(assignment["userId"]) and any(matches(row[name], body.search) for name in names):
            call.of(ASSIGNMENT).update(assignment, {"published": True}, event="ASSIGNMENT_PUBLISHED")


# -- requests ------------------------------------------------------------------------------------------------


def _named(call: Call) -> Assignment:
    """The assignment in the path; the caller must be allowed to change it."""
    assignment_id = call.path["assignmentId"]
    assignment = call.workspace.assignments.get(assignment_id)
    if assignment is None:
        raise ApiError(404, 501, messages.SCHEDULE_ASSIGNMENT_UNKNOWN(id=assignment_id))
    require_manager(call, assignment["projectId"])
    return assignment


def _require_task(call: Call, task_id: str | None, project_id: str) -> None:
    task = call.workspace.tasks.get(task_id or "")
    if task_id and (task is None or task["projectId"] != project_id):
        raise not_in(TASK.noun, PROJECT.noun)


def _given(body: AssignmentChange) -> AssignmentFields:
    """The changes of an update besides the period."""
    changes: AssignmentFields = {}
    if body.hours_per_day is not None:
        changes["hoursPerDay"] = body.hours_per_day
    if body.task_id is not None:
        changes["taskId"] = body.task_id
    if body.note is not None:
        changes["note"] = body.note
    if body.start_time is not None:
        changes["startTime"] = body.start_time
    if body.billable is not None:
        changes["billable"] = body.billable
    if body.include_non_working_days is not None:
        changes["includeNonWorkingDays"] = body.include_non_working_days
    return changes


def _window(start: datetime, end: datetime, *, repeats: bool) -> Window:
    window = Window.of(start, end)
    if window.start > window.end:
        bounds = timestamp(window.start), timestamp(window.end)
        raise invalid(messages.START_AFTER_END(start=bounds[0], end=bounds[1]))
    if repeats:
        _require_week(window)
    return window


def _require_week(window: Window) -> None:
    if window.end - window.start > _WEEK:
        raise invalid(messages.RECURRING_TOO_LONG)


def _meant(call: Call, assignment: Assignment, option: str) -> list[Assignment]:
    """The occurrences of a series that an option selects, by start."""
    series_id = assignment["recurring"]["seriesId"]
    if option == "THIS_ONE" or series_id is None:
        return [assignment]
    series = [row for row in call.workspace.assignments.values() if row["recurring"]["seriesId"] == series_id]
    series.sort(key=lambda row: (row["period"]["start"], row["id"]))
    return series if option == "ALL" else series[series.index(assignment) :]


def _repetitions(call: Call, first: Assignment, weeks: range) -> list[Assignment]:
    """Drafts like the first assignment, for a number of later weeks."""
    start, end = Window.covered_by(first)
    drafts = []
    for week in weeks:
        draft: Assignment = {**first, "id": call.new_id(), "published": False}
        drafts.append(overlaid(draft, _moved(call, draft, Window(start + week * _WEEK, end + week * _WEEK))))
    return drafts


def _moved(call: Call, assignment: Assignment, window: Window) -> AssignmentFields:
    """The fields that follow from a new period."""
    return {
        "period": {"start": timestamp(window.start), "end": timestamp(window.end)},
        "excludeDays": excluded_days(
            call, assignment["userId"], window, non_working_days=assignment["includeNonWorkingDays"]
        ),
    }


# -- responses -------------------------------------------------------------------------------------------------


def _hydrated(call: Call, assignment: Assignment) -> Entity:
    project = call.workspace.projects[assignment["projectId"]]
    task = call.workspace.tasks.get(assignment["taskId"] or "")
    return {
        **picked(assignment, _HYDRATED),
        "userName": name_of(call.world, assignment["userId"]),
        "projectName": project["name"],
        "projectColor": project["color"],
        "projectArchived": project["archived"],
        "projectBillable": project["billable"],
        "clientId": project["clientId"],
        "clientName": client_name(call.workspace, project),
        "taskName": task and task["name"],
    }
