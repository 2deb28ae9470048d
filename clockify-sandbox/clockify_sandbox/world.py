"""The state of the sandbox: people with keys, and workspaces with tables of entities.

Entities are stored flat, in the shapes of `clockify_sandbox.shapes`; time entries are compact objects, since there can
be a million.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003 - read by msgspec when a saved world is loaded
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import msgspec

from clockify_sandbox.shapes import (  # noqa: TC001 - read by msgspec when a saved world is loaded
    absence,
    money,
    people,
    planning,
    traces,
    work,
    workspaces,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Entity = dict[str, Any]
"""Rendered JSON; stored entities have their own shapes, in `shapes`."""
Record = Mapping[str, Any]
"""An entity of any kind, stored or shown, for reading."""


BY_HAND = "BY_HAND"
"""`TimeEntry.invoice_id` of an entry that was marked as invoiced without an invoice."""


class TimeEntry(msgspec.Struct, gc=False):
    """One time entry, compact because a large workspace holds a million of them.

    `start` and `end` are whole seconds since the epoch, UTC; `end` is None while the timer runs.
    Rates are minor units, None if the rate follows project, member or workspace.
    """

    id: str
    user_id: str
    start: int
    end: int | None
    description: str = ""
    billable: bool = False
    project_id: str | None = None
    task_id: str | None = None
    tag_ids: tuple[str, ...] | None = None
    custom_fields: tuple[tuple[str, Any], ...] = ()  # (customFieldId, value)
    type: str = "REGULAR"
    kiosk_id: str | None = None
    hourly_rate: int | None = None
    cost_rate: int | None = None
    locked: bool = False
    approval_id: str | None = None
    invoice_id: str | None = None  # of the invoice, or BY_HAND; set when invoiced; never readable on the entry itself


class TimeEntries:
    """The time entries of a workspace: by id, and per user newest first, as in lists.

    It also keeps values that would otherwise need a scan: the tracked seconds per project and task, and the running
    timers.
    """

    def __init__(self) -> None:
        self.by_id: dict[str, TimeEntry] = {}
        self._by_user: dict[str, list[TimeEntry]] = {}
        self._unsorted: set[str] = set()
        self._tracked: Counter[str] | None = None  # computed at first use
        self._running: dict[str, TimeEntry] | None = None

    def __len__(self) -> int:
        return len(self.by_id)

    def __iter__(self) -> Iterator[TimeEntry]:
        return iter(self.by_id.values())

    def get(self, entry_id: str) -> TimeEntry | None:
        """The entry with an id."""
        return self.by_id.get(entry_id)

    def add(self, entries: Iterable[TimeEntry]) -> None:
        """Add new entries."""
        for user_id, group in groupby(entries, attrgetter("user_id")):
            batch = list(group)
            self.by_id.update(zip(map(attrgetter("id"), batch), batch, strict=True))
            self._by_user.setdefault(user_id, []).extend(batch)
            self._unsorted.add(user_id)
            if self._tracked is not None or self._running is not None:
                for entry in batch:
                    self._count(entry, 1)

    def remove(self, entry: TimeEntry) -> None:
        """Remove an entry."""
        del self.by_id[entry.id]
        self._by_user[entry.user_id].remove(entry)
        self._count(entry, -1)

    def change(self, entry: TimeEntry, **fields: Any) -> None:
        """Change fields of an entry; order and sums are updated. The user of an entry never changes."""
        self._count(entry, -1)
        for name, value in fields.items():
            setattr(entry, name, value)
        self._count(entry, 1)
        if "start" in fields:
            self.touch(entry)

    def touch(self, entry: TimeEntry) -> None:
        """Mark the order of a user's entries as outdated after a change of `entry.start`.

        It is restored at the next read.
        """
        self._unsorted.add(entry.user_id)

    def of_user(self, user_id: str) -> list[TimeEntry]:
        """The user's entries, newest start first; the caller must not change the list."""
        entries = self._by_user.get(user_id, [])
        if user_id in self._unsorted:
            entries.sort(key=lambda entry: (entry.start, entry.id), reverse=True)
            self._unsorted.discard(user_id)
        return entries

    def tracked(self, project_or_task_id: str) -> int:
        """Seconds of the finished entries of a project or task."""
        if self._tracked is None:
            self._tracked = Counter()
            for entry in self:
                self._count(entry, 1)
        return self._tracked[project_or_task_id]

    def running(self) -> list[TimeEntry]:
        """The entries without an end, newest start first."""
        if self._running is None:
            self._running = {entry.id: entry for entry in self if entry.end is None}
        return sorted(self._running.values(), key=lambda entry: (entry.start, entry.id), reverse=True)

    def _count(self, entry: TimeEntry, sign: int) -> None:
        if self._running is not None:
            if sign > 0 and entry.end is None:
                self._running[entry.id] = entry
            else:
                self._running.pop(entry.id, None)
        if self._tracked is not None and entry.end is not None:
            for key in (entry.project_id, entry.task_id):
                if key:
                    self._tracked[key] += sign * (entry.end - entry.start)


