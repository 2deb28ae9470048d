"""Projects: lists, creation, change and deletion. Parts of a project are in `project_parts`."""

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from msgspec import UNSET, Meta, UnsetType, field

from clockify_sandbox import entities, messages
from clockify_sandbox.answers import Answer
from clockify_sandbox.binding import Body, Query
from clockify_sandbox.bodies import Color, RateBody, SortOrder
from clockify_sandbox.call import Call
from clockify_sandbox.errors import forbidden, invalid
from clockify_sandbox.kinds import CLIENT, MEMBER, PROJECT
from clockify_sandbox.lists import by_id, by_name, in_order, is_or_any, matches
from clockify_sandbox.naming import label_of
from clockify_sandbox.paging import KEBAB
from clockify_sandbox.permissions import can_see, require_creator, require_manager
from clockify_sandbox.projects import ProjectShow, copy_of, forget_project, new_color, require_free_project_name
from clockify_sandbox.render import currency_code, project_currency, project_of
from clockify_sandbox.routes.tasks import NewTask, add_task
from clockify_sandbox.routing import Routes
from clockify_sandbox.shapes.work import Estimate, Project, ProjectFields
from clockify_sandbox.values import rate, seconds_of
from clockify_sandbox.world import Entity

if TYPE_CHECKING:
    from collections.abc import Callable

routes = Routes(scope="PROJECT")

Name = Annotated[str, Meta(min_length=2, max_length=250)]
Note = Annotated[str, Meta(max_length=16384)]
_Value = TypeVar("_Value")
ActiveOrArchived = Literal["ACTIVE", "ARCHIVED", "ALL"]


class ProjectQuery(Query):
    """Filters and order of the list."""

    name: str | None = None
    strict_name_search: bool = False
    archived: bool | None = None
    billable: bool | None = None
    clients: list[str] = field(default_factory=list)
    contains_client: bool = True
    client_status: ActiveOrArchived | None = None
    users: list[str] = field(default_factory=list)
    contains_user: bool = True
    user_status: Literal["PENDING", "ACTIVE", "DECLINED", "INACTIVE", "ALL"] | None = None
    is_template: bool | None = None
    access: Literal["PUBLIC", "PRIVATE"] | None = None
    hydrated: bool = False
    user_groups: list[str] = field(name="userGroups", default_factory=list)
    contains_group: bool = True
    sort_column: Literal["ID", "NAME", "CLIENT_NAME", "DURATION", "BUDGET", "PROGRESS"] | None = None
    sort_order: SortOrder | None = None


class HydratedQuery(Query):
    """Whether a single project comes with client, tasks and custom fields."""

    hydrated: bool = False


class EstimateBody(Body):
    """An estimate of time on creation."""

    estimate: str = "PT0S"
    type: Literal["AUTO", "MANUAL"] = "AUTO"


class MembershipBody(Body):
    """A member on creation."""

    user_id: str
    hourly_rate: RateBody | None = None
    membership_status: Literal["PENDING", "ACTIVE", "DECLINED", "INACTIVE", "ALL"] = "ACTIVE"
    membership_type: Literal["WORKSPACE", "PROJECT", "USERGROUP"] = "PROJECT"


class NewProject(Body):
    """The body of a create."""

    name: Name
    client_id: str = ""
    color: Color | None = None
    note: Note = ""
    billable: bool | None = None
    is_public: bool | None = None
    hourly_rate: RateBody | None = None
    cost_rate: RateBody | None = None
    estimate: EstimateBody = field(default_factory=EstimateBody)
    memberships: list[MembershipBody] = field(default_factory=list)
    tasks: list[NewTask] = field(default_factory=list)


class ProjectChange(Body):
    """The body of an update. Missing fields keep their value, except that `billable` and `isPublic` become false."""

    name: Name | UnsetType = UNSET
    client_id: str | UnsetType = UNSET
    color: Color | UnsetType = UNSET
    note: Note | UnsetType = UNSET
    archived: bool | UnsetType = UNSET
    billable: bool = False
    is_public: bool = False
    hourly_rate: RateBody | None = None
    cost_rate: RateBody | None = None


class FromTemplate(Body):
    """A new project from a template."""

    name: Name
    template_project_id: Annotated[str, Meta(min_length=1)]
    client_id: str = ""
    color: Color | None = None
    is_public: bool = False


@routes.get("/workspaces/{ws}/projects", paging=KEBAB)
def list_projects(call: Call, query: ProjectQuery) -> Answer:
    """The projects that the caller may see, including archived ones unless the query excludes them."""
    workspace = call.workspace
    found = [row for row in workspace.projects.values() if can_see(call, row) and _wanted(call, row, query)]
    keys: dict[str, Callable[[Project], Any]] = {
        "ID": by_id,
        "NAME": by_name,
        "CLIENT_NAME": lambda row: (label_of(workspace.clients, row["clientId"]).lower(), row["id"]),
        "DURATION": lambda row: (workspace.time_entries.tracked(row["id"]), row["id"]),
        "BUDGET": lambda row: (row["budgetEstimate"]["estimate"] if row["budgetEstimate"] else 0, row["id"]),
        "PROGRESS": lambda row: (_progress(call, row), row["id"]),
    }
    rows = in_order(found, keys, query.sort_column, query.sort_order, "NAME")
    return call.page(rows, ProjectShow(call, hydrated=query.hydrated))


