"""The schedule: the days that an assignment covers, and the sums of assignments per day."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Literal, NamedTuple

from clockify_sandbox.naming import name_of, zone_of
from clockify_sandbox.permissions import manages
from clockify_sandbox.values import epoch, seconds_of, timestamp
from clockify_sandbox.workdays import days_between, holidays_of, is_working_day, midnight, time_off_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from clockify_sandbox.call import Call
    from clockify_sandbox.shapes.planning import Assignment, ExcludedDay
    from clockify_sandbox.shapes.work import Project
    from clockify_sandbox.world import Entity, Workspace

_SECOND = timedelta(seconds=1)


class Window(NamedTuple):
    """A time window, in seconds since the epoch."""

    start: int
    end: int

    @classmethod
    def of(cls, start: datetime, end: datetime) -> Window:
        """The window between two parsed times."""
        return cls(epoch(start), epoch(end))

    @classmethod
    def covered_by(cls, assignment: Assignment) -> Window:
        """The period of an assignment."""
        period = assignment["period"]
        return cls.of(datetime.fromisoformat(period["start"]), datetime.fromisoformat(period["end"]))

    def overlaps(self, other: Window) -> bool:
        """Whether the two windows overlap."""
        return self.start <= other.end and self.end >= other.start

    @property
    def first(self) -> date:
        """The first day."""
        return datetime.fromtimestamp(self.start, UTC).date()

    @property
    def last(self) -> date:
        """The last day. If the window ends at midnight, the day before is the last one."""
        end = datetime.fromtimestamp(self.end, UTC)
        return (end - _SECOND).date() if self.end > self.start else end.date()


def assignments_in(call: Call, window: Window, status: str = "ALL") -> list[Assignment]:
    """The assignments that overlap a window and that the caller may see; only planners see drafts.

    Args:
        call: the call.
        window: the window.
        status: PUBLISHED, UNPUBLISHED or ALL.
    """
    wanted = {"PUBLISHED": {True}, "UNPUBLISHED": {False}, "ALL": {True, False}}[status]
    return [
        assignment
        for assignment in call.workspace.assignments.values()
        if assignment["published"] in wanted
        and Window.covered_by(assignment).overlaps(window)
        and (assignment["published"] or call.is_admin or manages(call, assignment["projectId"]))
    ]


def excluded_days(call: Call, user_id: str, window: Window, *, non_working_days: bool) -> list[ExcludedDay]:
    """The days on which an assignment is suspended, each with the reason."""
    workspace, first, last = call.workspace, window.first, window.last
    holidays = holidays_of(workspace, user_id, first, last)
    away = time_off_of(workspace, user_id, first, last, zone_of(call.world, user_id))

    def reason(day: date) -> str | None:
        if not non_working_days and not is_working_day(workspace, user_id, day):
            return "WEEKEND"
        return "HOLIDAY" if day in holidays else "TIME_OFF" if day in away else None

    return [
        {"date": timestamp(midnight(day, "UTC")), "type": why}
        for day in days_between(first, last)
        if (why := reason(day))
    ]


def hours_per_day(workspace: Workspace, assignments: Iterable[Assignment], window: Window) -> dict[date, float]:
    """The planned hours of every day with assignments in a window."""
    hours: dict[date, float] = defaultdict(float)
    for assignment in assignments:
        for day in _working_days(workspace, assignment, window):
            hours[day] += assignment["hoursPerDay"]
    return dict(sorted(hours.items()))


def _working_days(workspace: Workspace, assignment: Assignment, window: Window) -> Iterator[date]:
    covered = Window.covered_by(assignment)
    rests = {row["date"][:10] for row in assignment["excludeDays"]}
    for day in days_between(max(covered.first, window.first), min(covered.last, window.last)):
        works = assignment["includeNonWorkingDays"] or is_working_day(workspace, assignment["userId"], day)
        if works and day.isoformat() not in rests:
            yield day


def client_name(workspace: Workspace, project: Project) -> str:
    """The name of a project's client, empty without one."""
    client = workspace.clients.get(project["clientId"])
    return client["name"] if client else ""


# -- sums -------------------------------------------------------------------------------------------------------------


def by_user(assignments: Iterable[Assignment]) -> dict[str, list[Assignment]]:
    """Assignments grouped by user."""
    return _grouped(assignments, "userId")


def by_project(assignments: Iterable[Assignment]) -> dict[str, list[Assignment]]:
    """Assignments grouped by project."""
    return _grouped(assignments, "projectId")


def _grouped(assignments: Iterable[Assignment], key: Literal["userId", "projectId"]) -> dict[str, list[Assignment]]:
    groups: dict[str, list[Assignment]] = defaultdict(list)
    for assignment in assignments:
        groups[assignment[key]].append(assignment)
    return groups


def capacity_shower(call: Call, groups: dict[str, list[Assignment]], window: Window) -> Callable[[str], Entity]:
    """Return a function that renders a user's capacity in seconds a day, and planned hours per day."""

    def show(user_id: str) -> Entity:
        profile, account = call.workspace.members[user_id]["profile"], call.world.users[user_id]
        # both were seen null; here they are null for users without settings
        has_settings = account["settings"] is not None
        hours = hours_per_day(call.workspace, groups[user_id], window)
        return {
            "userId": user_id,
            "userName": name_of(call.world, user_id),
            "userImage": profile["imageUrl"],
            "userStatus": account["status"] if has_settings else None,
            "workspaceId": call.workspace.id,
            "capacityPerDay": float(seconds_of(profile["workCapacity"])),
            "workingDays": profile["workingDays"] if has_settings else None,
            "totalHoursPerDay": [{"date": _day(day), "totalHours": total} for day, total in hours.items()],
        }

    return show


def project_shower(call: Call, groups: dict[str, list[Assignment]], window: Window) -> Callable[[str], Entity]:
    """Return a function that renders the planned hours of a project, per day from the first to the last."""
    workspace = call.workspace

    def show(project_id: str) -> Entity:
        project = workspace.projects[project_id]
        hours = hours_per_day(workspace, groups[project_id], window)
        days = days_between(min(hours), max(hours)) if hours else ()
        return {
            "projectId": project_id,
            "projectName": project["name"],
            "projectColor": project["color"],
            "projectArchived": project["archived"],
            "projectBillable": project["billable"],
            "clientName": client_name(workspace, project) or None,
            "taskId": None,
            "taskName": None,
            "totalHours": sum(hours.values()),
            "workspaceId": workspace.id,
            "assignments": [{"date": _day(day), "hasAssignment": day in hours} for day in days],
            "milestones": [row for row in workspace.milestones.values() if row["projectId"] == project_id],
        }

    return show


def _day(day: date) -> str:
    return timestamp(midnight(day, "UTC"))