@dataclass
class Workspace:
    """One workspace: its own record and a table per kind of entity, by id and in order of creation."""

    id: str
    record: workspaces.WorkspaceRecord
    plan: str = "ENTERPRISE"
    members: dict[str, people.Member] = field(default_factory=dict)
    clients: dict[str, work.Client] = field(default_factory=dict)
    projects: dict[str, work.Project] = field(default_factory=dict)
    tasks: dict[str, work.Task] = field(default_factory=dict)
    tags: dict[str, work.Tag] = field(default_factory=dict)
    user_groups: dict[str, people.UserGroup] = field(default_factory=dict)
    custom_fields: dict[str, work.CustomField] = field(default_factory=dict)
    time_entries: TimeEntries = field(default_factory=TimeEntries)
    expense_categories: dict[str, money.ExpenseCategory] = field(default_factory=dict)
    expenses: dict[str, money.Expense] = field(default_factory=dict)
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)  # fileId: (file name, content)
    invoices: dict[str, money.Invoice] = field(default_factory=dict)
    invoice_settings: money.InvoiceSettings = field(kw_only=True)
    item_types: list[str] = field(default_factory=list)
    holidays: dict[str, absence.Holiday] = field(default_factory=dict)
    time_off_policies: dict[str, absence.Policy] = field(default_factory=dict)
    time_off_requests: dict[str, absence.TimeOffRequest] = field(default_factory=dict)
    balances: dict[str, absence.Balance] = field(default_factory=dict)
    balance_assignments: dict[str, absence.BalanceAssignment] = field(default_factory=dict)
    approval_requests: dict[str, planning.ApprovalRequest] = field(default_factory=dict)
    assignments: dict[str, planning.Assignment] = field(default_factory=dict)
    milestones: dict[str, planning.Milestone] = field(default_factory=dict)
    webhooks: dict[str, traces.Webhook] = field(default_factory=dict)
    addon_webhooks: dict[str, dict[str, traces.Webhook]] = field(default_factory=dict)  # by add-on id
    webhook_logs: dict[str, traces.WebhookLog] = field(default_factory=dict)
    webhook_statuses: dict[str, traces.WebhookStatus] = field(default_factory=dict)
    shared_reports: dict[str, traces.SharedReport] = field(default_factory=dict)
    audit_log: list[traces.AuditRow] = field(default_factory=list)
    changes: list[traces.Change] = field(default_factory=list)  # of the entity feeds
    _tasks_of: dict[str, list[work.Task]] = field(default_factory=dict, init=False, repr=False)
    _tasks_seen: tuple[int, str | None] = field(default=(0, None), init=False, repr=False)

    def tasks_of(self, project_id: str) -> list[work.Task]:
        """The tasks of a project.

        A task never changes its project, so the grouping is valid until a task is added or removed.
        """
        seen = len(self.tasks), next(reversed(self.tasks), None)
        if seen != self._tasks_seen:
            self._tasks_seen, self._tasks_of = seen, {}
            for task in self.tasks.values():
                self._tasks_of.setdefault(task["projectId"], []).append(task)
        return self._tasks_of.get(project_id, [])


@dataclass
class World:
    """The whole state of the sandbox.

    `users` are accounts (UserDto without memberships); `keys` map API keys to users.
    """

    now: datetime
    users: dict[str, people.User] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    addon_tokens: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)  # token: (workspaceId, scopes)
    workspaces: dict[str, Workspace] = field(default_factory=dict)
