"""How many requests a read takes, next to the least that the data and Clockify's page limits allow.

The least is counted from the sandbox's own state, with the limits written down here a second time: a mistake in the
tap's endpoints shows as a ratio other than 1.
"""

from __future__ import annotations

from collections import Counter
from math import ceil
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

CORE, TIME_OFF, TOTALS = 5000, 200, 200  # rows on one page


class _Of(msgspec.Struct, rename="camel"):
    id: str = ""
    user_id: str = ""
    project_id: str | None = None
    policy_id: str = ""
    webhook_id: str = ""
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
    shared_reports: list[_Of]


class _State(msgspec.Struct):
    workspaces: list[_Workspace]


def least(state: Path) -> int:
    """Return the least number of requests for the default selection.

    Args:
        state: A file with the sandbox's whole state.
    """
    workspaces = msgspec.json.decode(state.read_bytes(), type=_State).workspaces
    return 2 + sum(map(_least_of, workspaces))  # the list of workspaces, the account


def _least_of(one: _Workspace) -> int:
    users = [member.user_id for member in one.members]
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
            _pages(len(one.invoices), TOTALS),
            len(one.invoices),  # their details
            sum(_pages(len(invoice.payments), CORE) for invoice in one.invoices if invoice.payments),
            1,  # invoice settings
            1,  # holidays
            _pages(len(one.time_off_policies), TIME_OFF),
            _pages(len(one.time_off_requests), TIME_OFF),
            _by_parent((one.policy_id for one in one.balances), (one.id for one in one.time_off_policies), TIME_OFF),
            _pages(len(one.approval_requests), CORE),
            sum(_pages(states[state], CORE) for state in ("PENDING", "APPROVED", "WITHDRAWN_APPROVAL")),
            _pages(len(one.assignments), CORE),
            _pages(len({assignment.project_id for assignment in one.assignments}), TOTALS),
            _pages(len(users), TOTALS),  # capacity
            1,  # webhooks
            _pages(len(one.shared_reports), TOTALS),
        )
    )


def _pages(rows: int, limit: int) -> int:
    return max(1, ceil(rows / limit))


def _by_parent(rows: Iterable[str], parents: Iterable[str], limit: int = CORE) -> int:
    counts = Counter(rows)
    return sum(_pages(counts[parent], limit) for parent in parents)


def records_in(output: Path) -> Counter[str]:
    """Return the number of records by stream in what the tap wrote."""
    counts: Counter[str] = Counter()
    decoder = msgspec.json.Decoder(_Message)
    with output.open("rb") as lines:
        for line in lines:
            message = decoder.decode(line)
            if message.type == "RECORD":
                counts[message.stream] += 1
    return counts


class _Message(msgspec.Struct):
    type: str
    stream: str = ""
    value: Any = None
