"""Workspaces and the people in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clockify_client import UnknownWorkspaceError, endpoints

from tap_clockify import shapes
from tap_clockify.declaration import Source, StreamDeclaration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from clockify_client import Endpoint, Ids

    from tap_clockify.declaration import Parent
    from tap_clockify.settings import Scope


def _by_credentials(scope: Scope) -> Endpoint:
    """An add-on may not list workspaces, but may read each by its id."""
    return endpoints.WORKSPACE if scope.config.get("addon_token") else endpoints.WORKSPACES


WORKSPACES = Source(choose=_by_credentials)


def in_workspace(rows: list[Parent], ids: Ids, scope: Scope) -> Iterator[Ids]:
    """The ids of the workspaces to read.

    Raises:
        UnknownWorkspaceError: The key does not see a requested workspace, or sees none at all. Every account has a
            workspace, so a run without one would empty the warehouse by mistake.
    """
    seen = [row["id"] for row in rows]
    if not seen:
        raise UnknownWorkspaceError(endpoints.WORKSPACES.call, detail="the key sees no workspace at all")
    missing = [one for one in scope.workspace_ids if one not in seen]
    if missing and not ids:
        raise UnknownWorkspaceError(endpoints.WORKSPACES.call, detail=", ".join(missing))
    for one in seen:
        if not scope.workspace_ids or one in scope.workspace_ids:
            yield {"workspaceId": one}


def _asked_for(scope: Scope) -> Callable[[Mapping[str, Any]], bool] | None:
    return (lambda workspace: workspace["id"] in scope.workspace_ids) if scope.workspace_ids else None


def per_workspace(endpoint: Endpoint, **more: Any) -> Source:
    """Return a source that requests an endpoint once for each workspace."""
    return Source(endpoint, WORKSPACES, in_workspace, **more)


CURRENT_USER = Source(endpoints.CURRENT_USER)
# A member who is refused the list of users can still read their own entries.
USERS = per_workspace(endpoints.USERS, stand_in=CURRENT_USER)
USER_GROUPS = per_workspace(endpoints.USER_GROUPS)

STREAMS = (
    StreamDeclaration(
        "workspaces",
        WORKSPACES,
        keep=_asked_for,
        shape=shapes.with_text(shapes.itself, "workspaceSettings.round.minutes"),
    ),
    StreamDeclaration("current_user", CURRENT_USER),
    StreamDeclaration("users", USERS, key=("workspaceId", "id")),
    StreamDeclaration(
        "memberships",
        USERS,
        key=("workspaceId", "userId", "targetId", "membershipType"),
        shape=shapes.exploded("memberships", userId="id"),
    ),
    StreamDeclaration("user_roles", USERS, key=("workspaceId", "userId", "role", "entityId"), shape=shapes.roles),
    StreamDeclaration(
        "user_custom_fields",
        USERS,
        key=("workspaceId", "userId", "customFieldId"),
        shape=shapes.with_text(shapes.exploded("customFields", userId="id"), "value"),
        selected=False,
    ),
    StreamDeclaration("user_groups", USER_GROUPS),
    StreamDeclaration(
        "user_group_members",
        USER_GROUPS,
        key=("userGroupId", "userId"),
        shape=shapes.listed("userIds", "userId", userGroupId="id"),
        selected=False,
    ),
    StreamDeclaration(
        "member_profiles",
        Source(endpoints.MEMBER_PROFILE, USERS, shapes.each("userId")),
        key=("workspaceId", "userId"),
        shape=shapes.with_working_days,
    ),
    StreamDeclaration(
        "user_managers",
        Source(endpoints.USER_MANAGERS, USERS, shapes.each("userId")),
        key=("workspaceId", "userId", "id"),
        selected=False,
    ),
)
