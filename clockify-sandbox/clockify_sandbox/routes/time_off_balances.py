"""Time-off balances, and the assignments that increase them."""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta

from clockify_sandbox import messages
from clockify_sandbox.allowances import balance_of, grant
from clockify_sandbox.answers import Answer
from clockify_sandbox.binding import Body, Query
from clockify_sandbox.bodies import SortOrder
from clockify_sandbox.call import Call
from clockify_sandbox.errors import forbidden, invalid, not_in
from clockify_sandbox.kinds import BALANCE_ASSIGNMENT, MEMBER, POLICY
from clockify_sandbox.lists import by_id, in_order
from clockify_sandbox.naming import name_of
from clockify_sandbox.paging import TIME_OFF
from clockify_sandbox.people import oversight
from clockify_sandbox.routing import Routes
from clockify_sandbox.shapes.absence import Balance, BalanceAssignment, Hours, Policy
from clockify_sandbox.world import Entity

routes = Routes(scope="TIME_OFF", feature="TIME_OFF")

_ASSIGNMENTS = "/workspaces/{ws}/time-off/balance/assignment"
_ASSIGNMENT = f"{_ASSIGNMENTS}/{{assignmentId}}/user/{{userId}}/policy/{{policyId}}"
_ORDER = {
    "ID": by_id,
    "USER": lambda row: (row["userName"].lower(), row["id"]),
    "POLICY": lambda row: (row["policyName"].lower(), row["id"]),
    "USED": lambda row: row["used"],
    "BALANCE": lambda row: row["balance"],
    "TOTAL": lambda row: row["total"],
}


class BalanceQuery(Query):
    """The order of the lists."""

    sort: Literal["USER", "POLICY", "USED", "BALANCE", "TOTAL"] | None = None
    sort_order: SortOrder | None = None


class BalanceChange(Body):
    """A new value for the balances of some users."""

    user_ids: Annotated[list[str], Meta(min_length=1)]
    value: Annotated[float, Meta(ge=-10000, le=10000)]
    note: str | None = None


class DateRange(Body):
    """The days of an assignment; only the day of a timestamp is used."""

    start: str
    end: str


class NewAssignment(Body):
    """An amount that is added to the balances of some users."""

    policy_id: Annotated[str, Meta(min_length=1)]
    user_ids: Annotated[list[str], Meta(min_length=1)]
    balance: Annotated[float, Meta(le=10000)]
    note: str | None = None
    date_range: DateRange | None = None


class AssignmentChange(Body):
    """The change of an assignment's amount."""

    balance_change: Annotated[float, Meta(ge=-10000, le=10000)]
    note: str | None = None
    date_range: DateRange | None = None


class Reason(Body):
    """Why an assignment is deleted."""

    note: str = ""


@routes.get("/workspaces/{ws}/time-off/balance/policy/{policyId}", paging=TIME_OFF)
def list_balances_of_policy(call: Call, query: BalanceQuery) -> Answer:
    """The balances under a policy, archived or not, of people whom the caller may see."""
    return _page(call, query, "policyId", call.named(POLICY, "policyId")["id"])


@routes.get("/workspaces/{ws}/time-off/balance/user/{userId}", paging=TIME_OFF)
def list_balances_of_user(call: Call, query: BalanceQuery) -> Answer:
    """The balances of a user under all policies."""
    _require_member(call)
    return _page(call, query, "userId", call.path["userId"])


@routes.patch("/workspaces/{ws}/time-off/balance/policy/{policyId}", status=204, role="ADMIN")
def set_balances(call: Call, body: BalanceChange) -> None:
    """Set balances to a value."""
    policy = call.named(POLICY, "policyId")
    for balance in [balance_of(call, user_id, policy) for user_id in body.user_ids]:
        grant(call, balance, body.value - balance["balance"])
        _tell(call, balance, body.value, body.note)


@routes.get(f"{_ASSIGNMENTS}/user/{{userId}}/policy/{{policyId}}")
def list_assignments(call: Call) -> list[Entity]:
    """The assignments of a user under a policy: one or none."""
    _require_member(call)
    call.named(POLICY, "policyId")
    return [_shown(assignment) for assignment in _assignments(call, call.path["userId"], call.path["policyId"])]


