"""Clients, projects, tasks, tags, and the time spent on them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from clockify_client import endpoints

from tap_clockify import shapes
from tap_clockify.declaration import Source, StreamDeclaration
from tap_clockify.streams.people import USERS, WORKSPACES, in_workspace, per_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clockify_client import Endpoint, Ids

    from tap_clockify.declaration import Parent
    from tap_clockify.settings import Scope


def _listed(scope: Scope) -> Endpoint:
    return endpoints.PROJECTS_HYDRATED if _hydrating(scope) else endpoints.PROJECTS


def _hydrating(scope: Scope) -> bool:
    return bool(scope.config["tasks_from"] == "hydrated_projects")


def _bare(stream: StreamDeclaration, scope: Scope) -> StreamDeclaration:
    """A hydrated project has fields that belong to other streams."""
    return replace(stream, shape=shapes.without(*_HYDRATION)) if _hydrating(scope) else stream


def _inside_projects(stream: StreamDeclaration, scope: Scope) -> StreamDeclaration:
    """Tasks are inside hydrated projects, without an additional request."""
    exploded = shapes.exploded("tasks", drop=("favorite",), projectId="id")
    return replace(stream, source=PROJECTS, shape=exploded) if _hydrating(scope) else stream


_HYDRATION = ("client", "tasks", "customFields", "currency", "favorite", "expenses")
PROJECTS = Source(parent=WORKSPACES, children=in_workspace, choose=_listed)


def _per_user(rows: list[Parent], ids: Ids, scope: Scope) -> Iterator[Ids]:
    """Every member, inactive ones too, with the window that the settings give."""
    window = scope.entries_wall_clock()
    for row in rows:
        yield {**ids, "userId": row["id"], **window}


def _windowed(scope: Scope) -> list[str]:
    ends = {"start_date": scope.start, "end_date": scope.past_end}
    return [name for name, moment in ends.items() if moment is not None]


CUSTOM_FIELDS = per_workspace(endpoints.CUSTOM_FIELDS)
TIME_ENTRIES = StreamDeclaration(
    "time_entries",
    Source(endpoints.TIME_ENTRIES, USERS, _per_user, outlives_parent=True),
    keep=shapes.started_within,
    narrowed=_windowed,
    of_people=True,
)

STREAMS = (
    StreamDeclaration("clients", per_workspace(endpoints.CLIENTS)),
    StreamDeclaration("projects", PROJECTS, under=_bare),
    StreamDeclaration(
        "project_memberships",
        PROJECTS,
        key=("projectId", "userId", "membershipType", "targetId"),
        shape=shapes.exploded("memberships", projectId="id"),
    ),
    StreamDeclaration("tasks", Source(endpoints.TASKS, PROJECTS, shapes.each("projectId")), under=_inside_projects),
    StreamDeclaration("tags", per_workspace(endpoints.TAGS)),
    StreamDeclaration(
        "custom_fields",
        CUSTOM_FIELDS,
        shape=shapes.with_text(shapes.itself, "workspaceDefaultValue"),
    ),
    StreamDeclaration(
        "custom_field_project_defaults",
        CUSTOM_FIELDS,
        key=("customFieldId", "projectId"),
        shape=shapes.with_text(shapes.exploded("projectDefaultValues", customFieldId="id", type="type"), "value"),
        selected=False,
    ),
    StreamDeclaration(
        "project_custom_fields",
        Source(endpoints.PROJECT_CUSTOM_FIELDS, PROJECTS, shapes.each("projectId")),
        key=("projectId", "id"),
        shape=shapes.with_text(shapes.itself, "workspaceDefaultValue"),
        selected=False,
    ),
    TIME_ENTRIES,
    replace(
        TIME_ENTRIES,
        name="time_entry_tags",
        key=("timeEntryId", "tagId"),
        shape=shapes.listed("tagIds", "tagId", timeEntryId="id", timeInterval="timeInterval"),
        selected=False,
    ),
    replace(
        TIME_ENTRIES,
        name="time_entry_custom_fields",
        key=("timeEntryId", "customFieldId"),
        shape=shapes.with_text(
            shapes.exploded("customFieldValues", timeEntryId="id", timeInterval="timeInterval"), "value"
        ),
        selected=False,
    ),
    StreamDeclaration("time_entries_in_progress", per_workspace(endpoints.TIME_ENTRIES_IN_PROGRESS)),
)
