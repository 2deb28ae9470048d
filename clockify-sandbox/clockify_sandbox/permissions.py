"""Who may do what, beyond the role that a route asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clockify_sandbox.errors import access_denied, forbidden

if TYPE_CHECKING:
    from clockify_sandbox.call import Call
    from clockify_sandbox.world import Entity


def require_creator(call: Call, setting: str) -> None:
    """Refuse those whom a setting of `entityCreationPermissions` (e.g. `whoCanCreateTags`) leaves out."""
    allowed = call.workspace.record["workspaceSettings"]["entityCreationPermissions"][setting]
    if call.is_admin or allowed == "EVERYONE":
        return
    if allowed == "ADMINS_AND_PROJECT_MANAGERS" and _manages_a_project(call):
        return
    raise forbidden()


def require_users_list(call: Call) -> None:
    """Refuse the list of users to members without a role over others, in a world that shows it to administrators."""
    if call.options.users_list == "admins" and not call.workspace.members[call.user_id]["roles"]:
        raise access_denied()


def can_see(call: Call, project: Entity) -> bool:
    """Whether the caller may see a project: public ones, one's own, and everything for administrators."""
    members = (membership["userId"] for membership in project["memberships"])
    return bool(project["public"]) or call.is_admin or call.user_id in members


def require_manager(call: Call, project_id: str) -> None:
    """Refuse those who neither administer the workspace nor manage the project."""
    if not call.is_admin and not manages(call, project_id):
        raise forbidden()


def manages(call: Call, project_id: str) -> bool:
    """Whether the caller is a manager of the project."""
    return any(
        role["role"] == "PROJECT_MANAGER" and role["entityId"] == project_id
        for role in call.workspace.members[call.user_id]["roles"]
    )


def _manages_a_project(call: Call) -> bool:
    return any(role["role"] == "PROJECT_MANAGER" for role in call.workspace.members[call.user_id]["roles"])
