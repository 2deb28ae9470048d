"""Parts of a project: estimates, members and their rates, the template flag, values of custom fields."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from msgspec import Meta, field

from clockify_sandbox import entities
from clockify_sandbox.binding import Body, Query
from clockify_sandbox.bodies import Day, Minor, RateBody, rate_details
from clockify_sandbox.call import Call
from clockify_sandbox.errors import not_in, not_on_plan
from clockify_sandbox.kinds import CUSTOM_FIELD, MEMBER, PROJECT, USER_GROUP
from clockify_sandbox.permissions import require_manager
from clockify_sandbox.projects import default_of, workspace_default
from clockify_sandbox.render import project_currency, project_of
from clockify_sandbox.routing import Routes
from clockify_sandbox.selection import Choice
from clockify_sandbox.shapes.people import Rate, RateName
from clockify_sandbox.shapes.work import CustomField, EstimateReset, Membership, Project, ProjectDefault, ProjectFields
from clockify_sandbox.values import rate, seconds_of
from clockify_sandbox.webhook_events import WebhookEvent
from clockify_sandbox.world import Entity

routes = Routes(scope="PROJECT")

_PROJECT = "/workspaces/{ws}/projects/{projectId}"
_Reset = Literal["WEEKLY", "MONTHLY", "YEARLY"]
_Status = Literal["VISIBLE", "INVISIBLE", "INACTIVE"]
_Month = Literal[
    "JANUARY", "FEBRUARY", "MARCH", "APRIL", "MAY", "JUNE",
    "JULY", "AUGUST", "SEPTEMBER", "OCTOBER", "NOVEMBER", "DECEMBER",
]  # fmt: skip


class TimeEstimate(Body):
    """An estimate of time."""

    estimate: str = "PT0S"
    type: Literal["AUTO", "MANUAL"] = "AUTO"
    active: bool = False
    reset_option: _Reset | None = None
    include_non_billable: bool = True


class BudgetEstimate(Body):
    """A budget."""

    estimate: Minor = 0
    type: Literal["AUTO", "MANUAL"] = "AUTO"
    active: bool = False
    reset_option: _Reset | None = None
    include_expenses: bool = False


class ResetBody(Body):
    """When estimates are reset."""

    interval: _Reset | None = None
    day_of_week: Day | None = None
    day_of_month: Annotated[int, Meta(ge=1, le=31)] | None = None
    month: _Month | None = None
    hour: Annotated[int, Meta(ge=0, le=23)] = 0


class Estimates(Body):
    """All estimates of a project; missing ones are kept."""

    time_estimate: TimeEstimate | None = None
    budget_estimate: BudgetEstimate | None = None
    estimate_reset: ResetBody | None = None


class Member(Body):
    """A member with their own rates."""

    user_id: str
    hourly_rate: RateBody | None = None
    cost_rate: RateBody | None = None


class Memberships(Body):
    """The complete list of members of the project."""

    memberships: list[Member]
    user_groups: Choice = field(default_factory=Choice)


class MembershipChange(Body):
    """Members to add or, with `remove`, to remove."""

    user_ids: list[str] = field(default_factory=list)
    user_groups: Choice = field(default_factory=Choice)
    remove: bool = False


class TemplateFlag(Body):
    """Whether the project is a template."""

    is_template: bool


class FieldQuery(Query):
    """Filters of custom fields."""

    status: _Status | None = None
    entity_type: list[Literal["TIMEENTRY", "USER"]] | None = None


class FieldDefault(Body):
    """Value and status of a custom field on a project."""

    default_value: Any = None
    status: _Status | None = None


@routes.patch(_PROJECT + "/estimate")
def set_estimates(call: Call, body: Estimates) -> Entity:
    """Set estimates. Budgets and resets require a plan with these features."""
    project, features = _managed(call), call.workspace.record["features"]
    time, budget, reset = body.time_estimate, body.budget_estimate, body.estimate_reset
    if (budget and "PROJECT_BUDGET" not in features) or (reset and "RECURRING_ESTIMATES" not in features):
        raise not_on_plan(call.options.plan_refusal)
    changes: ProjectFields = {}
    if time:
        seconds_of(time.estimate)
        changes["timeEstimate"] = {
            "estimate": time.estimate,
            "type": time.type,
            "resetOption": time.reset_option,
            "active": time.active,
            "includeNonBillable": time.include_non_billable,
        }
        changes["estimate"] = {"estimate": time.estimate, "type": time.type}
    if budget:
        changes["budgetEstimate"] = {
            "estimate": budget.estimate,
            "type": budget.type,
            "resetOption": budget.reset_option,
            "active": budget.active,
            "includeExpenses": budget.include_expenses,
        }
    if reset:
        changes["estimateReset"] = _rhythm(reset)
    return _update(call, project, changes)


@routes.patch(_PROJECT + "/memberships")
def replace_members(call: Call, body: Memberships) -> Entity:
    """Replace all members."""
    project = _managed(call)
    call.require_all(MEMBER, (member.user_id for member in body.memberships))
    call.require_all(USER_GROUP, body.user_groups.ids)
    currency = project_currency(call.workspace, project)
    rows = {
        member.user_id: entities.membership(
            project["id"],
            member.user_id,
            hourlyRate=rate(member.hourly_rate.amount, currency) if member.hourly_rate else None,
            costRate=rate(member.cost_rate.amount, currency) if member.cost_rate else None,
        )
        for member in body.memberships
    }
    memberships = [*rows.values(), *_through(call, body.user_groups)]
    return _update(call, project, {"memberships": memberships})


@routes.post(_PROJECT + "/memberships")
def change_members(call: Call, body: MembershipChange) -> Entity:
    """Add members, or remove them."""
    project = _managed(call)
    call.require_all(MEMBER, body.user_ids)
    call.require_all(USER_GROUP, body.user_groups.ids)
    rows, groups = project["memberships"], set(body.user_groups.among(call.workspace.user_groups))
    groups = groups if body.user_groups.ids else set()
    if body.remove:
        kept = [row for row in rows if row["targetId"] not in groups and not _is_own(row, body.user_ids)]
        return _update(call, project, {"memberships": kept})
    present = {(row["userId"], row["targetId"]) for row in rows}
    added = [entities.membership(project["id"], user_id) for user_id in body.user_ids]
    added += _through(call, body.user_groups)
    added = [row for row in added if (row["userId"], row["targetId"]) not in present]
    return _update(call, project, {"memberships": [*rows, *added]})


@routes.patch(_PROJECT + "/template", feature="PROJECT_TEMPLATES")
def set_template(call: Call, body: TemplateFlag) -> Entity:
    """Make a project a template, or an ordinary project again."""
    return _update(call, _managed(call), {"template": body.is_template})


@routes.put(_PROJECT + "/users/{userId}/hourly-rate")
def set_hourly_rate(call: Call, body: RateBody) -> Entity:
    """Set the hourly billable rate of a member on this project."""
    return _set_rate(call, "hourlyRate", body, "BILLABLE_RATE_UPDATED")


@routes.put(_PROJECT + "/users/{userId}/cost-rate", feature="LABOR_COST")
def set_cost_rate(call: Call, body: RateBody) -> Entity:
    """Set the hourly cost rate of a member on this project."""
    return _set_rate(call, "costRate", body, "COST_RATE_UPDATED")


@routes.get(_PROJECT + "/custom-fields", feature="CUSTOM_FIELDS", scope="CUSTOM_FIELDS")
def list_fields(call: Call, query: FieldQuery) -> list[CustomField]:
    """The custom fields of a project's entries, without pages."""
    project = call.named(PROJECT, "projectId")
    wanted = query.entity_type or ["TIMEENTRY"]
    return [
        field
        for field in call.workspace.custom_fields.values()
        if field["entityType"] in wanted
        and query.status in (None, (default_of(field, project["id"]) or field)["status"])
    ]


