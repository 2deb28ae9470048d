"""Assignments of people to projects, and the capacity of people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clockify_client import endpoints

from tap_clockify import shapes
from tap_clockify.declaration import Source, StreamDeclaration
from tap_clockify.settings import Scope, timestamp
from tap_clockify.streams.people import WORKSPACES, in_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from clockify_client import Ids

    from tap_clockify.declaration import Parent


def _padded(rows: list[Parent], ids: Ids, scope: Scope) -> Iterator[Ids]:
    for workspace in in_workspace(rows, ids, scope):
        yield {**workspace, **scope.schedule_wall_clock()}


def _exact(rows: list[Parent], ids: Ids, scope: Scope) -> Iterator[Ids]:
    """The window of totals is not extended, since the surplus could not be subtracted. Rows carry their window."""
    start, end = map(timestamp, scope.schedule_window)
    for workspace in in_workspace(rows, ids, scope):
        yield {**workspace, "start": start, "end": end, "windowStart": start, "windowEnd": end}


def _since(scope: Scope) -> datetime:
    return scope.schedule_window[0]


def _narrowed(scope: Scope) -> list[str]:
    return scope.schedule_narrowed_by()


# One call returns the totals of 200 users; the single-user endpoint would need one call for each.
CAPACITY = Source(endpoints.USER_CAPACITY, WORKSPACES, _exact)

STREAMS = (
    StreamDeclaration(
        "assignments",
        Source(endpoints.ASSIGNMENTS, WORKSPACES, _padded),
        keep=shapes.overlapping_window,
        narrowed=_narrowed,
        since=_since,
    ),
    StreamDeclaration(
        "assignment_project_totals",
        Source(endpoints.ASSIGNMENT_PROJECT_TOTALS, WORKSPACES, _exact),
        key=("workspaceId", "projectId"),
        narrowed=_narrowed,
        since=_since,
    ),
    StreamDeclaration(
        "user_capacity_totals",
        CAPACITY,
        key=("workspaceId", "userId"),
        shape=shapes.with_working_days,
        narrowed=_narrowed,
        since=_since,
    ),
    StreamDeclaration(
        "user_capacity_days",
        CAPACITY,
        key=("workspaceId", "userId", "date"),
        shape=shapes.exploded("totalHoursPerDay", userId="userId"),
        narrowed=_narrowed,
        since=_since,
    ),
)
