"""One example row for every writable object and every procedure, in the order of one input.

The rows belong together: each refers to others by their keys in this input, as rows from another program do. A test
writes all of them to the sandbox in one run.
"""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]

PROJECT_ID = "64a687e29ae1f428e7ebe303"
PAYMENT_ID = "64a687e29ae1f428e7ebe304"
USER_ID = "64a687e29ae1f428e7ebe305"
"""Clockify ids, for calls that accept only ids: of the project and the payment below, and of Ben."""

PEOPLE = {"ada": "ada@tiny.example", "ben": "ben@tiny.example"}
"""Members of the workspace that the rows are written to; rows refer to them by e-mail address."""

_ADA, _BEN = PEOPLE["ada"], PEOPLE["ben"]

OBJECTS: dict[str, Row] = {
    "workspaces": {"id": "north", "name": "Branch north"},
    "users": {"id": "u1", "email": "eva@tiny.example", "hourlyRate": 9500},
    "user_groups": {"id": "g1", "name": "Designers", "userIds": [_ADA, _BEN]},
    "member_profiles": {"userId": _BEN, "workCapacity": "PT6H", "workingDays": ["MONDAY", "TUESDAY", "WEDNESDAY"]},
    "clients": {"id": "c1", "name": "Delta Ltd", "email": "books@delta.example", "note": "Pays within ten days"},
    "projects": {"id": "p1", "name": "Rebrand", "clientId": "c1", "color": "#0B83D9", "billable": True},
    "tasks": {"id": "t1", "projectId": "p1", "name": "Logo", "assigneeIds": [_BEN], "estimate": "PT20H"},
    "tags": {"id": "l1", "name": "on site"},
    "custom_fields": {"id": "f1", "name": "Order number", "type": "TXT", "entityType": "TIMEENTRY"},
    "time_entries": {
        "id": "e1",
        "userId": _BEN,
        "start": "2026-10-05T09:00:00+02:00",
        "end": "2026-10-05T10:30:00+02:00",
        "projectId": "p1",
        "taskId": "t1",
        "description": "First sketches",
        "tagIds": ["l1"],
    },
    "expense_categories": {
        "id": "k1",
        "name": "Kilometres by car",
        "hasUnitPrice": True,
        "priceInCents": 30,
        "unit": "km",
    },
    "expenses": {
        "id": "x1",
        "userId": _BEN,
        "date": "2026-10-06",
        "categoryId": "k1",
        "projectId": "p1",
        "quantity": "12.5",
        "notes": "To the client and back",
    },
    "invoices": {
        "id": "i1",
        "number": "2026-101",
        "clientId": "c1",
        "currency": "USD",
        "issuedDate": "2026-11-02",
        "dueDate": "2026-12-02",
        "items": [
            {"itemType": "Service", "description": "Logo", "quantity": 1.5, "unitPrice": 9500, "applyTaxes": "NONE"}
        ],
    },
    "invoice_payments": {"id": "y1", "invoiceId": "i1", "amount": 5000, "date": "2026-11-20", "note": "First half"},
    "invoice_settings": {"id": "s1", "defaults": {"notes": "Thank you", "subject": "Invoice", "dueDays": 30}},
    "holidays": {
        "id": "h1",
        "name": "Midsummer",
        "datePeriod": {"startDate": "2026-06-20", "endDate": "2026-06-20"},
        "occursAnnually": True,
        "everyoneIncludingNew": True,
    },
    "time_off_policies": {
        "id": "o1",
        "name": "Study leave",
        "approve": {"requiresApproval": True},
        "allowNegativeBalance": True,
        "users": {"contains": "CONTAINS", "ids": [_ADA, _BEN], "status": "ACTIVE"},
    },
    "time_off_balances": {"policyId": "o1", "userId": _BEN, "balance": 10},
    "balance_assignments": {"id": "b1", "policyId": "o1", "userId": _BEN, "balance": 3, "note": "Carried over"},
    "time_off_requests": {
        "id": "q1",
        "policyId": "o1",
        "userId": _BEN,
        "timeOffPeriod": {"period": {"start": "2026-12-14", "days": 2}},
        "note": "Exam",
    },
    "approval_requests": {"id": "a1", "userId": _BEN, "type": "TIMESHEET", "periodStart": "2026-10-05T00:00:00Z"},
    "assignments": {
        "id": "n1",
        "userId": _BEN,
        "projectId": "p1",
        "start": "2026-12-07",
        "end": "2026-12-11",
        "hoursPerDay": 4,
    },
    "webhooks": {
        "id": "w1",
        "name": "Timer stopped",
        "url": "https://hooks.example/stops",
        "webhookEvent": "TIMER_STOPPED",
        "triggerSourceType": "WORKSPACE_ID",
        "triggerSource": [],
    },
    "shared_reports": {
        "id": "r1",
        "name": "Hours by project",
        "type": "SUMMARY",
        "isPublic": False,
        "filter": {
            "dateRangeStart": "2026-10-01T00:00:00Z",
            "dateRangeEnd": "2026-10-31T23:59:59Z",
            "summaryFilter": {"groups": ["PROJECT"]},
        },
    },
}