@routes.post("/workspaces/{ws}/projects", status=201)
def create_project(call: Call, body: NewProject) -> Entity:
    """A new project; its creator is its first member."""
    require_creator(call, "whoCanCreateProjectsAndClients")
    workspace, settings = call.workspace, call.workspace.record["workspaceSettings"]
    client = call.find(CLIENT, body.client_id) if body.client_id else None
    require_free_project_name(call, body.name, body.client_id)
    call.require_all(MEMBER, (row.user_id for row in body.memberships))
    estimate = _valid(body.estimate)
    project_id = call.new_id()
    currency = currency_code(workspace, client["currencyId"] if client else None)
    members = {call.user_id: entities.membership(project_id, call.user_id)}
    for row in body.memberships:
        amount = rate(row.hourly_rate.amount, currency) if row.hourly_rate else None
        members[row.user_id] = entities.membership(project_id, row.user_id, hourlyRate=amount)
    project = entities.project(
        project_id,
        workspace.id,
        name=body.name,
        clientId=body.client_id,
        hourlyRate=rate(body.hourly_rate.amount if body.hourly_rate else 0, currency),
        costRate=rate(body.cost_rate.amount, currency) if body.cost_rate else None,
        billable=settings["defaultBillableProjects"] if body.billable is None else body.billable,
        public=settings["isProjectPublicByDefault"] if body.is_public is None else body.is_public,
        color=body.color or new_color(workspace),
        note=body.note,
        memberships=list(members.values()),
        estimate=estimate,
        timeEstimate=entities.time_estimate(
            estimate["estimate"], type=estimate["type"], active=estimate["type"] == "MANUAL"
        ),
    )
    call.insert(PROJECT, project, event="NONE")
    for task in body.tasks:
        add_task(call, project, task)
    call.recorder.event("NEW_PROJECT", project)  # with its tasks
    return project_of(workspace, project)


@routes.post("/workspaces/{ws}/projects/from-template", feature="PROJECT_TEMPLATES")
def create_from_template(call: Call, body: FromTemplate) -> Entity:
    """A new project with the tasks, members, estimates and settings of a template."""
    require_creator(call, "whoCanCreateProjectsAndClients")
    template = call.find(PROJECT, body.template_project_id)
    if body.client_id:
        call.find(CLIENT, body.client_id)
    require_free_project_name(call, body.name, body.client_id)
    changes: ProjectFields = {
        "name": body.name,
        "clientId": body.client_id,
        "public": body.is_public,
        "color": body.color or template["color"],
    }
    return project_of(call.workspace, copy_of(call, template, changes))


@routes.get("/workspaces/{ws}/projects/{projectId}")
def get_project(call: Call, query: HydratedQuery) -> Entity:
    """One project."""
    project = call.named(PROJECT, "projectId")
    if not can_see(call, project):
        raise forbidden()
    return ProjectShow(call, hydrated=query.hydrated)(project)


@routes.put("/workspaces/{ws}/projects/{projectId}")
def update_project(call: Call, body: ProjectChange) -> Entity:
    """Change a project. An empty `clientId` detaches the client."""
    project = call.named(PROJECT, "projectId")
    require_manager(call, project["id"])
    changes: ProjectFields = {
        "name": _said(body.name, project["name"]),
        "clientId": _said(body.client_id, project["clientId"]),
        "color": _said(body.color, project["color"]),
        "note": _said(body.note, project["note"]),
        "archived": _said(body.archived, project["archived"]),
        "billable": body.billable,
        "public": body.is_public,
    }
    after: Project = {**project, **changes}
    if after["clientId"]:
        call.find(CLIENT, after["clientId"])
    require_free_project_name(call, after["name"], after["clientId"], project["id"])
    currency = project_currency(call.workspace, after)
    if body.hourly_rate:
        changes["hourlyRate"] = rate(body.hourly_rate.amount, currency)
    if body.cost_rate:
        changes["costRate"] = rate(body.cost_rate.amount, currency)
    return project_of(call.workspace, call.of(PROJECT).update(project, changes))


@routes.delete("/workspaces/{ws}/projects/{projectId}")
def delete_project(call: Call) -> Entity:
    """Delete an archived project with its tasks; its time entries lose it."""
    project = call.named(PROJECT, "projectId")
    require_manager(call, project["id"])
    if not project["archived"]:
        raise invalid(messages.ACTIVE_PROJECT)
    shown = project_of(call.workspace, project)
    forget_project(call, project)
    return shown


def _said(value: _Value | UnsetType, otherwise: _Value) -> _Value:
    return otherwise if value is UNSET else value


def _wanted(call: Call, project: Project, query: ProjectQuery) -> bool:
    client = call.workspace.clients.get(project["clientId"])
    if query.client_status in ("ACTIVE", "ARCHIVED") and (
        client is None or client["archived"] != (query.client_status == "ARCHIVED")
    ):
        return False
    members = [row for row in project["memberships"] if row["membershipType"] == "PROJECT"]
    if query.user_status not in (None, "ALL"):
        members = [row for row in members if row["membershipStatus"] == query.user_status]
    groups = {row["targetId"] for row in project["memberships"] if row["membershipType"] == "USERGROUP"}
    return (
        matches(project["name"], query.name, strict=query.strict_name_search)
        and is_or_any(project["archived"], query.archived)
        and is_or_any(project["billable"], query.billable)
        and is_or_any(project["template"], query.is_template)
        and (query.access is None or project["public"] == (query.access == "PUBLIC"))
        and (not query.clients or (project["clientId"] in query.clients) == query.contains_client)
        and (not query.users or any(row["userId"] in query.users for row in members) == query.contains_user)
        and (not query.user_groups or (not groups.isdisjoint(query.user_groups)) == query.contains_group)
    )


def _progress(call: Call, project: Project) -> float:
    planned = seconds_of(project["timeEstimate"]["estimate"])
    return call.workspace.time_entries.tracked(project["id"]) / planned if planned else 0.0


def _valid(estimate: EstimateBody) -> Estimate:
    seconds_of(estimate.estimate)
    return {"estimate": estimate.estimate, "type": estimate.type}
