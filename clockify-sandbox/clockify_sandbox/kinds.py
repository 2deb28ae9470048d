"""The kinds of entity: under which names each one is known to errors, tables, feeds, the audit log and webhooks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from clockify_sandbox import messages

if TYPE_CHECKING:
    from clockify_sandbox.messages import Message
    from clockify_sandbox.webhook_events import WebhookEvent


@dataclass(frozen=True)
class Kind:
    """One kind of entity.

    `noun` is what errors call it, `table` the attribute of `Workspace` that holds it, `feed` its document type in
    the entity feeds, `audit` the last word of its audit actions (CREATE_..., UPDATE_..., DELETE_...), and `events` the
    webhook events of creation, change and deletion. None where the API has no such thing.
    """

    noun: Message
    table: str
    feed: str | None = None
    audit: str | None = None
    events: tuple[WebhookEvent | None, WebhookEvent | None, WebhookEvent | None] = (None, None, None)


CLIENT = Kind(messages.CLIENT, "clients", "CLIENTS", "CLIENT", ("NEW_CLIENT", "CLIENT_UPDATED", "CLIENT_DELETED"))
PROJECT = Kind(
    messages.PROJECT, "projects", "PROJECTS", "PROJECT", ("NEW_PROJECT", "PROJECT_UPDATED", "PROJECT_DELETED")
)
TASK = Kind(messages.TASK, "tasks", "TASKS", "TASK", ("NEW_TASK", "TASK_UPDATED", "TASK_DELETED"))
TAG = Kind(messages.TAG, "tags", "TAGS", "TAG", ("NEW_TAG", "TAG_UPDATED", "TAG_DELETED"))
TIME_ENTRY = Kind(
    messages.TIME_ENTRY,
    "time_entries",
    "TIME_ENTRY",
    None,
    ("NEW_TIME_ENTRY", "TIME_ENTRY_UPDATED", "TIME_ENTRY_DELETED"),
)
CUSTOM_FIELD = Kind(messages.CUSTOM_FIELD, "custom_fields", "CUSTOM_FIELDS")
USER_GROUP = Kind(
    messages.USER_GROUP,
    "user_groups",
    "USER_GROUPS",
    None,
    ("USER_GROUP_CREATED", "USER_GROUP_UPDATED", "USER_GROUP_DELETED"),
)
MEMBER = Kind(messages.USER, "members", "USER", None, (None, "USER_UPDATED", None))
CATEGORY = Kind(messages.EXPENSE_CATEGORY, "expense_categories")
EXPENSE = Kind(messages.EXPENSE, "expenses", None, "EXPENSE", ("EXPENSE_CREATED", "EXPENSE_UPDATED", "EXPENSE_DELETED"))
INVOICE = Kind(messages.INVOICE, "invoices", "INVOICES", None, ("NEW_INVOICE", "INVOICE_UPDATED", None))
HOLIDAY = Kind(messages.HOLIDAY, "holidays", "HOLIDAYS")
POLICY = Kind(messages.POLICY, "time_off_policies", "PTO_POLICY")
TIME_OFF_REQUEST = Kind(
    messages.TIME_OFF_REQUEST,
    "time_off_requests",
    "TIME_OFF_REQUEST",
    None,
    ("TIME_OFF_REQUESTED", "TIME_OFF_REQUEST_UPDATED", "TIME_OFF_REQUEST_WITHDRAWN"),
)
BALANCE = Kind(messages.BALANCE, "balances", "BALANCE")
BALANCE_ASSIGNMENT = Kind(messages.BALANCE_ASSIGNMENT, "balance_assignments")
APPROVAL_REQUEST = Kind(
    messages.APPROVAL_REQUEST,
    "approval_requests",
    "APPROVAL_REQUESTS",
    None,
    ("NEW_APPROVAL_REQUEST", "APPROVAL_REQUEST_STATUS_UPDATED", None),
)
ASSIGNMENT = Kind(
    messages.ASSIGNMENT,
    "assignments",
    "SCHEDULED_ASSIGNMENT",
    None,
    ("ASSIGNMENT_CREATED", "ASSIGNMENT_UPDATED", "ASSIGNMENT_DELETED"),
)
WEBHOOK = Kind(messages.WEBHOOK, "webhooks")
SHARED_REPORT = Kind(messages.SHARED_REPORT, "shared_reports")
