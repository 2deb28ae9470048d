"""Totals of the schedule, per project and per user. A single total without assignments is an empty body."""

from dataclasses import replace
from datetime import datetime
from typing import Literal

from clockify_sandbox.answers import Answer
from clockify_sandbox.binding import Query
from clockify_sandbox.call import Call
from clockify_sandbox.kinds import MEMBER
from clockify_sandbox.lists import matches
from clockify_sandbox.naming import name_of
from clockify_sandbox.paging import KEBAB, SCHEDULING_TOTALS, BodyPage
from clockify_sandbox.people import Pick, UserPick, user_filter
from clockify_sandbox.routing import Routes
from clockify_sandbox.schedule import (
    Window,
    assignments_in,
    by_project,
    by_user,
    capacity_shower,
    client_name,
    project_shower,
)
from clockify_sandbox.world import Entity

routes = Routes(scope="SCHEDULING", feature="SCHEDULING", reads=True)

_ASSIGNMENTS = "/workspaces/{ws}/scheduling/assignments"

_Status = Literal["PUBLISHED", "UNPUBLISHED", "ALL"]


class WindowQuery(Query):
    """A window; both ends are required."""

    start: datetime
    end: datetime


class SearchQuery(WindowQuery):
    """The deprecated list of project totals."""

    search: str | None = None


class ProjectTotals(BodyPage, kw_only=True):
    """Which projects, and whether drafts count."""

    start: datetime
    end: datetime
    search: str | None = None
    status_filter: _Status = "ALL"


class UserTotals(ProjectTotals):
    """Which users, and whether drafts count."""

    user_filter: UserPick | None = None
    user_group_filter: Pick | None = None


@routes.post(f"{_ASSIGNMENTS}/projects/totals", paging=SCHEDULING_TOTALS)
def list_project_totals(call: Call, body: ProjectTotals) -> Answer:
    """The projects with assignments in a window."""
    return _project_totals(call, Window.of(body.start, body.end), body.search, body.status_filter)


@routes.get(f"{_ASSIGNMENTS}/projects/totals", paging=replace(KEBAB, maximum=200))
def list_project_totals_deprecated(call: Call, query: SearchQuery) -> Answer:
    """The same through the deprecated call, which still works."""
    return _project_totals(call, Window.of(query.start, query.end), query.search, "ALL")


@routes.get(f"{_ASSIGNMENTS}/projects/totals/{{projectId}}")
def get_project_total(call: Call, query: WindowQuery) -> Entity | None:
    """One project; an empty body if it is unknown or has no assignment in the window."""
    window = Window.of(query.start, query.end)
    groups, project_id = by_project(assignments_in(call, window)), call.path["projectId"]
    return project_shower(call, groups, window)(project_id) if project_id in groups else None


@routes.post(f"{_ASSIGNMENTS}/user-filter/totals", paging=SCHEDULING_TOTALS)
def list_user_totals(call: Call, body: UserTotals) -> Answer:
    """The users with assignments in a window."""
    window = Window.of(body.start, body.end)
    groups = by_user(assignments_in(call, window, body.status_filter))
    wanted = user_filter(call.workspace, body.user_filter, body.user_group_filter)
    found = [
        user_id
        for user_id in call.workspace.members
        if user_id in groups
        and wanted(user_id)
        and (matches(name_of(call.world, user_id), body.search) or matches(_email(call, user_id), body.search))
    ]
    return call.page(found, capacity_shower(call, groups, window))


@routes.get(f"{_ASSIGNMENTS}/users/{{userId}}/totals")
def get_user_total(call: Call, query: WindowQuery) -> Entity | None:
    """The totals of one user; an empty body if no assignment is in the window."""
    user_id, window = call.path["userId"], Window.of(query.start, query.end)
    call.find(MEMBER, user_id)
    groups = by_user(assignments_in(call, window))
    return capacity_shower(call, groups, window)(user_id) if user_id in groups else None


def _project_totals(call: Call, window: Window, search: str | None, status: str) -> Answer:
    groups = by_project(assignments_in(call, window, status))
    found = [
        project
        for project in call.workspace.projects.values()
        if project["id"] in groups
        and (matches(project["name"], search) or matches(client_name(call.workspace, project), search))
    ]
    show = project_shower(call, groups, window)
    return call.page(found, lambda project: show(project["id"]))


def _email(call: Call, user_id: str) -> str:
    email: str = call.world.users[user_id]["email"]
    return email
