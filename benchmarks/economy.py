"""Compares the requests of a read with the least number that the data and Clockify's page limits allow.

The least number is computed from the sandbox's state. The limits are written here independently, so that an error in
the tap's endpoints shows as a ratio other than 1.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

CORE, TIME_OFF, TOTALS = 5000, 200, 200  # rows on one page
REPORTS, ATTENDANCE, DELIVERIES, AUDIT = 1000, 200, 200, 50
FIRST_DAY = datetime(2024, 1, 1, tzinfo=UTC)  # start of the window of schedule, reports and logs


class _Period(msgspec.Struct):
    start: datetime
    end: datetime


class _Of(msgspec.Struct, rename="camel"):
    id: str = ""
    user_id: str = ""
    project_id: str | None = None
    policy_id: str = ""
    webhook_id: str = ""
    period: _Period | None = None
    payments: list[msgspec.Raw] = []


class _Status(msgspec.Struct):
    state: str = ""


class _Approval(msgspec.Struct):
    status: _Status


class _Workspace(msgspec.Struct):
    id: str
    members: list[_Of]
    clients: list[_Of]
    projects: list[_Of]
    tasks: list[_Of]
    tags: list[_Of]
    user_groups: list[_Of]
    time_entries: list[_Of]
    expenses: list[_Of]
    expense_categories: list[msgspec.Raw]
    invoices: list[_Of]
    time_off_policies: list[_Of]
    time_off_requests: list[_Of]
    balances: list[_Of]
    approval_requests: list[_Approval]
    assignments: list[_Of]
    webhooks: list[_Of]
    webhook_logs: list[_Of]
    webhook_statuses: list[_Of]
    shared_reports: list[_Of]


class _State(msgspec.Struct):
    workspaces: list[_Workspace]


# lists with neither header nor total
_ENDED_BY_AN_EMPTY_PAGE = {"audit_log", "report_attendance", "report_expenses_detailed"}


def least(state: Path) -> int:
    """Return the least number of requests for the default selection.

    Args:
        state: A file with the sandbox's whole state.
    """
    workspaces = msgspec.json.decode(state.read_bytes(), type=_State).workspaces
    return 3 + sum(map(_least_of, workspaces))  # workspaces, administered workspaces, account


def _least_of(one: _Workspace) -> int:
    users = [member.user_id for member in one.members]
    now = datetime.now(tz=UTC)
    planned = [row for row in one.assignments if row.period and row.period.start <= now and row.period.end >= FIRST_DAY]
    states = Counter(approval.status.state for approval in one.approval_requests)
    return sum(
        (
            _pages(len(users), CORE),
            len(users),  # profiles
            _pages(len(one.user_groups), CORE),
            1,  # custom fields
            _pages(len(one.clients), CORE),
            _pages(len(one.projects), CORE),
            _by_parent((task.project_id or "" for task in one.tasks), (project.id for project in one.projects)),
            _pages(len(one.tags), CORE),
            _by_parent((entry.user_id for entry in one.time_entries), users),
            1,  # timers in progress: a page holds 1,000
            2,  # expense categories, archived or not
            _pages(len(one.expenses), CORE),
            _proved(len(one.invoices), TOTALS),
            len(one.invoices),  # their details
            sum(_pages(len(invoice.payments), CORE) for invoice in one.invoices if invoice.payments),
            1,  # invoice settings
            1,  # holidays
            _pages(len(one.time_off_policies), TIME_OFF),
            _proved(len(one.time_off_requests), TIME_OFF),
            _by_parent((one.policy_id for one in one.balances), (one.id for one in one.time_off_policies), TIME_OFF),
            _pages(len(one.approval_requests), CORE),
            sum(_pages(states[state], CORE) for state in ("PENDING", "APPROVED", "WITHDRAWN_APPROVAL")),
            _pages(len(planned), CORE),
            _pages(len({assignment.project_id for assignment in planned}), TOTALS),
            _pages(len({assignment.user_id for assignment in planned}), TOTALS),  # capacity
            1,  # webhooks
            _pages(len(one.shared_reports), TOTALS),
        )
    )


def least_beyond(state: Path, output: Path) -> int:
    """Return the least number of requests for the streams that are not selected by default, on top of `least`.

    Args:
        state: A file with the sandbox's whole state.
        output: The output of a complete read of every stream, from which the rows of each window are counted.
    """
    workspaces = msgspec.json.decode(state.read_bytes(), type=_State).workspaces
    rows = _rows_by_window(output)
    months, spans, weeks = (_windows(days) for days in (31, 30, 7))
    per_workspace = sum(
        (
            sum(
                len(one.members) + len(one.projects) + len(one.expenses) + len(one.shared_reports) for one in workspaces
            ),
            sum(len({(row.user_id, row.policy_id) for row in one.balances}) for one in workspaces),
            sum(
                _by_parent((row.webhook_id for row in rows), hooks, DELIVERIES)
                for rows, hooks in _deliveries(workspaces)
            ),
        )
    )
    windowed = (
        ("report_detailed", months, REPORTS),
        ("report_summary", months, 0),
        ("report_weekly", weeks, 0),
        ("report_attendance", months, ATTENDANCE),
        ("report_expenses_detailed", months, REPORTS),
        ("audit_log", spans, AUDIT),
        ("entities_created", spans, CORE),
        ("entities_updated", spans, CORE),
        ("entities_deleted", spans, CORE),
    )
    for stream, windows, limit in windowed:
        counts = rows.get(stream, Counter())
        pages = _proved if stream in _ENDED_BY_AN_EMPTY_PAGE else _pages
        further = sum(pages(count, limit) - 1 for count in counts.values()) if limit else 0
        per_workspace += windows * len(workspaces) + further
    return per_workspace


def _deliveries(workspaces: list[_Workspace]) -> Iterator[tuple[list[_Of], list[str]]]:
    for one in workspaces:
        hooks = [hook.id for hook in one.webhooks]
        yield one.webhook_logs, hooks
        yield one.webhook_statuses, hooks


def _windows(days: int) -> int:
    return ceil((datetime.now(tz=UTC) - FIRST_DAY) / timedelta(days=days))


def _rows_by_window(output: Path) -> dict[str, Counter[tuple[str, int]]]:
    """Count the rows of reports and logs by workspace and by the longest window that one request allows."""
    counts: dict[str, Counter[tuple[str, int]]] = {}
    decoder = msgspec.json.Decoder(_Line)
    with output.open("rb") as lines:
        for line in lines:
            found = decoder.decode(line)
            if (row := found.record) and (moment := row.moment) and found.type == "RECORD":
                window = int((moment - FIRST_DAY) / timedelta(days=31 if found.stream.startswith("report") else 30))
                counts.setdefault(found.stream, Counter())[row.workspace_id, window] += 1
    return counts


def _pages(rows: int, limit: int) -> int:
    return max(1, ceil(rows / limit))


def _proved(rows: int, limit: int) -> int:
    """Return the number of requests for a list that only an empty page ends."""
    return _pages(rows, limit) + (rows > 0)


def _by_parent(rows: Iterable[str], parents: Iterable[str], limit: int = CORE) -> int:
    counts = Counter(rows)
    return sum(_pages(counts[parent], limit) for parent in parents)


def records_in(output: Path) -> Counter[str]:
    """Return the number of records by stream in the output of the tap."""
    counts: Counter[str] = Counter()
    decoder = msgspec.json.Decoder(_Message)
    with output.open("rb") as lines:
        for line in lines:
            message = decoder.decode(line)
            if message.type == "RECORD":
                counts[message.stream] += 1
    return counts


class _Interval(msgspec.Struct):
    start: str = ""


class _Row(msgspec.Struct, rename="camel"):
    """A row of a report or a log; one of these fields has its time."""

    workspace_id: str = ""
    date: str | None = None
    timestamp: str | None = None
    deleted_at: str | None = None
    time_interval: _Interval | None = None

    @property
    def moment(self) -> datetime | None:
        text = self.timestamp or self.deleted_at or self.date or (self.time_interval and self.time_interval.start)
        if not text:
            return None
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class _Line(msgspec.Struct):
    type: str
    stream: str = ""
    record: _Row | None = None


class _Message(msgspec.Struct):
    type: str
    stream: str = ""
    value: Any = None
