"""What several routes do with projects: show them with everything, copy them, forget them."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any, Literal

from clockify_sandbox import messages
from clockify_sandbox.errors import invalid
from clockify_sandbox.kinds import PROJECT, TASK
from clockify_sandbox.permissions import manages
from clockify_sandbox.render import client_of, project_of, task_of

if TYPE_CHECKING:
    from clockify_sandbox.call import Call
    from clockify_sandbox.world import Entity, Workspace

_PALETTE = (
    "#F44336",
    "#E91E63",
    "#9C27B0",
    "#673AB7",
    "#3F51B5",
    "#03A9F4",
    "#009688",
    "#8BC34A",
    "#FF9800",
    "#795548",
)


def new_color(workspace: Workspace) -> str:
    """The color of the next project that does not ask for one."""
    return _PALETTE[len(workspace.projects) % len(_PALETTE)]


def require_free_project_name(call: Call, name: str, client_id: str, own_id: str | None = None) -> None:
    """Refuse a name that another project of the same client has."""
    for other in call.workspace.projects.values():
        if other["name"] == name and other["clientId"] == client_id and other["id"] != own_id:
            client = call.workspace.clients.get(client_id)
            raise invalid(messages.PROJECT_EXISTS(name=name, client=client["name"] if client else ""))


_MONEY_AND_PLANS = ("hourlyRate", "costRate", "estimate", "timeEstimate", "budgetEstimate", "duration")


class ProjectShow:
    """Shows projects to the caller; hydrated ones with client, tasks, custom fields, currency and favorite.

    Who neither administers the workspace nor manages the project gets no members, rates, estimates and sums.
    """

    def __init__(self, call: Call, *, hydrated: bool) -> None:
        self._call = call
        self._sees_all = call.is_admin
        self._workspace = call.workspace
        self._hydrated = hydrated

    def __call__(self, project: Entity) -> Entity:
        """One project."""
        shown, workspace = project_of(self._workspace, project), self._workspace
        if not self._sees_all and not manages(self._call, project["id"]):
            del shown["memberships"]
            shown.update(dict.fromkeys(_MONEY_AND_PLANS))
        if not self._hydrated:
            return shown
        client = workspace.clients.get(project["clientId"])
        currencies = workspace.record["currencies"]
        wanted = client["currencyId"] if client else None
        currency = next((one for one in currencies if one["id"] == wanted), currencies[0])
        tasks = workspace.tasks_of(project["id"])
        return {
            **shown,
            "client": client_of(workspace, client) if client else None,
            "tasks": [{**task_shown(self._call, task), "favorite": False} for task in tasks],
            "customFields": [
                {
                    "customFieldId": field["id"],
                    "name": field["name"],
                    "type": field["type"],
                    **(default_of(field, project["id"]) or _workspace_default(field)),
                }
                for field in workspace.custom_fields.values()
                if field["entityType"] == "TIMEENTRY"
            ],
            "currency": {"id": currency["id"], "code": currency["code"]},
            "favorite": False,
        }


def task_shown(call: Call, task: Entity) -> Entity:
    """A task as the caller may see it: estimate and sum are for administrators and managers."""
    shown = task_of(call.workspace, task)
    if call.is_admin or manages(call, task["projectId"]):
        return shown
    return {**shown, "estimate": None, "duration": None}


def default_of(field: Entity, project_id: str) -> Entity | None:
    """Value and status of a custom field on a project that has its own."""
    rows = (row for row in field["projectDefaultValues"] if row["projectId"] == project_id)
    return next(({"value": row["value"], "status": row["status"]} for row in rows), None)


def _workspace_default(field: Entity) -> Entity:
    return {"value": field["workspaceDefaultValue"], "status": field["status"]}


def copy_of(call: Call, template: Entity, changes: dict[str, Any]) -> Entity:
    """A new project like a template, with its tasks."""
    project_id, workspace = call.new_id(), call.workspace
    project = {**deepcopy(template), **changes, "id": project_id, "template": False, "archived": False}
    for row in project["memberships"]:
        if row["membershipType"] == "PROJECT":
            row["targetId"] = project_id
    call.insert(PROJECT, project, event="NONE")
    for task in list(workspace.tasks_of(template["id"])):
        call.insert(TASK, {**deepcopy(task), "id": call.new_id(), "projectId": project_id, "status": "ACTIVE"})
    for field in workspace.custom_fields.values():
        if own := default_of(field, template["id"]):
            field["projectDefaultValues"].append({"projectId": project_id, **own})
    call.recorder.event("NEW_PROJECT", project)  # with its tasks
    return project


def forget_task(call: Call, task: Entity) -> None:
    """Delete a task; what was done, spent and planned for it stays on its project."""
    _detach(call.workspace, "taskId", task["id"])
    call.remove(TASK, task)


def _detach(workspace: Workspace, key: Literal["projectId", "taskId"], entity_id: str) -> None:
    """Clear a project, and the task with it, or a task wherever something refers to it."""
    whole = key == "projectId"
    for entry in workspace.time_entries:
        if entity_id == (entry.project_id if whole else entry.task_id):
            workspace.time_entries.change(entry, task_id=None, **({"project_id": None} if whole else {}))
    owners = (*workspace.holidays.values(), *workspace.time_off_policies.values())
    creations = [owner["automaticTimeEntryCreation"] for owner in owners]
    automatic = [creation["defaultEntities"] for creation in creations if creation]
    for row in (*workspace.expenses.values(), *workspace.assignments.values(), *automatic):
        if row[key] == entity_id:
            row.update({key: None, "taskId": None})
    for policy in workspace.time_off_policies.values():
        if policy.get(key) == entity_id:
            policy[key] = None


def forget_project(call: Call, project: Entity) -> None:
    """Delete a project and everything that cannot be without it; time entries, expenses and the like are detached."""
    workspace, project_id = call.workspace, project["id"]
    tasks = list(workspace.tasks_of(project_id))
    for task in tasks:
        call.remove(TASK, task)
    for table in (workspace.assignments, workspace.milestones):
        for row in [row for row in table.values() if row["projectId"] == project_id]:
            del table[row["id"]]
    _detach(workspace, "projectId", project_id)
    for field in workspace.custom_fields.values():
        field["projectDefaultValues"] = [row for row in field["projectDefaultValues"] if row["projectId"] != project_id]
    for member in workspace.members.values():
        member["roles"] = [role for role in member["roles"] if role["entityId"] != project_id]
    call.remove(PROJECT, project, details={"tasks": tasks})