_ENTRY = {"id": "e2", "userId": _ADA, "start": "2026-10-07T08:00:00Z", "duration": "PT1H"}
_TEMPLATE = {"id": "p2", "name": "Model for rebrands", "template": True}

BEFORE_CALLS: tuple[tuple[str, Row], ...] = (("projects", _TEMPLATE), ("time_entries", _ENTRY))
"""Additional rows, for calls that need a separate object."""

_LABELS = {
    "amount": "Amount",
    "billFrom": "From",
    "billTo": "To",
    "description": "Work",
    "discount": "Discount",
    "dueDate": "Due",
    "issueDate": "Issued",
    "itemType": "Type",
    "notes": "Notes",
    "paid": "Paid",
    "quantity": "Hours",
    "subtotal": "Subtotal",
    "tax": "Tax",
    "tax2": "Second tax",
    "total": "Total",
    "totalAmountDue": "Amount due",
    "unitPrice": "Price",
}

PROCEDURES: dict[str, Row] = {
    "AddProjectMembers": {"projectId": "p1", "userIds": [_ADA, _BEN]},
    "UpdateWorkspaceCostRate": {"amount": 4000, "since": "2026-11-01"},
    "UpdateWorkspaceBillableRate": {"amount": 9000, "currency": "USD", "since": "2026-11-01"},
    "UpdateUserBillableRate": {"userId": _BEN, "amount": 9500},
    "UpdateUserCostRate": {"userId": _BEN, "amount": 4500, "since": "2026-11-01"},
    "UpdateProjectUserBillableRate": {"projectId": "p1", "userId": _BEN, "amount": 11000},
    "UpdateProjectUserCostRate": {"projectId": "p1", "userId": _BEN, "amount": 5000},
    "UpdateTaskBillableRate": {"projectId": "p1", "taskId": "t1", "amount": 12000},
    "UpdateTaskCostRate": {"projectId": "p1", "taskId": "t1", "amount": 5000},
    "AddUserToGroup": {"userGroupId": "Veterans", "userId": _BEN},
    "RemoveUserFromGroup": {"userGroupId": "g1", "userId": _ADA},
    "SetUserStatus": {"userId": "mia@tiny.example", "status": "INACTIVE"},
    "GiveManagerRole": {"userId": "lia@tiny.example", "role": "PROJECT_MANAGER", "entityId": PROJECT_ID},
    "RemoveManagerRole": {"userId": "lia@tiny.example", "role": "PROJECT_MANAGER", "entityId": PROJECT_ID},
    "SetUserCustomFieldValue": {"userId": _BEN, "customFieldId": "T-shirt", "value": "L"},
    "SetProjectEstimate": {
        "projectId": "p1",
        "timeEstimate": {"estimate": "PT80H", "type": "MANUAL", "active": True},
    },
    "SetProjectMemberships": {"projectId": "p1", "memberships": [{"userId": USER_ID, "hourlyRate": 11000}]},
    "RemoveProjectMembers": {"projectId": "p1", "userIds": [_ADA]},
    "SetProjectTemplate": {"projectId": "p1", "isTemplate": True},
    "CreateProjectFromTemplate": {"id": "m1", "templateProjectId": "p2", "name": "Rebrand of Acme", "clientId": "Acme"},
    "SetProjectCustomField": {"projectId": "p1", "customFieldId": "f1", "defaultValue": "PO-1", "status": "VISIBLE"},
    "RemoveProjectCustomField": {"projectId": "p1", "customFieldId": "f1"},
    "ArchiveProject": {"projectId": "Internal"},
    "ArchiveClient": {"clientId": "Cumulus", "archiveProjects": True},
    "ArchiveTag": {"tagId": "remote"},
    "MarkTaskDone": {"projectId": "p1", "taskId": "t1"},
    "ArchiveExpenseCategory": {"categoryId": "Meals", "archived": True},
    "ChangeInvoiceStatus": {"invoiceId": "i1", "invoiceStatus": "SENT"},
    "DuplicateInvoice": {"id": "m2", "invoiceId": "i1"},
    "AddInvoiceItem": {
        "id": "m3",
        "invoiceId": "i1",
        "itemType": "Service",
        "description": "Business cards",
        "quantity": 2,
        "unitPrice": 15000,
        "applyTaxes": "NONE",
    },
    "RemoveInvoiceItem": {"id": "m4", "invoiceId": "i1", "order": 1},
    "ImportInvoiceItems": {
        "id": "m5",
        "invoiceId": "i1",
        "from": "2026-10-01T00:00:00Z",
        "to": "2026-10-31T23:59:59Z",
        "importExpenses": False,
        "projectFilter": {"contains": "CONTAINS", "ids": [], "status": "ALL"},
        "timeEntryGroupType": "SINGLE_ITEM",
    },
    "AddInvoicePayment": {"id": "m6", "invoiceId": "i1", "amount": 2500, "paymentDate": "2026-11-24", "note": "Second"},
    "DeleteInvoicePayment": {"invoiceId": "i1", "paymentId": PAYMENT_ID},
    "UpdateInvoiceSettings": {"labels": _LABELS, "defaults": {"notes": "Thank you", "subject": "Invoice"}},
    "MarkTimeEntriesInvoiced": {"timeEntryIds": ["e1"], "invoiced": True},
    "StopTimer": {"userId": _ADA, "end": "2026-11-26T17:00:00Z"},
    "DuplicateTimeEntry": {"id": "m7", "userId": _ADA, "timeEntryId": "e2"},
    "PublishAssignments": {"start": "2026-12-01", "end": "2026-12-31", "notifyUsers": False},
    "CopyAssignment": {"id": "m8", "assignmentId": "n1", "userId": _ADA, "seriesUpdateOption": "THIS_ONE"},
    "ChangeAssignmentSeries": {"assignmentId": "n1", "repeat": True, "weeks": 4},
    "ArchivePolicy": {"policyId": "Appointments"},
    "ActivatePolicy": {"policyId": "Moving house"},
    "UpdateBalance": {"policyId": "o1", "userIds": [_BEN], "value": 2, "note": "Long service"},
    "AddBalanceAssignment": {"id": "m9", "policyId": "o1", "userIds": [_ADA], "balance": 5, "note": "First year"},
    "ChangeTimeOffRequestStatus": {"policyId": "o1", "requestId": "q1", "status": "APPROVED"},
    "SubmitApproval": {"id": "m10", "userId": _BEN, "periodStart": "2026-10-12T00:00:00Z", "type": "TIMESHEET"},
    "ChangeApprovalState": {"approvalRequestId": "a1", "state": "APPROVED", "note": "Well done"},
    "RotateWebhookToken": {"id": "m11", "webhookId": "w1"},
}
