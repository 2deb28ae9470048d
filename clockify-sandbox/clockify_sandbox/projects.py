"""Common operations on projects: render, copy and delete."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

from clockify_sandbox import messages
from clockify_sandbox.errors import invalid
from clockify_sandbox.kinds import PROJECT, TASK
from clockify_sandbox.permissions import manages
from clockify_sandbox.render import client_of, project_of, task_of

if TYPE_CHECKING:
    from clockify_sandbox.call import Call
    from clockify_sandbox.shapes.absence import DefaultEntities
    from clockify_sandbox.shapes.planning import Assignment, Milestone
    from clockify_sandbox.shapes.work import CustomField, FieldDefault, Project, ProjectFields, Task
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
    """Renders projects for the caller; hydrated ones with client, tasks, custom fields, currency and favorite.

    A caller who neither administers the workspace nor manages the project gets no members, rates, estimates and sums.
    """

    def __init__(self, call: Call, *, hydrated: bool) -> None:
        self._call = call
        self._sees_all = call.is_admin
        self._workspace = call.workspace
        self._hydrated = hydrated

    def __call__(self, project: Project) -> Entity:
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
                    **(default_of(field, project["id"]) or workspace_default(field)),
                }
                for field in workspace.custom_fields.values()
                if field["entityType"] == "TIMEENTRY"
            ],
            "currency": {"id": currency["id"], "code": currency["code"]},
            "favorite": False,
        }


def task_shown(call: Call, task: Task) -> Entity:
    """Render a task for the caller: only administrators and managers get estimate and sum."""
    shown = task_of(call.workspace, task)
    if call.is_admin or manages(call, task["projectId"]):
        return shown
    return {**shown, "estimate": None, "duration": None}


def default_of(field: CustomField, project_id: str) -> FieldDefault | None:
    """Value and status of a custom field on a project that overrides it."""
    rows = (row for row in field["projectDefaultValues"] if row["projectId"] == project_id)
    found = next(rows, None)
    return None if found is None else {"value": found["value"], "status": found["status"]}


def workspace_default(field: CustomField) -> FieldDefault:
    """Value and status of a custom field on a project that does not override it."""
    return {"value": field["workspaceDefaultValue"], "status": field["status"]}


def copy_of(call: Call, template: Project, changes: ProjectFields) -> Project:
    """A new project from a template, with its tasks."""
    project_id, workspace = call.new_id(), call.workspace
    project: Project = {**deepcopy(template), **changes, "id": project_id, "template": False, "archived": False}
    for row in project["memberships"]:
        if row["membershipType"] == "PROJECT":
            row["targetId"] = project_id
    call.insert(PROJECT, project, event="NONE")
    for task in list(workspace.tasks_of(template["id"])):
        copy: Task = {**deepcopy(task), "id": call.new_id(), "projectId": project_id, "status": "ACTIVE"}
        call.insert(TASK, copy)
    for field in workspace.custom_fields.values():
        if own := default_of(field, template["id"]):
            field["projectDefaultValues"].append({"projectId": project_id, **own})
    call.recorder.event("NEW_PROJECT", project)  # with its tasks
    return project


def forget_task(call: Call, task: Task) -> None:
    """Delete a task; its time entries, expenses and assignments stay on the project."""
    _detach_task(call.workspace, task["id"])
    call.remove(TASK, task)


def _detach_task(workspace: Workspace, task_id: str) -> None:
    """Clear all references to a task."""
    for entry in workspace.time_entries:
        if entry.task_id == task_id:
            workspace.time_entries.change(entry, task_id=None)
    for expense in workspace.expenses.values():
        if expense["taskId"] == task_id:
            expense["taskId"] = None
    for assignment in workspace.assignments.values():
        if assignment["taskId"] == task_id:
            assignment["taskId"] = None
    for defaults in _automatic(workspace):
        if defaults["taskId"] == task_id:
            defaults["taskId"] = None


def _detach_project(workspace: Workspace, project_id: str) -> None:
    """Clear all references to a project and its tasks in objects that remain."""
    for entry in workspace.time_entries:
        if entry.project_id == project_id:
            workspace.time_entries.change(entry, task_id=None, project_id=None)
    for expense in workspace.expenses.values():
        if expense["projectId"] == project_id:
            expense.update({"projectId": None, "taskId": None})
    for defaults in _automatic(workspace):
        if defaults["projectId"] == project_id:
            defaults.update({"projectId": None, "taskId": None})
    for policy in workspace.time_off_policies.values():
        if policy["projectId"] == project_id:
            policy["projectId"] = None


def _automatic(workspace: Workspace) -> list[DefaultEntities]:
    """The projects and tasks for which holidays and policies create time entries."""
    owners = (*workspace.holidays.values(), *workspace.time_off_policies.values())
    creations = [owner["automaticTimeEntryCreation"] for owner in owners]
    return [creation["defaultEntities"] for creation in creations if creation]


def forget_project(call: Call, project: Project) -> None:
    """Delete a project and its dependent objects; time entries, expenses and similar objects lose the reference."""
    workspace, project_id = call.workspace, project["id"]
    tasks = list(workspace.tasks_of(project_id))
    for task in tasks:
        call.remove(TASK, task)
    tables: tuple[dict[str, Assignment] | dict[str, Milestone], ...] = (workspace.assignments, workspace.milestones)
    for table in tables:
        for row_id in [row["id"] for row in table.values() if row["projectId"] == project_id]:
            del table[row_id]
    _detach_project(workspace, project_id)
    for field in workspace.custom_fields.values():
        field["projectDefaultValues"] = [row for row in field["projectDefaultValues"] if row["projectId"] != project_id]
    for member in workspace.members.values():
        member["roles"] = [role for role in member["roles"] if role["entityId"] != project_id]
    call.remove(PROJECT, project, details={"tasks": tasks})