@routes.post(_ASSIGNMENTS, status=201, role="ADMIN")
def assign_balance(call: Call, body: NewAssignment) -> None:
    """Assign an amount to users; repeated calls add to the existing assignment."""
    policy = call.find(POLICY, body.policy_id)
    period = _period(body.date_range)
    for balance in [balance_of(call, user_id, policy) for user_id in body.user_ids]:
        existing = _assignments(call, balance["userId"], policy["id"])
        if existing:
            _add(call, existing[0], body.balance, body.note, period)
        else:
            fresh: BalanceAssignment = {
                "id": call.new_id(),
                "workspaceId": call.workspace.id,
                "userId": balance["userId"],
                "policyId": policy["id"],
                "accrued": body.balance,
                "balance": body.balance,
                "dateRange": period,
                "note": body.note,
            }
            call.insert(BALANCE_ASSIGNMENT, fresh)
        grant(call, balance, body.balance)
        _tell(call, balance, body.balance, body.note)


@routes.put(_ASSIGNMENT, status=204, role="ADMIN")
def change_assignment(call: Call, body: AssignmentChange) -> None:
    """Add a difference to an assignment."""
    policy, assignment = _named(call)
    _add(call, assignment, body.balance_change, body.note, _period(body.date_range))
    balance = balance_of(call, assignment["userId"], policy)
    grant(call, balance, body.balance_change)
    _tell(call, balance, body.balance_change, body.note)


@routes.delete(_ASSIGNMENT, role="ADMIN", body_optional=True)
def delete_assignment(call: Call, body: Reason) -> None:
    """Take an assignment back, with a note in the body."""
    policy, assignment = _named(call)
    if not body.note:
        raise invalid(messages.NOTE_EMPTY, 400)
    call.remove(BALANCE_ASSIGNMENT, assignment)
    balance = balance_of(call, assignment["userId"], policy)
    grant(call, balance, -assignment["balance"])
    _tell(call, balance, -assignment["balance"], body.note)


def _tell(call: Call, balance: Balance, value: float, note: str | None) -> None:
    call.recorder.event("BALANCE_UPDATED", balance, {"value": value, "note": note})


def _require_member(call: Call) -> None:
    if not oversight(call)(call.path["userId"]):
        raise forbidden()
    call.named(MEMBER, "userId")


def _page(call: Call, query: BalanceQuery, key: Literal["userId", "policyId"], value: str) -> Answer:
    may_see = oversight(call)
    rows = [
        _balance(call, balance)
        for balance in call.workspace.balances.values()
        if balance[key] == value and may_see(balance["userId"])
    ]
    ordered = in_order(rows, _ORDER, query.sort, query.sort_order, "ID")
    return call.page(ordered, wrap=lambda page: {**call.total("count", ordered, page), "balances": page})


def _balance(call: Call, balance: Balance) -> Entity:
    policy = call.workspace.time_off_policies[balance["policyId"]]
    return {
        **balance,
        "userName": name_of(call.world, balance["userId"]),
        "policyName": policy["name"],
        "policyTimeUnit": policy["timeUnit"],
        "policyArchived": policy["archived"],
    }


def _named(call: Call) -> tuple[Policy, BalanceAssignment]:
    policy = call.named(POLICY, "policyId")
    assignment = call.named(BALANCE_ASSIGNMENT, "assignmentId")
    if (assignment["userId"], assignment["policyId"]) != (call.path["userId"], policy["id"]):
        raise not_in(BALANCE_ASSIGNMENT.noun)
    return policy, assignment


def _assignments(call: Call, user_id: str, policy_id: str) -> list[BalanceAssignment]:
    every = call.workspace.balance_assignments.values()
    return [row for row in every if row["userId"] == user_id and row["policyId"] == policy_id]


def _add(call: Call, assignment: BalanceAssignment, amount: float, note: str | None, period: Hours | None) -> None:
    call.of(BALANCE_ASSIGNMENT).update(
        assignment,
        {
            "accrued": assignment["accrued"] + amount,
            "balance": assignment["balance"] + amount,
            "dateRange": period or assignment["dateRange"],
            "note": note,
        },
    )


def _period(wanted: DateRange | None) -> Hours | None:
    if wanted is None:
        return None
    days: Hours = {"start": wanted.start[:10], "end": wanted.end[:10]}
    try:
        first, last = date.fromisoformat(days["start"]), date.fromisoformat(days["end"])
    except ValueError:
        raise invalid(messages.DATE_FORMAT, 400) from None
    if first > last:
        raise invalid(messages.START_DATE_AFTER_END(start=first, end=last), 400)
    return days


def _shown(assignment: BalanceAssignment) -> Entity:
    return {name: value for name, value in assignment.items() if name != "note"}
