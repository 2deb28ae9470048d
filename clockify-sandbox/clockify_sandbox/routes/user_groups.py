"""User groups and who is in them."""

from typing import Annotated, Literal

from msgspec import Meta, field

from clockify_sandbox.answers import Answer
from clockify_sandbox.binding import Body, Query
from clockify_sandbox.bodies import SortOrder
from clockify_sandbox.call import Call
from clockify_sandbox.entities import user_group
from clockify_sandbox.kinds import MEMBER, PROJECT, USER_GROUP
from clockify_sandbox.lists import by_id, by_name, in_order, matches
from clockify_sandbox.paging import KEBAB
from clockify_sandbox.routing import Routes
from clockify_sandbox.shapes.people import UserGroup
from clockify_sandbox.world import Entity

routes = Routes(scope="GROUP", role="ADMIN")

_ORDER = {"ID": by_id, "NAME": by_name}


class GroupQuery(Query):
    """Filters and order of the list."""

    project_id: str | None = None
    name: str | None = None
    sort_column: Literal["ID", "NAME"] | None = None
    sort_order: SortOrder | None = None
    include_team_managers: bool = field(name="includeTeamManagers", default=False)


class GroupBody(Body):
    """A group."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]


class NewMember(Body):
    """Who joins."""

    user_id: str


@routes.get("/workspaces/{ws}/user-groups", paging=KEBAB, role="MEMBER")
def list_groups(call: Call, query: GroupQuery) -> Answer:
    """All groups."""
    found = [group for group in call.workspace.user_groups.values() if matches(group["name"], query.name)]
    if query.project_id:
        project = call.find(PROJECT, query.project_id)
        inside = {row["targetId"] for row in project["memberships"] if row["membershipType"] == "USERGROUP"}
        found = [group for group in found if group["id"] in inside]
    rows = in_order(found, _ORDER, query.sort_column, query.sort_order, "NAME")
    return call.page(rows, lambda group: _shown(call, group, managers=query.include_team_managers))


@routes.post("/workspaces/{ws}/user-groups", status=201)
def create_group(call: Call, body: GroupBody) -> Entity:
    """A new group without members."""
    return _shown(call, call.insert(USER_GROUP, user_group(call.new_id(), call.workspace.id, body.name)))


@routes.put("/workspaces/{ws}/user-groups/{userGroupId}")
def rename_group(call: Call, body: GroupBody) -> Entity:
    """Rename a group; its members stay."""
    group = call.named(USER_GROUP, "userGroupId")
    return _shown(call, call.of(USER_GROUP).update(group, {"name": body.name}))


@routes.delete("/workspaces/{ws}/user-groups/{userGroupId}")
def delete_group(call: Call) -> Entity:
    """Delete a group, and with it what its members had through it: projects, tasks, time off, reports, a manager."""
    group, workspace = call.named(USER_GROUP, "userGroupId"), call.workspace
    for project in workspace.projects.values():
        project["memberships"] = [row for row in project["memberships"] if row["targetId"] != group["id"]]
    for ids in (
        *(task["userGroupIds"] for task in workspace.tasks.values()),
        *(holiday["userGroupIds"] for holiday in workspace.holidays.values()),
        *(policy["userGroupIds"] for policy in workspace.time_off_policies.values()),
        *(report["visibleToUserGroups"] or [] for report in workspace.shared_reports.values()),
    ):
        if group["id"] in ids:
            ids.remove(group["id"])
    for member in workspace.members.values():
        member["roles"] = [role for role in member["roles"] if role["entityId"] != group["id"]]
    return _shown(call, call.remove(USER_GROUP, group))


@routes.post("/workspaces/{ws}/user-groups/{userGroupId}/users")
def add_member(call: Call, body: NewMember) -> Entity:
    """Add a member; nothing happens if it is one already."""
    group = call.named(USER_GROUP, "userGroupId")
    call.find(MEMBER, body.user_id)
    if body.user_id in group["userIds"]:
        return _shown(call, group)
    return _shown(call, call.of(USER_GROUP).update(group, {"userIds": [*group["userIds"], body.user_id]}))


@routes.delete("/workspaces/{ws}/user-groups/{userGroupId}/users/{userId}")
def remove_member(call: Call) -> Entity:
    """Remove a member; nothing happens if the user is not a member."""
    group, user_id = call.named(USER_GROUP, "userGroupId"), call.path["userId"]
    call.find(MEMBER, user_id)
    if user_id not in group["userIds"]:
        return _shown(call, group)
    left = [other for other in group["userIds"] if other != user_id]
    return _shown(call, call.of(USER_GROUP).update(group, {"userIds": left}))


def _shown(call: Call, group: UserGroup, *, managers: bool = False) -> Entity:
    """A group. It always has `teamManagers`, which is empty unless they were asked for."""
    names, named = call.world.users, group["teamManagers"] if managers else ()
    return {**group, "teamManagers": [{"id": user_id, "name": names[user_id]["name"]} for user_id in named]}