@routes.patch(_PROJECT + "/custom-fields/{customFieldId}", feature="CUSTOM_FIELDS", scope=None)
def set_field(call: Call, body: FieldDefault) -> CustomField:
    """Override value and status of a custom field on a project."""
    project, field = _managed(call), call.named(CUSTOM_FIELD, "customFieldId")
    before = default_of(field, project["id"]) or workspace_default(field)
    row: ProjectDefault = {
        "projectId": project["id"],
        "value": before["value"] if body.default_value is None else body.default_value,
        "status": body.status or before["status"],
    }
    return call.of(CUSTOM_FIELD).update(field, {"projectDefaultValues": [*_others(field, project), row]})


@routes.delete(_PROJECT + "/custom-fields/{customFieldId}", feature="CUSTOM_FIELDS", scope=None)
def unset_field(call: Call) -> CustomField:
    """Remove the override of a custom field on a project."""
    project, field = _managed(call), call.named(CUSTOM_FIELD, "customFieldId")
    return call.of(CUSTOM_FIELD).update(field, {"projectDefaultValues": _others(field, project)})


def _rhythm(reset: ResetBody) -> EstimateReset | None:
    if reset.interval is None:
        return None
    return {
        "interval": reset.interval,
        "dayOfWeek": reset.day_of_week,
        "dayOfMonth": reset.day_of_month,
        "hour": reset.hour,
        "month": reset.month,
    }


def _managed(call: Call) -> Project:
    project = call.named(PROJECT, "projectId")
    require_manager(call, project["id"])
    return project


def _update(call: Call, project: Project, changes: ProjectFields, **traces: str) -> Entity:
    return project_of(call.workspace, call.of(PROJECT).update(project, changes, **traces))


def _through(call: Call, choice: Choice) -> list[Membership]:
    groups = call.workspace.user_groups
    chosen = choice.among(groups) if choice.ids else []
    return [entities.membership(one, user, "USERGROUP") for one in chosen for user in groups[one]["userIds"]]


def _is_own(row: Membership, user_ids: Iterable[str]) -> bool:
    return row["membershipType"] == "PROJECT" and row["userId"] in user_ids


def _with_rate(row: Membership, name: RateName, amount: Rate | None) -> Membership:
    changed = row.copy()
    changed[name] = amount
    return changed


def _set_rate(call: Call, name: RateName, body: RateBody, event: WebhookEvent) -> Entity:
    project, user_id = _managed(call), call.path["userId"]
    call.find(MEMBER, user_id)
    currency = project_currency(call.workspace, project)
    amount = rate(body.amount, currency)
    rows = [_with_rate(row, name, amount) if _is_own(row, [user_id]) else row for row in project["memberships"]]
    changed = next((row for row in rows if _is_own(row, [user_id])), None)
    if changed is None:
        raise not_in(MEMBER.noun, PROJECT.noun)
    shown = _update(call, project, {"memberships": rows}, event="NONE")
    source = {"id": user_id, "projectId": project["id"]}
    call.recorder.event(event, source, rate_details("PROJECT_MEMBER", changed, currency, body))
    return shown


def _others(field: CustomField, project: Project) -> list[ProjectDefault]:
    return [row for row in field["projectDefaultValues"] if row["projectId"] != project["id"]]
