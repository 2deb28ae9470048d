"""One constructor for every kind of entity, with default values. Keyword arguments replace the defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from clockify_sandbox.fields import overlaid

if TYPE_CHECKING:
    from clockify_sandbox.shapes.absence import (
        AutomaticCreation,
        Balance,
        BalanceFields,
        Holiday,
        HolidayFields,
        Hours,
        Policy,
        PolicyFields,
        RequestStatus,
        TimeOffPeriod,
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
        InvoiceItem,
        InvoiceItemFields,
    )
    from clockify_sandbox.shapes.people import Rate, UserGroup, UserGroupFields
    from clockify_sandbox.shapes.planning import (
        ApprovalRequest,
        ApprovalRequestFields,
        ApprovalStatus,
        Assignment,
        AssignmentFields,
        Recurring,
    )
    from clockify_sandbox.shapes.traces import SharedReport, SharedReportFields, Webhook, WebhookFields
    from clockify_sandbox.shapes.work import (
        BudgetEstimate,
        BudgetEstimateFields,
        Client,
        ClientFields,
        CustomField,
        CustomFieldFields,
        Membership,
        MembershipFields,
        Project,
        ProjectFields,
        Tag,
        Task,
        TaskFields,
        TimeEstimate,
        TimeEstimateFields,
    )
    from clockify_sandbox.webhook_events import WebhookEvent


def rate(amount: int, currency: str) -> Rate:
    """A rate: minor units of a currency."""
    return {"amount": amount, "currency": currency}


def client(entity_id: str, workspace_id: str, /, **fields: Unpack[ClientFields]) -> Client:
    """A client without any contact data."""
    defaults: Client = {
        "id": entity_id,
        "name": "",
        "email": None,
        "workspaceId": workspace_id,
        "archived": False,
        "address": None,
        "note": None,
        "ccEmails": None,
        "currencyId": None,
    }
    return overlaid(defaults, fields)


def membership(
    target_id: str, user_id: str, kind: str = "PROJECT", /, **fields: Unpack[MembershipFields]
) -> Membership:
    """An active membership without rates of its own."""
    defaults: Membership = {
        "userId": user_id,
        "hourlyRate": None,
        "costRate": None,
        "targetId": target_id,
        "membershipType": kind,
        "membershipStatus": "ACTIVE",
    }
    return overlaid(defaults, fields)


def project(entity_id: str, workspace_id: str, /, **fields: Unpack[ProjectFields]) -> Project:
    """An open public billable project without client, estimates and members."""
    defaults: Project = {
        "id": entity_id,
        "name": "",
        "workspaceId": workspace_id,
        "clientId": "",
        "hourlyRate": None,
        "costRate": None,
        "billable": True,
        "archived": False,
        "public": True,
        "template": False,
        "color": "#03A9F4",
        "note": "",
        "memberships": [],
        "estimate": {"estimate": "PT0S", "type": "AUTO"},
        "timeEstimate": time_estimate("PT0S", type="AUTO", active=False),
        "budgetEstimate": None,
        "estimateReset": None,
    }
    return overlaid(defaults, fields)


def time_estimate(estimate: str, /, **fields: Unpack[TimeEstimateFields]) -> TimeEstimate:
    """An active manual estimate of time."""
    defaults: TimeEstimate = {
        "estimate": estimate,
        "type": "MANUAL",
        "resetOption": None,
        "active": True,
        "includeNonBillable": True,
    }
    return overlaid(defaults, fields)


def budget_estimate(estimate: int, /, **fields: Unpack[BudgetEstimateFields]) -> BudgetEstimate:
    """An active manual budget, in minor units."""
    defaults: BudgetEstimate = {
        "estimate": estimate,
        "type": "MANUAL",
        "resetOption": None,
        "active": True,
        "includeExpenses": False,
    }
    return overlaid(defaults, fields)


def task(entity_id: str, project_id: str, /, **fields: Unpack[TaskFields]) -> Task:
    """An open task without assignees."""
    defaults: Task = {
        "id": entity_id,
        "name": "",
        "projectId": project_id,
        "assigneeIds": [],
        "assigneeId": None,
        "userGroupIds": [],
        "estimate": "PT0S",
        "status": "ACTIVE",
        "budgetEstimate": 0,
        "billable": True,
        "hourlyRate": None,
        "costRate": None,
    }
    return overlaid(defaults, fields)


def tag(entity_id: str, workspace_id: str, name: str, *, archived: bool = False) -> Tag:
    """A tag."""
    return {"id": entity_id, "name": name, "workspaceId": workspace_id, "archived": archived}


def user_group(entity_id: str, workspace_id: str, name: str, /, **fields: Unpack[UserGroupFields]) -> UserGroup:
    """A group without members and managers."""
    defaults: UserGroup = {
        "id": entity_id,
        "name": name,
        "workspaceId": workspace_id,
        "userIds": [],
        "teamManagers": [],
    }
    return overlaid(defaults, fields)


def custom_field(entity_id: str, workspace_id: str, /, **fields: Unpack[CustomFieldFields]) -> CustomField:
    """A visible text field of time entries."""
    defaults: CustomField = {
        "id": entity_id,
        "workspaceId": workspace_id,
        "name": "",
        "description": None,
        "placeholder": None,
        "type": "TXT",
        "status": "VISIBLE",
        "required": False,
        "onlyAdminCanEdit": False,
        "allowedValues": [],
        "workspaceDefaultValue": None,
        "projectDefaultValues": [],
        "entityType": "TIMEENTRY",
    }
    return overlaid(defaults, fields)


def expense_category(
    entity_id: str, workspace_id: str, name: str, /, **fields: Unpack[ExpenseCategoryFields]
) -> ExpenseCategory:
    """A category whose expenses are entered as amounts."""
    defaults: ExpenseCategory = {
        "id": entity_id,
        "name": name,
        "hasUnitPrice": False,
        "priceInCents": 0,
        "unit": "",
        "workspaceId": workspace_id,
        "archived": False,
        "status": None,
    }
    return overlaid(defaults, fields)


def expense(entity_id: str, workspace_id: str, user_id: str, /, **fields: Unpack[ExpenseFields]) -> Expense:
    """An expense without receipt, project and notes; `total` is in minor units."""
    defaults: Expense = {
        "id": entity_id,
        "workspaceId": workspace_id,
        "userId": user_id,
        "date": "",
        "categoryId": None,
        "projectId": None,
        "taskId": None,
        "fileId": "",
        "quantity": 0.0,
        "total": 0.0,
        "billable": False,
        "locked": False,
        "notes": None,
        "approvalRequestId": None,
        "invoiceId": None,
    }
    return overlaid(defaults, fields)


def invoice(entity_id: str, workspace_id: str, user_id: str, /, **fields: Unpack[InvoiceFields]) -> Invoice:
    """An unsent invoice without items, taxes and texts; percentages are times 100."""
    defaults: Invoice = {
        "id": entity_id,
        "workspaceId": workspace_id,
        "number": "",
        "clientId": "",
        "currency": "USD",
        "issuedDate": "",
        "dueDate": "",
        "status": "UNSENT",
        "billFrom": None,
        "visibleZeroFields": [],
        "companyId": None,
        "clientAddress": None,
        "note": None,
        "subject": None,
        "userId": user_id,
        "discount": 0.0,
        "tax": 0.0,
        "tax2": 0.0,
        "taxType": "SIMPLE",
        "calculationType": "INVOICE_BASED",
        "items": [],
        "payments": [],
    }
    return overlaid(defaults, fields)


def invoice_item(order: int, quantity: int, unit_price: int, /, **fields: Unpack[InvoiceItemFields]) -> InvoiceItem:
    """An item typed in by hand; quantity times unit price is 100 times the amount in minor units."""
    defaults: InvoiceItem = {
        "order": order,
        "itemType": "Service",
        "description": "",
        "quantity": quantity,
        "unitPrice": unit_price,
        "amount": quantity * unit_price // 100,
        "applyTaxes": "NONE",
        "importType": "NOT_IMPORTED",
        "timeEntryIds": [],
        "expenseIds": [],
    }
    return overlaid(defaults, fields)


def no_default_entities(*, enabled: bool = False) -> AutomaticCreation:
    """Whether time entries are created automatically, on no project."""
    return {"enabled": enabled, "defaultEntities": {"projectId": None, "taskId": None}}


def holiday(
    entity_id: str, workspace_id: str, name: str, start: str, end: str, /, **fields: Unpack[HolidayFields]
) -> Holiday:
    """A holiday for everyone that does not repeat."""
    defaults: Holiday = {
        "id": entity_id,
        "workspaceId": workspace_id,
        "name": name,
        "datePeriod": {"startDate": start, "endDate": end},
        "occursAnnually": False,
        "everyoneIncludingNew": True,
        "userIds": [],
        "userGroupIds": [],
        "color": "#8BC34A",
        "automaticTimeEntryCreation": no_default_entities(),
    }
    return overlaid(defaults, fields)


def policy(entity_id: str, workspace_id: str, name: str, /, **fields: Unpack[PolicyFields]) -> Policy:
    """A policy in days for everyone, without approval, accrual and debts."""
    defaults: Policy = {
        "id": entity_id,
        "workspaceId": workspace_id,
        "name": name,
        "archived": False,
        "everyoneIncludingNew": True,
        "allowHalfDay": False,
        "allowNegativeBalance": False,
        "timeUnit": "DAYS",
        "approve": {"requiresApproval": False, "specificMembers": False, "teamManagers": False, "userIds": []},
        "automaticAccrual": None,
        "negativeBalance": None,
        "automaticTimeEntryCreation": None,
        "projectId": None,
        "userIds": [],
        "userGroupIds": [],
        "color": None,
        "icon": None,
        "hasExpiration": False,
    }
    return overlaid(defaults, fields)


def time_off_request(
    entity_id: str, workspace_id: str, policy_id: str, user_id: str, /, **fields: Unpack[TimeOffRequestFields]
) -> TimeOffRequest:
    """A pending request that the user made."""
    defaults: TimeOffRequest = {
        "id": entity_id,
        "workspaceId": workspace_id,
        "policyId": policy_id,
        "userId": user_id,
        "requesterUserId": user_id,
        "timeUnit": "DAYS",
        "note": None,
        "createdAt": "",
        "balance": None,
        "balanceDiff": 0.0,
        "status": request_status("PENDING"),
        "timeOffPeriod": time_off_period("", ""),
    }
    return overlaid(defaults, fields)


def request_status(kind: str, by: str | None = None, at: str | None = None, note: str | None = None) -> RequestStatus:
    """The status of a time-off request."""
    return {"statusType": kind, "changedByUserId": by, "changedAt": at, "note": note}


def time_off_period(start: str, end: str, half: str = "NOT_DEFINED", hours: Hours | None = None) -> TimeOffPeriod:
    """The period of a time-off request; `half` is FIRST_HALF or SECOND_HALF for half a day."""
    return {
        "period": {"start": start, "end": end},
        "halfDay": half != "NOT_DEFINED",
        "halfDayPeriod": half,
        "halfDayHours": hours,
    }


def balance(
    entity_id: str, workspace_id: str, user_id: str, policy_id: str, /, **fields: Unpack[BalanceFields]
) -> Balance:
    """A balance of a user under a policy, without the right to go below zero."""
    defaults: Balance = {
        "id": entity_id,
        "workspaceId": workspace_id,
        "userId": user_id,
        "policyId": policy_id,
        "balance": 0.0,
        "total": 0.0,
        "used": 0.0,
        "negativeBalanceLimit": False,
        "negativeBalanceAmount": 0.0,
        "negativeBalanceUsed": 0.0,
    }
    return overlaid(defaults, fields)


def approval_request(
    entity_id: str, workspace_id: str, owner_id: str, start: str, end: str, /, **fields: Unpack[ApprovalRequestFields]
) -> ApprovalRequest:
    """A pending timesheet that its owner submitted."""
    defaults: ApprovalRequest = {
        "id": entity_id,
        "workspaceId": workspace_id,
        "type": "TIMESHEET",
        "dateRange": {"start": start, "end": end},
        "ownerId": owner_id,
        "creatorId": owner_id,
        "status": approval_status("PENDING"),
    }
    return overlaid(defaults, fields)


def approval_status(
    state: str, by: str | None = None, at: str | None = None, note: str | None = None
) -> ApprovalStatus:
    """The status of an approval request."""
    return {"state": state, "note": note, "updatedAt": at, "updatedBy": by}


def assignment(
    entity_id: str, workspace_id: str, user_id: str, project_id: str, /, **fields: Unpack[AssignmentFields]
) -> Assignment:
    """A single published assignment."""
    defaults: Assignment = {
        "id": entity_id,
        "workspaceId": workspace_id,
        "userId": user_id,
        "projectId": project_id,
        "taskId": None,
        "period": {"start": "", "end": ""},
        "hoursPerDay": 8.0,
        "startTime": None,
        "note": None,
        "billable": True,
        "published": True,
        "includeNonWorkingDays": False,
        "excludeDays": [],
        "recurring": recurring(),
    }
    return overlaid(defaults, fields)


def recurring(series_id: str | None = None, weeks: int = 0) -> Recurring:
    """Whether and for how many weeks an assignment repeats."""
    return {
        "repeat": series_id is not None,
        "seriesId": series_id,
        "weeks": weeks,
        "frequency": "WEEKLY",
        "interval": 1,
        "monthlyRecurringType": None,
    }


def webhook(
    entity_id: str, workspace_id: str, name: str, event: WebhookEvent, /, **fields: Unpack[WebhookFields]
) -> Webhook:
    """An enabled webhook for everything in the workspace."""
    defaults: Webhook = {
        "id": entity_id,
        "name": name,
        "url": "",
        "workspaceId": workspace_id,
        "userId": None,
        "webhookEvent": event,
        "triggerSourceType": "WORKSPACE_ID",
        "triggerSource": [workspace_id],
        "enabled": True,
        "deliveryEnabled": True,
        "planEnabled": True,
        "authToken": "",
    }
    return overlaid(defaults, fields)


def shared_report(
    entity_id: str, workspace_id: str, user_id: str, name: str, /, **fields: Unpack[SharedReportFields]
) -> SharedReport:
    """A private summary report over a moving range."""
    defaults: SharedReport = {
        "id": entity_id,
        "workspaceId": workspace_id,
        "userId": user_id,
        "name": name,
        "type": "SUMMARY",
        "link": f"https://app.clockify.me/shared/{entity_id}",
        "isPublic": False,
        "fixedDate": False,
        "filter": {},
        "visibleToUsers": None,
        "visibleToUserGroups": None,
    }
    return overlaid(defaults, fields)
