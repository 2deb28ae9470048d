"""Time-off policies. A policy must be archived before it is deleted; its requests and balances are deleted with it."""

from typing import Annotated, Any, Literal

from msgspec import Meta, field, to_builtins

from clockify_sandbox import messages
from clockify_sandbox.absence import AutomaticEntries, audience, automatic_entries
from clockify_sandbox.allowances import limits
from clockify_sandbox.answers import Answer
from clockify_sandbox.binding import Body, Query
from clockify_sandbox.bodies import Color
from clockify_sandbox.call import Call
from clockify_sandbox.entities import policy as new_policy
from clockify_sandbox.errors import invalid, not_in
from clockify_sandbox.fields import overlaid
from clockify_sandbox.kinds import BALANCE, BALANCE_ASSIGNMENT, MEMBER, POLICY, TIME_OFF_REQUEST, Kind
from clockify_sandbox.lists import matches
from clockify_sandbox.paging import TIME_OFF
from clockify_sandbox.people import NewPick, Pick
from clockify_sandbox.routing import Routes
from clockify_sandbox.shapes.absence import Accrual, Debt, Policy, PolicyFields
from clockify_sandbox.world import Entity

routes = Routes(scope="TIME_OFF", feature="TIME_OFF")

_Amount = Annotated[float, Meta(ge=0)]
_Unit = Literal["DAYS", "HOURS"]
_Period = Literal["MONTH", "YEAR"]
_Icon = Literal[
    "UMBRELLA",
    "SNOWFLAKE",
    "FAMILY",
    "PLANE",
    "STETHOSCOPE",
    "HEALTH_METRICS",
    "CHILDCARE",
    "LUGGAGE",
    "MONETIZATION",
    "CALENDAR",
]


class PolicyQuery(Query):
    """Filters of the list. Any text is accepted as sort order; there is only one order."""

    name: str | None = None
    status: Literal["ACTIVE", "ARCHIVED", "ALL"] = "ACTIVE"


class Approve(Body):
    """Who approves requests."""

    requires_approval: bool = False
    specific_members: bool = False
    team_managers: bool = False
    user_ids: list[str] = field(default_factory=list)


class AccrualBody(Body):
    """How balances grow automatically."""

    amount: _Amount
    period: _Period = "YEAR"
    time_unit: _Unit | None = None


class DebtBody(Body):
    """How far balances may fall below zero."""

    amount: _Amount
    period: _Period = "YEAR"
    should_reset: bool = False
    time_unit: _Unit | None = None


class PolicyBody(Body):
    """The common fields of both writes."""

    name: Annotated[str, Meta(min_length=2, max_length=100)]
    approve: Approve
    allow_half_day: bool = False
    allow_negative_balance: bool = False
    archived: bool = False
    everyone_including_new: bool = False
    has_expiration: bool = False
    users: Pick | None = None
    user_groups: Pick | None = None
    automatic_accrual: AccrualBody | None = None
    negative_balance: DebtBody | None = None
    automatic_time_entry_creation: AutomaticEntries | None = None
    color: Color | None = None
    icon: _Icon | None = None


class NewPolicy(PolicyBody):
    """The body of a create."""

    users: NewPick | None = None
    user_groups: NewPick | None = None
    time_unit: _Unit = "DAYS"


class PolicyChange(PolicyBody):
    """The body of an update: a full replacement, with required fields that cannot all be read."""

    allow_half_day: bool
    allow_negative_balance: bool
    archived: bool
    everyone_including_new: bool
    has_expiration: bool
    users: Pick
    user_groups: Pick


class PolicyStatus(Body):
    """Archive or restore."""

    status: Literal["ACTIVE", "ARCHIVED", "ALL"]


@routes.get("/workspaces/{ws}/time-off/policies", paging=TIME_OFF)
def list_policies(call: Call, query: PolicyQuery) -> Answer:
    """Policies, only active ones unless the query asks for others."""
    wanted = {"ACTIVE": {False}, "ARCHIVED": {True}, "ALL": {False, True}}[query.status]
    policies = call.workspace.time_off_policies.values()
    return call.page(
        [policy for policy in policies if policy["archived"] in wanted and matches(policy["name"], query.name)], _shown
    )


