"""Unusual values recorded from real responses: the tap turns each into a valid record with the same meaning.

Almost every optional field may be null, "none" has three spellings, custom fields have any type, and fields depend on
plan, role and year.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from tap_clockify.stream import schema_of

if TYPE_CHECKING:
    from collections.abc import Callable

    Runs = Callable[..., Any]
    Sandboxes = Callable[..., Any]
    Row = dict[str, Any]

MEMBER = {"userId": "u1", "hourlyRate": None, "costRate": None, "membershipType": "PROJECT", "targetId": "p1"}
INTERVAL = {"start": "2026-08-03T08:00:00Z", "end": "2026-08-03T10:54:00Z", "duration": "PT2H54M"}
LOCAL = {"start": "2026-08-03T15:48:00+10:00", "end": "2026-08-03T16:48:00+10:00", "duration": 3600}
ZONED = {"timeZone": "Australia/Sydney", "zonedStart": "2026-08-03T15:48", "zonedEnd": "2026-08-03T16:48"}
PERIOD = {"start": "2026-08-03T08:00:00Z", "end": "2026-08-03T16:00:00Z"}
NO_ENTITIES = {"enabled": False, "defaultEntities": {"projectId": None, "taskId": None}}
WS = "/workspaces/{ws}"


def field(value: Any, kind: str) -> Row:
    return {
        "customFieldId": "f",
        "timeEntryId": "e",
        "name": "n",
        "type": kind,
        "sourceType": "TIMEENTRY",
        "value": value,
    }


VALUES = [
    ("a", "TXT"),
    (7, "NUMBER"),
    (1.5, "NUMBER"),
    (True, "CHECKBOX"),
    (["x"], "DROPDOWN_MULTIPLE"),
    (None, "LINK"),
]

# Route -> its answer, rows by stream; `WORKSPACE` stands for the id of the workspace that is read.
ANSWERS: dict[str, Any] = {
    "GET /workspaces": [
        {
            "id": "WORKSPACE",
            "name": "W",
            "featureSubscriptionType": None,
            "memberships": [{**MEMBER, "membershipType": "WORKSPACE"}],
            "workspaceSettings": {
                "lockTimeEntries": None,
                "automaticLock": None,
                "adminOnlyPages": [],
                "round": {"round": "Round to nearest", "minutes": 15},
                "entityCreationPermissions": {"whoCanCreateTasks": "ADMINS"},
                "approvalSettings": {"approvalEnabled": True},
                "timeOff": {"active": False},
            },
        }
    ],
    "GET /user": {"id": "u1", "memberships": [], "roles": []},
    f"GET {WS}/users": [
        {"id": "u1", "name": None, "settings": None, "customFields": [], "memberships": [MEMBER], "roles": []},
        {
            "id": "u2",
            "memberships": [],
            "settings": {"lang": None, "projectListCollapse": None, "summaryReportSettings": {"group": "Project"}},
            "roles": [{"role": "WORKSPACE_ADMIN", "formatterRoleName": "Admin", "entities": []}],
        },
    ],
    f"GET {WS}/clients": [{"id": "c1", "name": "C", "email": None, "ccEmails": None, "address": None, "note": None}],
    f"GET {WS}/tags": [{"id": "t1", "name": "T", "newKey": 1}, {"id": "t2", "name": "T", "newKey": 2, "another": {}}],
    f"GET {WS}/projects": [
        {
            "id": "p1",
            "clientId": "",
            "clientName": "",
            "hourlyRate": None,
            "costRate": None,
            "budgetEstimate": None,
            "estimateReset": None,
            "timeEstimate": {"estimate": "PT0S", "type": "AUTO", "resetOption": None, "active": False},
            "memberships": [MEMBER, {**MEMBER, "userId": "g1", "membershipType": "USERGROUP"}],
        },
        {
            "id": "p2",
            "hourlyRate": None,
            "estimate": None,
            "duration": None,
            "timeEstimate": None,
        },  # a restricted role's
    ],
    f"GET {WS}/projects/{{projectId}}/tasks": [
        {"id": "k1", "assigneeId": None, "hourlyRate": None, "duration": None, "estimate": None, "budgetEstimate": None}
    ],
    f"GET {WS}/custom-fields": [
        {"id": f"f{number}", "type": kind, "description": None, "placeholder": None, "workspaceDefaultValue": value}
        | {"projectDefaultValues": [{"projectId": "p1", "value": value, "status": "INVISIBLE"}]}
        for number, (value, kind) in enumerate(VALUES)
    ],
    f"GET {WS}/user/{{userId}}/time-entries": [
        {
            "id": "e1",
            "description": "",
            "tagIds": None,
            "taskId": None,
            "projectId": None,
            "kioskId": None,
            "customFieldValues": None,
            "hourlyRate": {"amount": 0, "currency": None},
            "timeInterval": {"start": "2026-08-03T08:00:00Z", "end": None, "duration": None},
        },
        {"id": "e2", "tagIds": [], "customFieldValues": [field(*one) for one in VALUES], "timeInterval": INTERVAL},
    ],
    f"GET {WS}/expenses": {
        "expenses": {
            "count": 2,
            "expenses": [
                {"id": "x1", "date": "2026-08-03", "fileId": "", "fileName": None, "project": None, "task": None},
                {"id": "x2", "date": "2026-08-03", "fileId": None, "notes": None, "total": 12345.0, "category": None},
            ],
        },
        "dailyTotals": [{"date": "2026-08-03", "total": 12345.0}],
        "weeklyTotals": [],
    },
    f"GET {WS}/expenses/categories": {
        "count": 1,
        "categories": [{"id": "y1", "name": "Y", "unit": "", "status": None, "priceInCents": 0}],
    },
    f"POST {WS}/invoices/info": {"total": 1, "invoices": [{"id": "i1", "paid": None, "daysOverdue": 3}]},
    f"GET {WS}/invoices/{{invoiceId}}": {
        "id": "i1",
        "paid": None,
        "subject": None,
        "note": None,
        "clientAddress": None,
        "billFrom": None,
        "companyId": "",
        "tax": 2500.0,
        "items": [{"order": 1, "unitPrice": 100000, "quantity": 100, "amount": 100000, "timeEntryIds": []}],
    },
    f"GET {WS}/time-off/policies": [
        {
            "id": "o1",
            "archived": False,
            "color": None,
            "icon": None,
            "negativeBalance": None,
            "automaticAccrual": None,
            "projectId": None,
            "automaticTimeEntryCreation": NO_ENTITIES,
        },
        {"id": "o2", "automaticTimeEntryCreation": None, "projectId": ""},
    ],
    f"POST {WS}/time-off/requests": {
        "count": 1,
        "requests": [
            {
                "id": "r1",
                "createdAt": "2025-01-13T18:14:41.671710389Z",
                "status": {"statusType": "PENDING", "changedByUserId": None, "changedAt": None, "note": None},
                "timeOffPeriod": {"period": PERIOD, "halfDay": False, "halfDayHours": None},
            }
        ],
    },
    f"GET {WS}/approval-requests": [
        {
            "approvalRequest": {"id": "a1", "status": {"state": "PENDING", "note": None}, "type": "TIMESHEET"},
            "approvalStatuses": {"x": "PENDING"},
            "entries": [{"id": "e1", "project": None, "task": None, "hourlyRate": None, "timeInterval": INTERVAL}],
            "expenses": [],
            "billableAmount": 479755.55555555556,
        }
    ],
    f"GET {WS}/scheduling/assignments/all": [
        {
            "id": "s1",
            "clientId": "",
            "clientName": "",
            "taskId": None,
            "taskName": None,
            "startTime": None,
            "period": PERIOD,
            "recurring": {"repeat": True, "frequency": "WEEKLY", "interval": 1, "monthlyRecurringType": None},
        }
    ],
    f"POST {WS}/scheduling/assignments/projects/totals": [{"projectId": "p1", "clientName": None, "assignments": []}],
    f"POST {WS}/scheduling/assignments/user-filter/totals": [
        {"userId": "u1", "userStatus": None, "workingDays": None, "totalHoursPerDay": []},
        {"userId": "u2", "workingDays": '["MONDAY","FRIDAY"]', "totalHoursPerDay": []},
        {"userId": "u3", "workingDays": ["MONDAY"], "totalHoursPerDay": [{"date": PERIOD["start"], "totalHours": 7.5}]},
    ],
    f"GET {WS}/webhooks": {
        "workspaceWebhookCount": 1,
        "webhooks": [{"id": "w1", "userId": "", "authToken": "very-secret", "triggerSource": []}],
    },
    f"GET {WS}/shared-reports": {
        "count": 1,
        "reports": [
            {
                "id": "h1",
                "visibleToUsers": None,
                "visibleToUserGroups": None,
                "filter": {"users": None, "rounding": False},
            }
        ],
    },
    "GET /shared-reports/{id}": {
        "totals": [None],
        "totalsByDay": [],
        "groupOne": [],
        "filters": {"isAdminOrOwner": True},
    },
    f"POST {WS}/reports/detailed": {
        "totals": [None],
        "timeentries": [
            {"_id": "e1", "projectId": None, "taskId": None, "tagIds": None, "amount": None, "rate": None}
            | {"approvalRequestId": None, "type": "TIME_OFF", "timeInterval": {**LOCAL, **ZONED}, "invoicingInfo": []},
            {"_id": "e2", "tagIds": ["t1"], "amount": 439700.0, "timeInterval": LOCAL, "invoicingInfo": None}
            | {"customFields": [{"customFieldId": "f", "value": ["x"]}], "approved_by": None},
        ],
    },
    f"POST {WS}/reports/summary": {
        "totals": [{"_id": "", "totalAmount": None, "totalAmountByCurrency": {}}],
        "groupOne": [
            {
                "_id": "u1",
                "amounts": [{"type": "EARNED", "value": 479755.55555555556, "amountByCurrency": []}],
                "children": [
                    {"_id": {"USER": "u1", "DATE": "2026-08-03", "TIMEENTRY": "e1"}, "duration": 3600, "amount": None}
                ],
            }
        ],
    },
    f"POST {WS}/reports/weekly": {
        "totals": [None],
        "groupOne": [{"_id": "u1", "days": [{"date": "x", "duration": 0}]}],
    },
    f"POST {WS}/reports/attendance": {
        "totals": {"capacity": 0, "entriesCount": 1},
        "entities": [{"userId": "u1", "date": "2026-08-03", "name": "N", "zonedStart": "08:00", "balance": -3600}],
    },
    f"POST {WS}/reports/expenses/detailed": {
        "reportName": "R",
        "exportFields": [],
        "customFields": [],
        "expenses": [{"id": "x1", "date": "2026-08-03T00:00:00Z", "amount": 12345.0, "projectId": None, "fileId": ""}],
    },
    f"GET {WS}/entities/deleted": [
        {"id": "d1", "documentCode": "PTO_POLICY", "deletedAt": "2026-08-03T08:00:00Z", "document": {"id": "o9"}}
    ],
}

# Stream -> what the records must say, by their order; a tuple is a path into the record.
SAYS: dict[str, list[dict[Any, Any]]] = {
    "workspaces": [{"featureSubscriptionType": None, ("workspaceSettings", "round", "minutes"): "15"}],
    "users": [{"name": None, "settings": None}, {("settings", "lang"): None}],
    "memberships": [{"userId": "u1", "hourlyRate": None}],
    "user_roles": [{"userId": "u2", "role": "WORKSPACE_ADMIN", "entityId": "WORKSPACE"}],
    "clients": [{"email": None, "ccEmails": None}],
    "tags": [{"id": "t1"}, {"id": "t2"}],
    "projects": [{"clientId": None, "clientName": "", "budgetEstimate": None}, {"id": "p2", "timeEstimate": None}],
    "project_memberships": [{"userId": "u1", "costRate": None}, {"userId": "g1", "membershipType": "USERGROUP"}],
    "tasks": [{"projectId": project, "estimate": None, "workspaceId": "WORKSPACE"} for project in ("p1", "p2")],
    "custom_fields": [
        {
            "type": kind,
            "workspaceDefaultValue": value
            if value is None or isinstance(value, str)
            else json.dumps(value, separators=(",", ":")),
        }
        for value, kind in VALUES
    ],
    "time_entries": [
        {"tagIds": None, "projectId": None, ("timeInterval", "end"): None},
        {"tagIds": [], ("customFieldValues", 4, "value"): ["x"], ("customFieldValues", 3, "value"): True},
    ]
    * 2,
    "expenses": [{"fileId": None, "project": None}, {"fileId": None, "total": 12345.0}],
    "expense_categories": [{"unit": "", "status": None}],
    "invoices": [{"paid": None, "companyId": None, "tax": 2500.0, "daysOverdue": 3}],
    "invoice_items": [{"invoiceId": "i1", "order": 1}],
    "invoice_payments": [],
    "time_off_policies": [{"color": None, "automaticTimeEntryCreation": NO_ENTITIES}, {"projectId": None}],
    "time_off_requests": [{"createdAt": "2025-01-13T18:14:41.671710389Z", ("status", "changedAt"): None}],
    "approval_requests": [{"id": "a1", ("status", "state"): "PENDING", "billableAmount": 479755.55555555556}],
    "assignments": [{"clientId": None, "clientName": "", "taskId": None, ("recurring", "interval"): 1}],
    "assignment_project_totals": [{"projectId": "p1", "clientName": None}],
    "user_capacity_totals": [{"workingDays": None}, {"workingDays": ["MONDAY", "FRIDAY"]}, {"workingDays": ["MONDAY"]}],
    "user_capacity_days": [{"userId": "u3", "totalHours": 7.5}],
    "webhooks": [{"id": "w1", "userId": None}],
    "shared_reports": [{"visibleToUsers": None, ("filter", "rounding"): False}],
    "shared_report_data": [{"sharedReportId": "h1", "totals": [None], ("filters", "isAdminOrOwner"): True}],
    "report_detailed": [{"tagIds": None, "amount": None, "invoicingInfo": []}, {"amount": 439700.0}],
    "report_summary": [
        {"path": "u1", "level": 1, "group": "USER"},
        {"_id": '{"DATE":"2026-08-03","TIMEENTRY":"e1","USER":"u1"}', "level": 2, "parentPath": "u1"},
    ],
    "report_weekly": [{"_id": "u1", "weekStart": "2026-08-03"}],
    "report_attendance": [{"userId": "u1", "balance": -3600}],
    "report_expenses_detailed": [{"projectId": None, "fileId": None, "amount": 12345.0}],
    "entities_deleted": [{"documentType": "PTO_POLICY", ("document", "id"): "o9"}],
}


@pytest.fixture(scope="module")
def served(untouched: Any, run_tap: Runs) -> Any:
    """One run of all these streams over a day, on a sandbox that answers with what was recorded."""
    one = untouched.workspace_id
    texts = {
        route: json.dumps(answer).replace('"id": "WORKSPACE"', f'"id": "{one}"') for route, answer in ANSWERS.items()
    }
    whole = {"status": 200, "headers": {"Last-Page": "true", "has-more-data": "false"}}
    untouched.faults([{"route": route, "body": text, **whole} for route, text in texts.items()])
    try:
        window = {"start_date": "2026-08-03T00:00:00Z", "end_date": "2026-08-04T00:00:00Z"}
        # Recorded in different workspaces: the report tells other hours than the entries.
        run = run_tap(untouched.origin, streams=SAYS, verify_time_entries=False, **window)
    finally:
        untouched.faults([])
    assert run.code == 0, run.complaints
    return run, one


@pytest.mark.parametrize("stream", SAYS)
def test_recorded_values_fit_the_schema_and_keep_their_meaning(served: Any, stream: str) -> None:
    run, workspace = served
    records, validator = run.records[stream], Draft202012Validator(schema_of(stream), format_checker=FormatChecker())
    assert [fault.message for row in records for fault in validator.iter_errors(row)] == []
    said: list[dict[str, Any]] = []
    for row, expected in zip(records, SAYS[stream], strict=True):
        said.append({})
        for place in expected:
            value: Any = row
            for name in place if isinstance(place, tuple) else (place,):
                value = value[name]
            said[-1][place] = "WORKSPACE" if value == workspace else value
    assert said == SAYS[stream]


def test_an_unknown_field_is_dropped_with_one_warning_per_stream(served: Any) -> None:
    run, _ = served
    assert all(
        row.keys().isdisjoint({"newKey", "another", "authToken"}) for rows in run.records.values() for row in rows
    )
    withheld, warning = run.complaints
    assert withheld.startswith("project_memberships is incomplete in workspace")
    assert warning == (
        "Clockify sends fields that this version does not know; they are left out of tags: another, newKey"
    )
