"""What the sandbox holds, told as rows per stream: what a warehouse must agree with after a complete run.

Counted from the sandbox's own state (`GET /__sandbox/dump`), not from its API: a list that forgets rows is found out.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Row = dict[str, Any]

_FIRST_DAY = datetime(2024, 1, 1, tzinfo=UTC)  # where the tap's windows begin


def census(dump: Row) -> dict[str, int]:
    """Return the number of rows per stream that is read by default, over all workspaces."""
    accounts = {user["id"]: user for user in dump["users"]}
    counts = dict.fromkeys(_COUNTS, 0)
    for workspace in dump["workspaces"]:
        members = [member for member in workspace["members"] if accounts[member["userId"]]["status"] in _LISTED]
        for stream, count in _COUNTS.items():
            counts[stream] += count(workspace | {"members": members})
    return counts | {"current_user": 1}


_LISTED = {"ACTIVE", "PENDING_EMAIL_VERIFICATION", "NOT_REGISTERED", "LIMITED"}  # accounts that are members of anything
_APPROVAL_STATES = {"PENDING", "APPROVED", "WITHDRAWN_APPROVAL"}  # the only ones that Clockify lists


def _in_window(assignment: Row) -> bool:
    start, end = (datetime.fromisoformat(assignment["period"][side]) for side in ("start", "end"))
    return start <= datetime.now(UTC) and end >= _FIRST_DAY


def _scheduled_projects(workspace: Row) -> int:
    return len({row["projectId"] for row in workspace["assignments"] if _in_window(row)})


def _table(name: str) -> Callable[[Row], int]:
    return lambda workspace: len(workspace[name])


def _inside(table: str, field: str) -> Callable[[Row], int]:
    return lambda workspace: sum(len(row[field]) for row in workspace[table])


_COUNTS: dict[str, Callable[[Row], int]] = {
    "workspaces": lambda _: 1,
    "users": _table("members"),
    "user_roles": _inside("members", "roles"),
    "member_profiles": _table("members"),
    "user_groups": _table("user_groups"),
    "custom_fields": _table("custom_fields"),
    "clients": _table("clients"),
    "projects": _table("projects"),
    "project_memberships": _inside("projects", "memberships"),
    "tasks": _table("tasks"),
    "tags": _table("tags"),
    "time_entries": _table("time_entries"),
    "time_entries_in_progress": lambda workspace: sum(
        not row["timeInterval"]["end"] for row in workspace["time_entries"]
    ),
    "expense_categories": _table("expense_categories"),
    "expenses": _table("expenses"),
    "invoices": _table("invoices"),
    "invoice_items": _inside("invoices", "items"),
    "invoice_payments": _inside("invoices", "payments"),
    "invoice_settings": lambda workspace: bool(workspace["invoice_settings"]),
    "holidays": _table("holidays"),
    "time_off_policies": lambda workspace: sum(not row["archived"] for row in workspace["time_off_policies"]),
    "time_off_requests": _table("time_off_requests"),
    "time_off_balances": _table("balances"),
    "approval_requests": lambda workspace: sum(
        row["status"]["state"] in _APPROVAL_STATES for row in workspace["approval_requests"]
    ),
    "assignments": lambda workspace: sum(_in_window(row) for row in workspace["assignments"]),
    "assignment_project_totals": _scheduled_projects,
    "webhooks": _table("webhooks"),
    "shared_reports": _table("shared_reports"),
}
