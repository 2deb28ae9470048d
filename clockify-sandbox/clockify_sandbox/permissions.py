"""Permissions beyond the role that a route requires.

Lists always answer with 200 and contain what the caller may see: administrators see everything, managers see the work
of their people and on their projects, and everybody sees their own. If nothing is known about a list, it is the same
for all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from clockify_sandbox import messages
from clockify_sandbox.errors import access_denied, forbidden, invalid
from clockify_sandbox.people import managed_projects, oversight

if TYPE_CHECKING:
    from collections.abc import Callable

    from clockify_sandbox.call import Call
    from clockify_sandbox.shapes.work import Project


_Creation = Literal["whoCanCreateProjectsAndClients", "whoCanCreateTags", "whoCanCreateTasks"]


def require_creator(call: Call, setting: _Creation) -> None:
    """Refuse callers that a setting of `entityCreationPermissions` (e.g. `whoCanCreateTags`) excludes."""
    allowed = call.workspace.record["workspaceSettings"]["entityCreationPermissions"][setting]
    if call.is_admin or allowed == "EVERYONE":
        return
    if allowed == "ADMINS_AND_PROJECT_MANAGERS" and managed_projects(call.workspace, call.user_id):
        return
    raise forbidden()


def require_users_list(call: Call) -> None:
    """Refuse the list of users to members without a manager role, in a world that shows it only to administrators."""
    if call.options.users_list == "admins" and not call.workspace.members[call.user_id]["roles"]:
        raise access_denied()


def can_see(call: Call, project: Project) -> bool:
    """Whether the caller may see a project: public ones, one's own, managed ones; everything for administrators."""
    members = (membership["userId"] for membership in project["memberships"])
    return bool(project["public"]) or call.is_admin or call.user_id in members or manages(call, project["id"])


def visible_members(call: Call) -> Callable[[str], bool]:
    """Whether a list of users shows a member to the caller.

    Members without a manager role see fewer people than administrators. That is documented, but not which people; here,
    people who do not work in the workspace (invited, declined, inactive) are hidden.
    """
    members = call.workspace.members
    if members[call.user_id]["roles"]:
        return lambda _: True
    return lambda user_id: user_id == call.user_id or members[user_id]["membershipStatus"] == "ACTIVE"


def visible_work(call: Call) -> Callable[[str, str | None], bool]:
    """Whether the caller may see a user's work or expenses for a project, or without a project."""
    may_see, projects = oversight(call), managed_projects(call.workspace, call.user_id)
    return lambda user_id, project_id: may_see(user_id) or project_id in projects


def require_tasks(call: Call, project: Project) -> None:
    """Refuse the tasks of a project to people who are only members through a group, if the world is set so."""
    own = {row["membershipType"] for row in project["memberships"] if row["userId"] == call.user_id}
    if call.options.group_access == "without-tasks" and own == {"USERGROUP"} and not call.is_admin:
        raise invalid(messages.USER_NOT_IN_PROJECT(user=call.user_id, project=project["id"]))


def require_manager(call: Call, project_id: str) -> None:
    """Refuse callers who neither administer the workspace nor manage the project."""
    if not call.is_admin and not manages(call, project_id):
        raise forbidden()


def manages(call: Call, project_id: str) -> bool:
    """Whether the caller is a manager of the project."""
    return project_id in managed_projects(call.workspace, call.user_id)
