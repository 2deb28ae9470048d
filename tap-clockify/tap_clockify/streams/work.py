"""Clients, projects, tasks, tags, and the time spent on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clockify_client import endpoints

from tap_clockify import shapes
from tap_clockify.declaration import Source, StreamDeclaration
from tap_clockify.streams.people import USERS, per_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clockify_client import Ids

    from tap_clockify.declaration import Record
    from tap_clockify.settings import Scope

PROJECTS = per_workspace(endpoints.PROJECTS)


def _per_user(rows: list[Record], ids: Ids, scope: Scope) -> Iterator[Ids]:
    """Every member, inactive ones too, with the window where the user set one."""
    window = scope.wall_clock(bounded=False)
    for row in rows:
        yield {**ids, "userId": row["id"], **window}


def _windowed(scope: Scope) -> bool:
    return scope.start is not None or scope.end is not None


STREAMS = (
    StreamDeclaration("clients", per_workspace(endpoints.CLIENTS)),
    StreamDeclaration("projects", PROJECTS),
    StreamDeclaration(
        "project_memberships",
        PROJECTS,
        key=("projectId", "userId", "membershipType", "targetId"),
        shape=shapes.exploded("memberships", projectId="id"),
    ),
    StreamDeclaration(
        "project_custom_fields",
        Source(endpoints.PROJECT_CUSTOM_FIELDS, PROJECTS, shapes.each("projectId")),
        key=("projectId", "id"),
        selected=False,
    ),
    StreamDeclaration("tasks", Source(endpoints.TASKS, PROJECTS, shapes.each("projectId"))),
    StreamDeclaration("tags", per_workspace(endpoints.TAGS)),
    StreamDeclaration(
        "time_entries",
        Source(endpoints.TIME_ENTRIES, USERS, _per_user),
        keep=shapes.started_within,
        narrowed=_windowed,
    ),
    StreamDeclaration("time_entries_in_progress", per_workspace(endpoints.TIME_ENTRIES_IN_PROGRESS)),
)
