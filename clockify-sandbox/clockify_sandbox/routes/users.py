"""Members of a workspace: lists, invitations, status, rates, roles and managers."""

from collections.abc import Callable, Iterable
from typing import Annotated, Any, Literal

from msgspec import Meta, field

from clockify_sandbox import messages
from clockify_sandbox.accounts import IdsOf, Memberships, UserShow, managers_of, workspace_membership, workspace_of
from clockify_sandbox.answers import Answer
from clockify_sandbox.binding import Body, Query
from clockify_sandbox.bodies import CustomFieldValue, Day, Minor, RateBody, SortOrder, rate_details
from clockify_sandbox.call import Call
from clockify_sandbox.errors import not_in, not_on_plan
from clockify_sandbox.fields import overlaid
from clockify_sandbox.kinds import MEMBER, PROJECT, USER_GROUP
from clockify_sandbox.lists import in_order, matches
from clockify_sandbox.paging import BODY, KEBAB, BodyPage
from clockify_sandbox.permissions import require_users_list, visible_members
from clockify_sandbox.routing import Routes
from clockify_sandbox.shapes.people import Member, MemberFields, RateName, Role
from clockify_sandbox.values import rate
from clockify_sandbox.webhook_events import WebhookEvent
from clockify_sandbox.workspaces import Account, Terms, add_account, add_member, adjust
from clockify_sandbox.world import Entity

routes = Routes(scope="USER")

AccountStatus = Literal[
    "ACTIVE", "PENDING_EMAIL_VERIFICATION", "DELETED", "NOT_REGISTERED", "LIMITED", "LIMITED_DELETED"
]
MemberStatus = Literal["PENDING", "ACTIVE", "DECLINED", "INACTIVE", "ALL"]
Column = Literal["ID", "EMAIL", "NAME", "NAME_LOWERCASE", "ACCESS", "HOURLYRATE", "COSTRATE"]
RoleName = Literal["WORKSPACE_ADMIN", "OWNER", "TEAM_MANAGER", "PROJECT_MANAGER"]

_FORMER = {"DELETED", "LIMITED_DELETED"}
_SHOWN_BY_DEFAULT = ("ACTIVE", "PENDING_EMAIL_VERIFICATION", "NOT_REGISTERED")


class UsersQuery(Query):
    """Filters and order of the list."""

    email: str | None = None
    project_id: str | None = None
    status: MemberStatus | None = None
    account_statuses: list[AccountStatus] | None = None
    name: str | None = None
    sort_column: Column | None = None
    sort_order: SortOrder | None = None
    memberships: Memberships = "NONE"
    include_roles: bool = False


class UsersBody(BodyPage):
    """The same as a body."""

    email: str | None = None
    project_id: str | None = None
    status: MemberStatus | None = None
    account_statuses: list[AccountStatus] | None = None
    name: str | None = None
    sort_column: Column | None = None
    sort_order: SortOrder | None = None
    memberships: Memberships = "NONE"
    include_roles: bool = False
    roles: list[RoleName] | None = None
    user_groups: list[str] | None = None


class SortQuery(Query):
    """Order of managers."""

    sort_column: Column | None = None
    sort_order: SortOrder | None = None


class Invitation(Body):
    """The person to invite."""

    email: Annotated[str, Meta(min_length=1)]


class LimitedUser(Body):
    """A member without their own account."""

    name: Annotated[str, Meta(min_length=1)]
    hourly_rate: Minor | None = None
    cost_rate: Minor | None = None
    user_custom_fields: list[CustomFieldValue] = field(default_factory=list)
    user_groups: list[str] = field(default_factory=list)
    week_start: Day | None = None
    work_capacity: str | None = None
    working_days: list[Day] | None = None


class LimitedUsers(Body):
    """Members without accounts."""

    users: Annotated[list[LimitedUser], Meta(min_length=1)]


class StatusBody(Body):
    """The new membership status."""

    status: Literal["ACTIVE", "INACTIVE"]


class RoleBody(Body):
    """A role, and the objects that it covers."""

    role: Literal["WORKSPACE_ADMIN", "TEAM_MANAGER", "PROJECT_MANAGER"]
    entity_id: Annotated[str, Meta(min_length=1)]
    source_type: Literal["USER_GROUP"] | None = None


@routes.get("/workspaces/{ws}/users", paging=KEBAB)
def list_users(call: Call, query: UsersQuery) -> Answer:
    """Members; those without their own account only if `account-statuses` requests them."""
    require_users_list(call)
    rows = _sorted(call, _found(call, query), query.sort_column, query.sort_order)
    return call.page(rows, UserShow(call.world, call.workspace, query.memberships, roles=query.include_roles))


