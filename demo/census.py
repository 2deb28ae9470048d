"""Counts the rows of the sandbox by stream. A warehouse must have the same numbers after a complete run.

The numbers come from the sandbox's state (`GET /__sandbox/dump`), not from its API, so that incomplete lists are
noticed.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Row = dict[str, Any]

_FIRST_DAY = datetime(2024, 1, 1, tzinfo=UTC)  # the tap's window starts here and ends now


def census(dump: Row) -> dict[str, int]:
    """Return rows per stream over all workspaces, for the streams that can be counted in the state."""
    counts = Counter(current_user=1)
    for workspace in dump["workspaces"]:
        counts.update({stream: count(workspace) for stream, count in _COUNTS.items()})
    return dict(counts)


def _all(table: str) -> Callable[[Row], int]:
    return lambda workspace: len(workspace[table])


def _inside(table: str, field: str) -> Callable[[Row], int]:
    return lambda workspace: sum(len(row[field]) for row in workspace[table])


def _memberships(workspace: Row) -> int:
    """Members of the workspace, direct members of projects, and members of groups."""
    in_projects = [row["membershipType"] for project in workspace["projects"] for row in project["memberships"]]
    in_groups = [user for group in workspace["user_groups"] for user in group["userIds"]]
    return len(workspace["members"]) + in_projects.count("PROJECT") + len(in_groups)


def _fields_of_projects(workspace: Row) -> int:
    fields = [row for row in workspace["custom_fields"] if row["entityType"] == "TIMEENTRY"]
    return len(fields) * len(workspace["projects"])


def _planned(workspace: Row) -> list[Row]:
    return [row for row in workspace["assignments"] if _start(row) <= datetime.now(UTC) and _end(row) >= _FIRST_DAY]


def _planned_days(workspace: Row) -> Iterator[tuple[str, str]]:
    """Pairs of user and day, one for every assignment on that day."""
    week = {member["userId"]: set(member["profile"]["workingDays"]) for member in workspace["members"]}
    for row in _planned(workspace):
        resting = {excluded["date"][:10] for excluded in row["excludeDays"]}
        day, end = max(_start(row), _FIRST_DAY), min(_end(row), datetime.now(UTC))
        while day.date() <= end.date():
            works = row["includeNonWorkingDays"] or f"{day:%A}".upper() in week[row["userId"]]
            if works and day.date().isoformat() not in resting:
                yield row["userId"], day.date().isoformat()
            day += timedelta(days=1)


def _start(assignment: Row) -> datetime:
    return datetime.fromisoformat(assignment["period"]["start"])


def _end(assignment: Row) -> datetime:
    return datetime.fromisoformat(assignment["period"]["end"])


_COUNTS: dict[str, Callable[[Row], int]] = {
    "workspaces": lambda _: 1,
    "users": _all("members"),
    "memberships": _memberships,
    "user_roles": _inside("members", "roles"),
    "user_groups": _all("user_groups"),
    "member_profiles": _all("members"),
    "custom_fields": _all("custom_fields"),
    "clients": _all("clients"),
    "projects": _all("projects"),
    "project_memberships": _inside("projects", "memberships"),
    "project_custom_fields": _fields_of_projects,
    "tasks": _all("tasks"),
    "tags": _all("tags"),
    "time_entries": _all("time_entries"),
    "time_entries_in_progress": lambda workspace: sum(
        not row["timeInterval"]["end"] for row in workspace["time_entries"]
    ),
    "expense_categories": _all("expense_categories"),
    "expenses": _all("expenses"),
    "expense_details": _all("expenses"),
    "invoices": _all("invoices"),
    "invoice_items": _inside("invoices", "items"),
    "invoice_payments": _inside("invoices", "payments"),
    "invoice_settings": lambda _: 1,
    "holidays": _all("holidays"),
    "time_off_policies": lambda workspace: sum(not row["archived"] for row in workspace["time_off_policies"]),
    "time_off_requests": _all("time_off_requests"),
    "time_off_balances": _all("balances"),
    "balance_assignments": _all("balance_assignments"),
    "approval_requests": _all("approval_requests"),
    "assignments": lambda workspace: len(_planned(workspace)),
    "assignment_project_totals": lambda workspace: len({row["projectId"] for row in _planned(workspace)}),
    "user_capacity_totals": lambda workspace: len({row["userId"] for row in _planned(workspace)}),
    "user_capacity_days": lambda workspace: len(set(_planned_days(workspace))),
    "webhooks": _all("webhooks"),
    "webhook_logs": _all("webhook_logs"),
    "webhook_event_statuses": _all("webhook_statuses"),
    "shared_reports": _all("shared_reports"),
    "shared_report_data": _all("shared_reports"),
    "audit_log": _all("audit_log"),
}