@routes.post("/workspaces/{ws}/time-off/policies", status=201, role="ADMIN")
def create_policy(call: Call, body: NewPolicy) -> Entity:
    """Create a policy, which must apply to somebody."""
    policy = new_policy(call.new_id(), call.workspace.id, body.name, timeUnit=body.time_unit)
    return _shown(call.insert(POLICY, overlaid(policy, _values(call, body, policy))))


@routes.get("/workspaces/{ws}/time-off/policies/{policyId}")
def get_policy(call: Call) -> Entity:
    """One active policy; archived ones are only in the list."""
    policy = call.named(POLICY, "policyId")
    if policy["archived"]:
        raise not_in(POLICY.noun)
    return _shown(policy)


@routes.put("/workspaces/{ws}/time-off/policies/{policyId}", role="ADMIN")
def update_policy(call: Call, body: PolicyChange) -> Entity:
    """Replace a policy, except its unit; its balances follow the new limits."""
    policy = call.named(POLICY, "policyId")
    call.of(POLICY).update(policy, _values(call, body, policy))
    for balance in call.workspace.balances.values():
        if balance["policyId"] == policy["id"]:
            overlaid(balance, limits(policy))
    return _shown(policy)


@routes.patch("/workspaces/{ws}/time-off/policies/{policyId}", role="ADMIN")
def change_policy_status(call: Call, body: PolicyStatus) -> Entity:
    """Archive or restore a policy."""
    policy = call.named(POLICY, "policyId")
    if body.status == "ALL":
        raise invalid(messages.STATUS_INVALID, 400)
    return _shown(call.of(POLICY).update(policy, {"archived": body.status == "ARCHIVED"}))


@routes.delete("/workspaces/{ws}/time-off/policies/{policyId}", role="ADMIN")
def delete_policy(call: Call) -> None:
    """Delete an archived policy with its requests and balances."""
    policy = call.named(POLICY, "policyId")
    if not policy["archived"]:
        raise invalid(messages.POLICY_NOT_ARCHIVED, 400)
    kinds: tuple[Kind[Any, Any], ...] = (TIME_OFF_REQUEST, BALANCE_ASSIGNMENT, BALANCE)
    for kind in kinds:
        for entity in [row for row in call.table(kind).values() if row["policyId"] == policy["id"]]:
            call.remove(kind, entity)
    call.remove(POLICY, policy)


def _values(call: Call, body: PolicyBody, policy: Policy) -> PolicyFields:
    call.require_all(MEMBER, body.approve.user_ids)
    creation, whom = automatic_entries(call, body.automatic_time_entry_creation), audience(call, body)
    return {
        "name": body.name,
        "archived": body.archived,
        "everyoneIncludingNew": whom["everyoneIncludingNew"],
        "userIds": whom["userIds"],
        "userGroupIds": whom["userGroupIds"],
        "allowHalfDay": body.allow_half_day,
        "allowNegativeBalance": body.allow_negative_balance,
        "approve": to_builtins(body.approve),
        "automaticAccrual": _accrual(body.automatic_accrual, policy["timeUnit"]),
        "negativeBalance": _debt(body.negative_balance, policy["timeUnit"]),
        "automaticTimeEntryCreation": creation,
        "projectId": creation and creation["defaultEntities"]["projectId"],
        "color": body.color,
        "icon": body.icon,
        "hasExpiration": body.has_expiration,
    }


def _accrual(wanted: AccrualBody | None, unit: str) -> Accrual | None:
    if wanted is None:
        return None
    return {"amount": wanted.amount, "period": wanted.period, "timeUnit": wanted.time_unit or unit}


def _debt(wanted: DebtBody | None, unit: str) -> Debt | None:
    if wanted is None:
        return None
    return {
        "amount": wanted.amount,
        "period": wanted.period,
        "shouldReset": wanted.should_reset,
        "timeUnit": wanted.time_unit or unit,
    }


def _shown(policy: Policy) -> Entity:
    return {name: value for name, value in policy.items() if name != "hasExpiration"}