@routes.post("/workspaces/{ws}/users/info", paging=BODY, reads=True)
def find_users(call: Call, body: UsersBody) -> Answer:
    """Members by the filters of the body."""
    members, groups = call.workspace.members, call.workspace.user_groups
    found: Iterable[str] = _found(call, body)
    if body.roles:
        found = [one for one in found if {role["role"] for role in members[one]["roles"]} & set(body.roles)]
    if body.user_groups:
        chosen = {user for group in body.user_groups if group in groups for user in groups[group]["userIds"]}
        found = [one for one in found if one in chosen]
    rows = _sorted(call, found, body.sort_column, body.sort_order)
    return call.page(rows, UserShow(call.world, call.workspace, body.memberships, roles=body.include_roles))


@routes.post("/workspaces/{ws}/users", role="ADMIN")
def invite_user(call: Call, body: Invitation) -> Entity:
    """Invite a person by e-mail, and return the workspace. For an existing member, nothing changes.

    Requires a paid plan.
    """
    if call.workspace.record["featureSubscriptionType"] is None:
        raise not_on_plan(call.options.plan_refusal)
    users = call.world.users
    user_id = next((user_id for user_id, user in users.items() if user["email"].lower() == body.email.lower()), None)
    if user_id in call.workspace.members:
        return workspace_of(call.workspace)
    if user_id is None:
        account = Account(body.email, None, status="NOT_REGISTERED", created=call.now, with_settings=False)
        user_id = add_account(call.world, IdsOf(call), call.workspace.id, account)
    member = add_member(call.workspace, users[user_id], Terms(status="PENDING"))
    details = {"emails": [body.email]}
    call.recorder.change(
        MEMBER, "created", {"id": user_id, **member}, event="USERS_INVITED_TO_WORKSPACE", details=details
    )
    return workspace_of(call.workspace)


@routes.post("/workspaces/{ws}/limited-users", role="ADMIN", feature="LIMITED_USERS")
def add_limited_users(call: Call, body: LimitedUsers) -> Entity:
    """Add members without accounts."""
    workspace = call.workspace
    for new in body.users:
        call.require_all(USER_GROUP, new.user_groups)
    for new in body.users:
        account = Account("", new.name, status="LIMITED", created=call.now, with_settings=False)
        user_id = add_account(call.world, IdsOf(call), workspace.id, account)
        values = {value.custom_field_id: value.value for value in new.user_custom_fields}
        terms = Terms(new.hourly_rate, new.cost_rate, custom_fields=values)
        member = add_member(workspace, call.world.users[user_id], terms)
        adjust(member["profile"], new.week_start, new.work_capacity, new.working_days)
        for group_id in new.user_groups:
            workspace.user_groups[group_id]["userIds"].append(user_id)
        call.recorder.change(MEMBER, "created", {"id": user_id, **member})
    names = [new.name for new in body.users]
    call.recorder.event("LIMITED_USERS_ADDED_TO_WORKSPACE", {"id": workspace.id}, {"names": names})
    return workspace_of(workspace)


@routes.put("/workspaces/{ws}/users/{userId}", role="ADMIN")
def set_status(call: Call, body: StatusBody) -> Entity:
    """Activate or deactivate a member."""
    active = body.status == "ACTIVE"
    event: WebhookEvent = "USER_ACTIVATED_ON_WORKSPACE" if active else "USER_DEACTIVATED_ON_WORKSPACE"
    return _set(call, {"membershipStatus": body.status}, event)


@routes.put("/workspaces/{ws}/users/{userId}/hourly-rate", role="ADMIN")
def set_hourly_rate(call: Call, body: RateBody) -> Entity:
    """Set the hourly billable rate of a member."""
    return _set_rate(call, "hourlyRate", body, "BILLABLE_RATE_UPDATED")


@routes.put("/workspaces/{ws}/users/{userId}/cost-rate", role="ADMIN", feature="LABOR_COST")
def set_cost_rate(call: Call, body: RateBody) -> Entity:
    """Set the hourly cost rate of a member."""
    return _set_rate(call, "costRate", body, "COST_RATE_UPDATED")


@routes.get("/workspaces/{ws}/users/{userId}/managers", paging=KEBAB, role="SELF", feature="MANAGER_ROLE")
def list_managers(call: Call, query: SortQuery) -> Answer:
    """The managers of a member."""
    call.named(MEMBER, "userId")
    rows = _sorted(call, managers_of(call.workspace, call.path["userId"]), query.sort_column, query.sort_order)
    return call.page(rows, UserShow(call.world, call.workspace))


