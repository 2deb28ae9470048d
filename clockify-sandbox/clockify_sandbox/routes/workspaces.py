"""Workspaces, the account behind the key, and pictures."""

from typing import Annotated

from msgspec import Meta

from clockify_sandbox import messages
from clockify_sandbox.accounts import IdsOf, UserShow, workspace_of
from clockify_sandbox.binding import Body, Query
from clockify_sandbox.bodies import RateBody, rate_details
from clockify_sandbox.call import Call
from clockify_sandbox.errors import invalid
from clockify_sandbox.fields import picked
from clockify_sandbox.routing import Routes
from clockify_sandbox.shapes.people import RateName
from clockify_sandbox.webhook_events import WebhookEvent
from clockify_sandbox.workspaces import Terms, add_member, add_workspace
from clockify_sandbox.world import Entity, Workspace

routes = Routes()


class UserQuery(Query):
    """Whether the account contains its memberships."""

    include_memberships: bool = False


class WorkspaceQuery(Query):
    """Limits the list to workspaces in which the caller has one of the roles."""

    roles: list[str] | None = None


class NewWorkspace(Body):
    """A new workspace."""

    name: Annotated[str, Meta(min_length=1, max_length=50)]
    organization_id: str | None = None


class BillableRate(RateBody):
    """The billable rate of a workspace."""

    currency: Annotated[str, Meta(min_length=1, max_length=100)] = "USD"


class ImageForm(Query):
    """The text fields of a picture upload: none."""


@routes.get("/user", scope="USER")
def current_user(call: Call, query: UserQuery) -> Entity:
    """The account behind the key."""
    workspaces = _own(call)
    if not workspaces:
        return {**call.user, "memberships": [], "customFields": [], "roles": []}
    active = next((one for one in workspaces if one.id == call.user["activeWorkspace"]), workspaces[0])
    shown = UserShow(call.world, active, roles=True)(call.user_id)
    if query.include_memberships:
        shows = [UserShow(call.world, workspace, "ALL") for workspace in workspaces]
        shown["memberships"] = [row for show in shows for row in show(call.user_id)["memberships"]]
    return shown


@routes.get("/workspaces")
def list_workspaces(call: Call, query: WorkspaceQuery) -> list[Entity]:
    """The workspaces of the caller."""
    return [
        workspace_of(workspace)
        for workspace in _own(call)
        if not query.roles or {role["role"] for role in workspace.members[call.user_id]["roles"]} & set(query.roles)
    ]


@routes.post("/workspaces", status=201)
def create_workspace(call: Call, body: NewWorkspace) -> Entity:
    """A new workspace of the caller, on the plan of the active one."""
    plan = call.world.workspaces[call.user["activeWorkspace"]].plan
    workspace = add_workspace(call.world, IdsOf(call), body.name, plan, created=call.now)
    if body.organization_id:
        workspace.record["cakeOrganizationId"] = body.organization_id
    add_member(workspace, call.user, Terms(), "OWNER")
    return workspace_of(workspace)


@routes.get("/workspaces/{ws}", scope="WORKSPACE")
def get_workspace(call: Call) -> Entity:
    """One workspace."""
    return workspace_of(call.workspace)


@routes.put("/workspaces/{ws}/hourly-rate", scope="WORKSPACE", role="ADMIN")
def set_hourly_rate(call: Call, body: BillableRate) -> Entity:
    """Set the default hourly billable rate."""
    return _set_rate(call, "hourlyRate", body, body.currency, "BILLABLE_RATE_UPDATED")


@routes.put("/workspaces/{ws}/cost-rate", scope="WORKSPACE", role="ADMIN", feature="LABOR_COST")
def set_cost_rate(call: Call, body: RateBody) -> Entity:
    """Set the default hourly cost rate."""
    return _set_rate(call, "costRate", body, call.currency, "COST_RATE_UPDATED")


@routes.post("/file/image", scope="USER")
def upload_image(call: Call, form: ImageForm) -> Entity:  # noqa: ARG001 - asking for a form makes the route take multipart
    """Store a picture."""
    if "file" not in call.files:
        raise invalid(messages.NOT_NULL)
    name, _ = call.files["file"]
    return {"name": name, "url": f"https://img.clockify.me/{call.new_id()}-{name}"}


def _set_rate(call: Call, name: RateName, body: RateBody, currency: str, event: WebhookEvent) -> Entity:
    record = call.workspace.record
    record[name] = {"amount": body.amount, "currency": currency}
    changed = picked(record, ("id", "name", "hourlyRate", "costRate"))
    call.recorder.event(event, record, rate_details("WORKSPACE", changed, currency, body))
    return workspace_of(call.workspace)


def _own(call: Call) -> list[Workspace]:
    return [
        workspace
        for workspace in call.world.workspaces.values()
        if (member := workspace.members.get(call.user_id)) and member["membershipStatus"] in ("ACTIVE", "PENDING")
    ]
