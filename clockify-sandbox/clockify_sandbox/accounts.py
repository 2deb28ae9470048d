"""Workspaces, users and their memberships in the form of responses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from clockify_sandbox.call import Call
    from clockify_sandbox.shapes.work import Membership
    from clockify_sandbox.world import Entity, Record, Workspace, World

_ROLES = ("OWNER", "WORKSPACE_ADMIN", "PROJECT_MANAGER", "TEAM_MANAGER")
Memberships = Literal["ALL", "NONE", "WORKSPACE", "PROJECT", "USERGROUP"]


class IdsOf:
    """Generates the ids of objects that a call creates."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self.now = call.now

    def new_id(self, _created: int) -> str:
        """A new id."""
        return self._call.new_id()


def workspace_of(workspace: Workspace) -> Entity:
    """A workspace with the memberships of all its members."""
    memberships = [workspace_membership(workspace, user_id) for user_id in workspace.members]
    return {**workspace.record, "memberships": memberships}


def workspace_membership(workspace: Workspace, user_id: str) -> Membership:
    """The membership of a user in a workspace."""
    member = workspace.members[user_id]
    return {
        "userId": user_id,
        "hourlyRate": member["hourlyRate"],
        "costRate": member["costRate"],
        "targetId": workspace.id,
        "membershipType": "WORKSPACE",
        "membershipStatus": member["membershipStatus"],
    }


class UserShow:
    """Renders users of a workspace, with the requested memberships and roles."""

    def __init__(
        self, world: World, workspace: Workspace, memberships: Memberships = "NONE", *, roles: bool = False
    ) -> None:
        self._world = world
        self._workspace = workspace
        self._roles = roles
        self._memberships = _by_user(workspace, memberships)

    def __call__(self, user_id: str) -> Entity:
        """One user."""
        user, workspace = self._world.users[user_id], self._workspace
        member = workspace.members.get(user_id)
        shown = {
            "id": user["id"],
            "email": user["email"],
            "name": user["name"],
            "memberships": self._memberships.get(user_id, []),
            "profilePicture": user["profilePicture"],
            "activeWorkspace": user["activeWorkspace"],
            "defaultWorkspace": user["defaultWorkspace"],
            "settings": user["settings"],
            "status": user["status"],
            "customFields": [
                {
                    "customFieldId": field_id,
                    "customFieldName": workspace.custom_fields[field_id]["name"],
                    "customFieldType": workspace.custom_fields[field_id]["type"],
                    "userId": user_id,
                    "value": value,
                }
                for field_id, value in (member["customFields"] if member else {}).items()
                if field_id in workspace.custom_fields
            ],
        }
        if self._roles:
            shown["roles"] = roles_of(self._world, workspace, user_id)
        return shown


def roles_of(world: World, workspace: Workspace, user_id: str) -> list[Entity]:
    """The roles of a member: each with the workspace, the projects, or the users and groups that it covers."""
    reached: dict[str, list[Entity]] = {}
    for role in workspace.members[user_id]["roles"]:
        entities, target = reached.setdefault(role["role"], []), role["entityId"]
        tables: tuple[Mapping[str, Record], ...] = (
            {workspace.id: workspace.record},
            workspace.projects,
            workspace.user_groups,
            world.users,
        )
        entities += [{"id": target, "name": table[target]["name"]} for table in tables if target in table][:1]
    return [{"role": role, "entities": entities} for role, entities in reached.items()]


def key_holders(world: World) -> list[Entity]:
    """The valid API keys, each with its user and the user's role in their first workspace."""
    return [
        {"key": key, "role": leading_role(world, user_id), "userId": user_id, "name": world.users[user_id]["name"]}
        for key, user_id in world.keys.items()
    ]


def leading_role(world: World, user_id: str) -> str:
    """The highest role of a user in their first workspace; LIMITED and MEMBER count as roles here, too."""
    if world.users[user_id]["status"] == "LIMITED":
        return "LIMITED"
    workspace = next((one for one in world.workspaces.values() if user_id in one.members), None)
    held = {role["role"] for role in workspace.members[user_id]["roles"]} if workspace else set()
    return next((role for role in _ROLES if role in held), "MEMBER")


def managers_of(workspace: Workspace, user_id: str) -> list[str]:
    """The managers of a user: direct ones, and those with a role for the user or one of the user's groups."""
    reach = {user_id, *(group["id"] for group in workspace.user_groups.values() if user_id in group["userIds"])}
    managers = dict.fromkeys(workspace.members[user_id]["managers"])
    for other, member in workspace.members.items():
        if any(role["role"] == "TEAM_MANAGER" and role["entityId"] in reach for role in member["roles"]):
            managers[other] = None
    return list(managers)


def _by_user(workspace: Workspace, wanted: Memberships) -> dict[str, list[Membership]]:
    found: dict[str, list[Membership]] = {}
    if wanted in ("ALL", "WORKSPACE"):
        _collect(found, (workspace_membership(workspace, user_id) for user_id in workspace.members))
    if wanted in ("ALL", "PROJECT"):
        rows = (row for project in workspace.projects.values() for row in project["memberships"])
        _collect(found, (row for row in rows if row["membershipType"] == "PROJECT"))
    if wanted in ("ALL", "USERGROUP"):
        groups = workspace.user_groups.values()
        _collect(found, (_group_membership(group["id"], user) for group in groups for user in group["userIds"]))
    return found


def _group_membership(group_id: str, user_id: str) -> Membership:
    return {
        "userId": user_id,
        "hourlyRate": None,
        "costRate": None,
        "targetId": group_id,
        "membershipType": "USERGROUP",
        "membershipStatus": "ACTIVE",
    }


def _collect(found: dict[str, list[Membership]], rows: Iterable[Membership]) -> None:
    for row in rows:
        found.setdefault(row["userId"], []).append(row)
