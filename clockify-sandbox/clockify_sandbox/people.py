"""People of a workspace: selection by request bodies, what applies to them, and their managers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from msgspec import field

from clockify_sandbox.kinds import MEMBER
from clockify_sandbox.selection import Choice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from clockify_sandbox.call import Call
    from clockify_sandbox.kinds import Kind
    from clockify_sandbox.shapes.absence import Holiday, Policy
    from clockify_sandbox.world import Workspace


class Pick(Choice):
    """A selection of members or groups, by id and membership status; used by holidays, policies and the schedule."""

    status: Literal["PENDING", "ACTIVE", "DECLINED", "INACTIVE", "ALL"] = "ALL"


class NewPick(Pick):
    """The selection in creates, which accept fewer values than updates."""

    contains: Literal["CONTAINS", "DOES_NOT_CONTAIN"] = "CONTAINS"
    status: Literal["ALL", "ACTIVE", "INACTIVE"] = "ALL"


class UserPick(Pick):
    """A filter of users; if it has a `sourceType`, its ids are ids of groups."""

    source_type: Literal["USER_GROUP"] | None = None
    statuses: list[Literal["PENDING", "ACTIVE", "DECLINED", "INACTIVE", "ALL"]] = field(default_factory=list)


def assigned(call: Call, kind: Kind[Any, Any], pick: Pick | None) -> list[str]:
    """The ids of the selected members or groups in an assignment; none if the selection has no ids.

    Raises:
        ApiError: 400/501 for an id that is not in the workspace.
    """
    if pick is None:
        return []
    call.require_all(kind, pick.ids)
    ids = pick.among(call.table(kind)) if pick.excludes else pick.ids
    fits = [key for key in ids if kind is not MEMBER or _has_status(call.workspace, key, {pick.status})]
    return list(dict.fromkeys(fits))


def user_filter(workspace: Workspace, users: UserPick | None, groups: Pick | None) -> Callable[[str], bool]:
    """Whether a member passes both filters; a filter without ids matches everybody with its status."""
    allowed = set(workspace.members)
    if users:
        statuses: set[str] = {*users.statuses} or {users.status}
        ids = members_of(workspace, users.ids) if users.source_type else set(users.ids)
        allowed = {member for member in _kept(allowed, ids, users) if _has_status(workspace, member, statuses)}
    if groups:
        allowed = _kept(allowed, members_of(workspace, groups.ids), groups)
    return allowed.__contains__


def _kept(members: set[str], ids: set[str], pick: Pick) -> set[str]:
    if not pick.ids:
        return members
    return members - ids if pick.excludes else members & ids


def _has_status(workspace: Workspace, user_id: str, statuses: set[str]) -> bool:
    return "ALL" in statuses or workspace.members[user_id]["membershipStatus"] in statuses


def members_of(workspace: Workspace, group_ids: Iterable[str]) -> set[str]:
    """The members of some groups; unknown groups are empty."""
    groups = (workspace.user_groups.get(group_id) for group_id in group_ids)
    return {user_id for group in groups if group for user_id in group["userIds"]}


def applies_to(workspace: Workspace, entity: Holiday | Policy, user_id: str) -> bool:
    """Whether a holiday or policy applies to a member: to everybody, to the member, or to one of their groups."""
    return (
        entity["everyoneIncludingNew"]
        or user_id in entity["userIds"]
        or user_id in members_of(workspace, entity["userGroupIds"])
    )


def oversight(call: Call) -> Callable[[str], bool]:
    """Whether the caller may read a user's data: their own, that of people they manage, or all as an administrator."""
    return (lambda _: True) if call.is_admin else managed_people(call.workspace, call.user_id).__contains__


def managed_people(workspace: Workspace, manager: str) -> set[str]:
    """A manager and the people they manage: through a role for them or their group, or as their direct manager."""
    roles = workspace.members[manager]["roles"] if manager in workspace.members else ()
    managed = {role["entityId"] for role in roles if role["role"] == "TEAM_MANAGER"}
    reports = {user_id for user_id, member in workspace.members.items() if manager in member["managers"]}
    return {manager} | managed | members_of(workspace, managed) | reports


def managed_projects(workspace: Workspace, manager: str) -> set[str]:
    """The projects that a user manages."""
    roles = workspace.members[manager]["roles"] if manager in workspace.members else ()
    return {role["entityId"] for role in roles if role["role"] == "PROJECT_MANAGER"}