@routes.post("/workspaces/{ws}/users/{userId}/roles", status=201, role="ADMIN")
def give_role(call: Call, body: RoleBody) -> list[Entity]:
    """Give a role for the workspace, a project, a user or a group."""
    member, row = _role(call, body)
    if row not in member["roles"]:
        member["roles"].append(row)
        call.recorder.change(MEMBER, "updated", {"id": call.path["userId"], **member})
    return [{"role": body.role, "userId": call.path["userId"], "workspaceId": call.workspace.id}]


@routes.delete("/workspaces/{ws}/users/{userId}/roles", status=204, role="ADMIN")
def take_role(call: Call, body: RoleBody) -> None:
    """Remove the role in the body. Nothing happens if the member does not have it."""
    member, row = _role(call, body)
    if row not in member["roles"]:
        return
    member["roles"].remove(row)
    managed = call.workspace.members.get(body.entity_id)
    if body.role == "TEAM_MANAGER" and managed and call.path["userId"] in managed["managers"]:
        managed["managers"].remove(call.path["userId"])
    call.recorder.change(MEMBER, "updated", {"id": call.path["userId"], **member})


def _found(call: Call, wish: UsersQuery | UsersBody) -> list[str]:
    members, users = call.workspace.members, call.world.users
    accounts = set(wish.account_statuses or _SHOWN_BY_DEFAULT)
    if call.options.former_members == "hidden":
        accounts -= _FORMER
    chosen: Iterable[str] = members
    if wish.project_id:
        project = call.find(PROJECT, wish.project_id)
        inside = {membership["userId"] for membership in project["memberships"]}
        chosen = [user_id for user_id in members if user_id in inside]
    visible = visible_members(call)
    return [
        user_id
        for user_id in chosen
        if visible(user_id)
        and users[user_id]["status"] in accounts
        and wish.status in (None, "ALL", members[user_id]["membershipStatus"])
        and matches(users[user_id]["email"], wish.email)
        and matches(users[user_id]["name"], wish.name)
    ]


def _sorted(call: Call, user_ids: Iterable[str], column: str | None, order: str | None) -> list[str]:
    users, members = call.world.users, call.workspace.members

    def amount(user_id: str, name: RateName) -> int:
        found = members[user_id][name]
        return found["amount"] if found else 0

    keys: dict[str, Callable[[str], Any]] = {
        "ID": lambda user_id: user_id,
        "EMAIL": lambda user_id: (users[user_id]["email"], user_id),
        "NAME": lambda user_id: (users[user_id]["name"] or "", user_id),
        "NAME_LOWERCASE": lambda user_id: ((users[user_id]["name"] or "").lower(), user_id),
        "ACCESS": lambda user_id: (sorted(role["role"] for role in members[user_id]["roles"]), user_id),
        "HOURLYRATE": lambda user_id: (amount(user_id, "hourlyRate"), user_id),
        "COSTRATE": lambda user_id: (amount(user_id, "costRate"), user_id),
    }
    return in_order(user_ids, keys, column, order, "EMAIL")


def _set_rate(call: Call, name: RateName, body: RateBody, event: WebhookEvent) -> Entity:
    call.named(MEMBER, "userId")
    amount = rate(body.amount, call.currency)
    membership = {**workspace_membership(call.workspace, call.path["userId"]), name: amount}
    changes: MemberFields = {"hourlyRate": amount} if name == "hourlyRate" else {"costRate": amount}
    return _set(call, changes, event, rate_details("WORKSPACE_MEMBER", membership, call.currency, body))


def _set(call: Call, changes: MemberFields, event: WebhookEvent, details: Entity | None = None) -> Entity:
    member, user_id = call.named(MEMBER, "userId"), call.path["userId"]
    before = {"id": user_id, **member}
    overlaid(member, changes)
    after = {"id": user_id, **member}
    call.recorder.change(MEMBER, "updated", after, before=before, event=event, details=details)
    return workspace_of(call.workspace)


def _role(call: Call, body: RoleBody) -> tuple[Member, Role]:
    member, workspace = call.named(MEMBER, "userId"), call.workspace
    if body.role == "WORKSPACE_ADMIN" and body.entity_id != workspace.id:
        raise not_in(messages.ENTITY)
    if body.role != "WORKSPACE_ADMIN" and "MANAGER_ROLE" not in workspace.record["features"]:
        raise not_on_plan(call.options.plan_refusal)
    if body.role == "PROJECT_MANAGER":
        call.find(PROJECT, body.entity_id)
    elif body.role == "TEAM_MANAGER":
        call.require_all(USER_GROUP if body.source_type else MEMBER, [body.entity_id])
    return member, {"role": body.role, "entityId": body.entity_id, "sourceType": body.source_type}
