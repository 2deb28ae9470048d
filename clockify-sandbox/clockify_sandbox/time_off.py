"""Time-off requests in the form of responses and webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clockify_sandbox.fields import picked
from clockify_sandbox.naming import name_of, zone_of

if TYPE_CHECKING:
    from clockify_sandbox.shapes.absence import TimeOffRequest
    from clockify_sandbox.world import Entity, Workspace, World

_SHORT = ("id", "workspaceId", "policyId", "userId", "note", "createdAt", "balanceDiff", "timeOffPeriod")


def request_of(world: World, workspace: Workspace, request: TimeOffRequest) -> Entity:
    """A request with the names of all people involved, in the form of the search and of creates."""
    user, requester = world.users[request["userId"]], request["requesterUserId"]
    before = _balance_before(workspace, request)
    return {
        **request,
        "policyName": workspace.time_off_policies[request["policyId"]]["name"],
        "userName": name_of(world, user["id"]),
        "userEmail": user["email"],
        "userTimeZone": zone_of(world, user["id"]),
        "timeZone": zone_of(world, user["id"]),
        "balanceValueAtRequest": before,
        "negativeBalanceUsed": _debt(request, before),
        "excludeDays": [],  # every recorded row has these two fields, which are empty
        "recipients": [],
        "requesterUserName": requester and name_of(world, requester),
        "status": _status(world, request),
    }


def short_request_of(world: World, request: TimeOffRequest) -> Entity:
    """A request in the form of decisions and withdrawals."""
    return {**picked(request, _SHORT), "status": _status(world, request)}


def _balance_before(workspace: Workspace, request: TimeOffRequest) -> float | None:
    """The balance when the request was made: an approved request has lowered it since, others have not touched it."""
    balance = request["balance"]
    if balance is None:
        whose = request["userId"], request["policyId"]
        rows = workspace.balances.values()
        balance = next((row["balance"] for row in rows if (row["userId"], row["policyId"]) == whose), None)
    if balance is None or request["status"]["statusType"] != "APPROVED":
        return balance
    return balance + request["balanceDiff"]


def _debt(request: TimeOffRequest, before: float | None) -> float:
    """The part of the request that exceeded the balance."""
    return 0.0 if before is None else max(0.0, request["balanceDiff"] - max(0.0, before))


def _status(world: World, request: TimeOffRequest) -> Entity:
    status, by = request["status"], request["status"]["changedByUserId"]
    return {
        **status,
        "changedByUserName": by and name_of(world, by),
        "changedForUserName": by and name_of(world, request["userId"]),
    }
