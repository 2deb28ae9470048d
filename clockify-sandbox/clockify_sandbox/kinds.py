"""The kinds of entities, with the name of each in errors, tables, feeds, the audit log and webhooks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from clockify_sandbox import messages
from clockify_sandbox.fields import Stored

if TYPE_CHECKING:
    from clockify_sandbox.messages import Message
    from clockify_sandbox.shapes.absence import (
        Balance,
        BalanceAssignment,
        BalanceAssignmentFields,
        BalanceFields,
        Holiday,
        HolidayFields,
        Policy,
        PolicyFields,
        TimeOffRequest,
        TimeOffRequestFields,
    )
    from clockify_sandbox.shapes.money import (
        Expense,
        ExpenseCategory,
        ExpenseCategoryFields,
        ExpenseFields,
        Invoice,
        InvoiceFields,
    )
    from clockify_sandbox.shapes.people import Member, MemberFields, UserGroup, UserGroupFields
    from clockify_sandbox.shapes.planning import ApprovalRequest, ApprovalRequestFields, Assignment, AssignmentFields
    from clockify_sandbox.shapes.traces import SharedReport, SharedReportFields, Webhook, WebhookFields
    from clockify_sandbox.shapes.work import (
        Client,
        ClientFields,
        CustomField,
        CustomFieldFields,
        Project,
        ProjectFields,
        Tag,
        TagFields,
        Task,
        TaskFields,
    )
    from clockify_sandbox.webhook_events import WebhookEvent
    from clockify_sandbox.world import Record


Fields = TypeVar("Fields", bound="Record")


@dataclass(frozen=True)
class Kind(Generic[Stored, Fields]):
    """One kind of entity, stored in one shape; `Fields` are the fields that can change.

    `noun` is its name in errors, `table` the attribute of `Workspace` that holds it, `feed` its document type in
    the entity feeds, `audit` the last word of its audit actions (CREATE_..., UPDATE_..., DELETE_...), and `events` the
    webhook events of creation, change and deletion. None if the API has no such thing.
    """

    noun: Message
    table: str
    feed: str | None = None
    audit: str | None = None
    events: tuple[WebhookEvent | None, WebhookEvent | None, WebhookEvent | None] = (None, None, None)


CLIENT: Kind[Client, ClientFields] = Kind(
    messages.CLIENT, "clients", "CLIENTS", "CLIENT", ("NEW_CLIENT", "CLIENT_UPDATED", "CLIENT_DELETED")
)
PROJECT: Kind[Project, ProjectFields] = Kind(
    messages.PROJECT, "projects", "PROJECTS", "PROJECT", ("NEW_PROJECT", "PROJECT_UPDATED", "PROJECT_DELETED")
)
TASK: Kind[Task, TaskFields] = Kind(
    messages.TASK, "tasks", "TASKS", "TASK", ("NEW_TASK", "TASK_UPDATED", "TASK_DELETED")
)
TAG: Kind[Tag, TagFields] = Kind(messages.TAG, "tags", "TAGS", "TAG", ("NEW_TAG", "TAG_UPDATED", "TAG_DELETED"))
TIME_ENTRY: Kind[Any, Any] = Kind(
    messages.TIME_ENTRY,
    "time_entries",
    "TIME_ENTRY",
    None,
    ("NEW_TIME_ENTRY", "TIME_ENTRY_UPDATED", "TIME_ENTRY_DELETED"),
)
CUSTOM_FIELD: Kind[CustomField, CustomFieldFields] = Kind(messages.CUSTOM_FIELD, "custom_fields", "CUSTOM_FIELDS")
USER_GROUP: Kind[UserGroup, UserGroupFields] = Kind(
    messages.USER_GROUP,
    "user_groups",
    "USER_GROUPS",
    None,
    ("USER_GROUP_CREATED", "USER_GROUP_UPDATED", "USER_GROUP_DELETED"),
)
MEMBER: Kind[Member, MemberFields] = Kind(messages.USER, "members", "USER", None, (None, "USER_UPDATED", None))
CATEGORY: Kind[ExpenseCategory, ExpenseCategoryFields] = Kind(messages.EXPENSE_CATEGORY, "expense_categories")
EXPENSE: Kind[Expense, ExpenseFields] = Kind(
    messages.EXPENSE, "expenses", None, "EXPENSE", ("EXPENSE_CREATED", "EXPENSE_UPDATED", "EXPENSE_DELETED")
)
INVOICE: Kind[Invoice, InvoiceFields] = Kind(
    messages.INVOICE, "invoices", "INVOICES", None, ("NEW_INVOICE", "INVOICE_UPDATED", None)
)
HOLIDAY: Kind[Holiday, HolidayFields] = Kind(messages.HOLIDAY, "holidays", "HOLIDAYS")
POLICY: Kind[Policy, PolicyFields] = Kind(messages.POLICY, "time_off_policies", "PTO_POLICY")
TIME_OFF_REQUEST: Kind[TimeOffRequest, TimeOffRequestFields] = Kind(
    messages.TIME_OFF_REQUEST,
    "time_off_requests",
    "TIME_OFF_REQUEST",
    None,
    ("TIME_OFF_REQUESTED", "TIME_OFF_REQUEST_UPDATED", "TIME_OFF_REQUEST_WITHDRAWN"),
)
BALANCE: Kind[Balance, BalanceFields] = Kind(messages.BALANCE, "balances", "BALANCE")
BALANCE_ASSIGNMENT: Kind[BalanceAssignment, BalanceAssignmentFields] = Kind(
    messages.BALANCE_ASSIGNMENT, "balance_assignments"
)
APPROVAL_REQUEST: Kind[ApprovalRequest, ApprovalRequestFields] = Kind(
    messages.APPROVAL_REQUEST,
    "approval_requests",
    "APPROVAL_REQUESTS",
    None,
    ("NEW_APPROVAL_REQUEST", "APPROVAL_REQUEST_STATUS_UPDATED", None),
)
ASSIGNMENT: Kind[Assignment, AssignmentFields] = Kind(
    messages.ASSIGNMENT,
    "assignments",
    "SCHEDULED_ASSIGNMENT",
    None,
    ("ASSIGNMENT_CREATED", "ASSIGNMENT_UPDATED", "ASSIGNMENT_DELETED"),
)
WEBHOOK: Kind[Webhook, WebhookFields] = Kind(messages.WEBHOOK, "webhooks")
SHARED_REPORT: Kind[SharedReport, SharedReportFields] = Kind(messages.SHARED_REPORT, "shared_reports")
