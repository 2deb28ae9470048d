"""Holidays, time off and approval."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from clockify_client import endpoints

from tap_clockify import shapes
from tap_clockify.declaration import Source, StreamDeclaration
from tap_clockify.streams.people import WORKSPACES, in_workspace, per_workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from clockify_client import Ids

    from tap_clockify.declaration import Parent
    from tap_clockify.settings import Scope


def _of_status(scope: Scope) -> Callable[[Mapping[str, object]], bool] | None:
    """Policies of every status are listed, since archived ones have balances too."""
    status = scope.config["policy_status"]
    return None if status == "ALL" else lambda policy: bool(policy.get("archived")) == (status == "ARCHIVED")


def _only_archived(scope: Scope) -> list[str]:
    return ["policy_status"] if scope.config["policy_status"] == "ARCHIVED" else []


def _pairs(rows: list[Parent], ids: Ids, _: Scope) -> Iterator[Ids]:
    for row in rows:
        yield {**ids, "userId": row["userId"], "policyId": row["policyId"]}


def _every_state(rows: list[Parent], ids: Ids, scope: Scope) -> Iterator[Ids]:
    """A filter accepts three of the five states.

    It is not known which states a call without a filter returns, so there are four calls.
    """
    for workspace in in_workspace(rows, ids, scope):
        for status in (None, "PENDING", "APPROVED", "WITHDRAWN_APPROVAL"):
            yield {**workspace, "onlyStatus": status}


def _audiences(of: StreamDeclaration, name: str, owner: str, **names: str) -> StreamDeclaration:
    """Return the stream of people and groups that rows of another stream apply to; `owner` is the id of such a row."""
    shape = shapes.audience(**{owner: "id"}, **names)
    return replace(of, name=name, key=(owner, "audienceType", "audienceId"), shape=shape, selected=False)


HOLIDAYS = per_workspace(endpoints.HOLIDAYS)
POLICIES = per_workspace(endpoints.TIME_OFF_POLICIES)
BALANCES = Source(endpoints.TIME_OFF_BALANCES, POLICIES, shapes.each("policyId"))
APPROVALS = Source(
    endpoints.APPROVAL_REQUESTS.having(params={"status": "{onlyStatus}"}), WORKSPACES, _every_state, overlapping=True
)
_APPROVAL = shapes.hoisted("approvalRequest")
_HOLIDAYS = StreamDeclaration("holidays", HOLIDAYS)
_POLICIES = StreamDeclaration("time_off_policies", POLICIES, keep=_of_status, narrowed=_only_archived)

STREAMS = (
    _HOLIDAYS,
    _audiences(_HOLIDAYS, "holiday_audiences", "holidayId"),
    _POLICIES,
    _audiences(_POLICIES, "time_off_policy_audiences", "policyId", archived="archived"),
    StreamDeclaration("time_off_requests", per_workspace(endpoints.TIME_OFF_REQUESTS)),
    StreamDeclaration("time_off_balances", BALANCES),
    StreamDeclaration("balance_assignments", Source(endpoints.BALANCE_ASSIGNMENTS, BALANCES, _pairs), selected=False),
    StreamDeclaration("approval_requests", APPROVALS, shape=_APPROVAL, apart=("entries",)),
    StreamDeclaration(
        "approval_request_entries",
        APPROVALS,
        key=("approvalRequestId", "id"),
        shape=shapes.inside(_APPROVAL, shapes.exploded("entries", approvalRequestId="id")),
        selected=False,
    ),
    StreamDeclaration(
        "approval_request_expenses",
        APPROVALS,
        key=("approvalRequestId", "id"),
        shape=shapes.inside(_APPROVAL, shapes.exploded("expenses", approvalRequestId="id")),
        selected=False,
    ),
)
