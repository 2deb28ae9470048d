"""Tasks of projects, with their rates."""

from typing import Annotated, Literal

from msgspec import Meta, field

from clockify_sandbox import entities, messages
from clockify_sandbox.answers import Answer
from clockify_sandbox.binding import Body, Query
from clockify_sandbox.bodies import Minor, RateBody, SortOrder, rate_details
from clockify_sandbox.call import Call
from clockify_sandbox.errors import forbidden, invalid, not_in
from clockify_sandbox.kinds import MEMBER, PROJECT, TASK, USER_GROUP
from clockify_sandbox.lists import by_id, by_name, in_order, matches
from clockify_sandbox.paging import KEBAB
from clockify_sandbox.permissions import can_see, manages, require_creator, require_manager, require_tasks
from clockify_sandbox.projects import forget_task, task_shown
from clockify_sandbox.render import project_currency, task_of
from clockify_sandbox.routing import Routes
from clockify_sandbox.shapes.people import RateName
from clockify_sandbox.shapes.work import Project, Task, TaskFields
from clockify_sandbox.values import rate, seconds_of
from clockify_sandbox.webhook_events import WebhookEvent
from clockify_sandbox.world import Entity

routes = Routes(scope="TASK")

_TASKS = "/workspaces/{ws}/projects/{projectId}/tasks"
_ORDER = {"ID": by_id, "NAME": by_name}


class TaskQuery(Query):
    """Filters and order of the list."""

    name: str | None = None
    strict_name_search: bool = False
    is_active: bool | None = None
    sort_column: Literal["ID", "NAME"] | None = None
    sort_order: SortOrder | None = None


class NewTask(Body):
    """A task. An update replaces it with the same fields; a missing `billable` then means false."""

    name: Annotated[str, Meta(min_length=1, max_length=1000)]
    assignee_ids: list[str] = field(default_factory=list)
    user_group_ids: list[str] = field(default_factory=list)
    estimate: str = "PT0S"
    budget_estimate: Minor = 0
    billable: bool | None = None
    status: Literal["ACTIVE", "DONE"] = "ACTIVE"


class AssigneeQuery(Query):
    """Accepted, but without effect."""

    contains_assignee: bool = True
    membership_status: Literal["PENDING", "ACTIVE", "DECLINED", "INACTIVE", "ALL"] | None = None


@routes.get(_TASKS, paging=KEBAB)
def list_tasks(call: Call, query: TaskQuery) -> Answer:
    """The tasks of a project, including done ones unless the query excludes them."""
    project = _project(call)
    require_tasks(call, project)
    found = [
        task
        for task in call.workspace.tasks_of(project["id"])
        if matches(task["name"], query.name, strict=query.strict_name_search)
        and (query.is_active is None or (task["status"] == "ACTIVE") == query.is_active)
    ]
    rows = in_order(found, _ORDER, query.sort_column, query.sort_order, "NAME")
    return call.page(rows, lambda task: task_shown(call, task))


@routes.post(_TASKS, status=201)
def create_task(call: Call, query: AssigneeQuery, body: NewTask) -> Entity:  # noqa: ARG001 - read for its conversion
    """A new task, billable if its project is."""
    project = _project(call)
    if not manages(call, project["id"]):
        require_creator(call, "whoCanCreateTasks")
    return task_of(call.workspace, add_task(call, project, body))


@routes.get(_TASKS + "/{taskId}")
def get_task(call: Call) -> Entity:
    """One task."""
    return task_shown(call, _task(call))


@routes.put(_TASKS + "/{taskId}")
def update_task(call: Call, query: AssigneeQuery, body: NewTask) -> Entity:  # noqa: ARG001 - read for its conversion
    """Replace a task; its rates stay."""
    task = _task(call)
    require_manager(call, task["projectId"])
    _check(call, body)
    return task_of(call.workspace, call.of(TASK).update(task, {**_fields(body), "billable": bool(body.billable)}))


@routes.delete(_TASKS + "/{taskId}")
def delete_task(call: Call) -> Entity:
    """Delete a done task; its time entries and assignments stay on the project."""
    task = _task(call)
    require_manager(call, task["projectId"])
    if task["status"] != "DONE":
        raise invalid(messages.ACTIVE_TASK)
    shown = task_of(call.workspace, task)
    forget_task(call, task)
    return shown


@routes.put(_TASKS + "/{taskId}/hourly-rate", feature="TASK_RATES")
def set_hourly_rate(call: Call, body: RateBody) -> Entity:
    """Set the hourly billable rate of a task."""
    return _set_rate(call, "hourlyRate", body, "BILLABLE_RATE_UPDATED")


@routes.put(_TASKS + "/{taskId}/cost-rate", feature="LABOR_COST")
def set_cost_rate(call: Call, body: RateBody) -> Entity:
    """Set the hourly cost rate of a task."""
    return _set_rate(call, "costRate", body, "COST_RATE_UPDATED")


def add_task(call: Call, project: Project, body: NewTask) -> Task:
    """Store a new task of a project."""
    _check(call, body)
    billable = project["billable"] if body.billable is None else body.billable
    fields: TaskFields = {**_fields(body), "billable": billable}
    return call.insert(TASK, entities.task(call.new_id(), project["id"], **fields))


def _fields(body: NewTask) -> TaskFields:
    return {
        "name": body.name,
        "assigneeIds": body.assignee_ids,
        "userGroupIds": body.user_group_ids,
        "estimate": body.estimate,
        "budgetEstimate": body.budget_estimate,
        "status": body.status,
    }


def _check(call: Call, body: NewTask) -> None:
    call.require_all(MEMBER, body.assignee_ids)
    call.require_all(USER_GROUP, body.user_group_ids)
    seconds_of(body.estimate)


def _project(call: Call) -> Project:
    project = call.named(PROJECT, "projectId")
    if not can_see(call, project):
        raise forbidden()
    return project


def _task(call: Call) -> Task:
    project, task = _project(call), call.workspace.tasks.get(call.path["taskId"])
    if task is None or task["projectId"] != project["id"]:
        raise not_in(TASK.noun, PROJECT.noun)
    return task


def _set_rate(call: Call, name: RateName, body: RateBody, event: WebhookEvent) -> Entity:
    task = _task(call)
    require_manager(call, task["projectId"])
    currency = project_currency(call.workspace, call.workspace.projects[task["projectId"]])
    amount = rate(body.amount, currency)
    changes: TaskFields = {"hourlyRate": amount} if name == "hourlyRate" else {"costRate": amount}
    details = rate_details("TASK", {**task_of(call.workspace, task), **changes}, currency, body)
    return task_of(call.workspace, call.of(TASK).update(task, changes, event=event, details=details))
