"""Every endpoint of Clockify that can be read, with the parameters that make it return everything it has.

Some lists hide rows by default. Limited users need the parameter `account-statuses`, archived policies need
`status=ALL`, archived expense categories need a second call. The parameters here return every row. Lists that can be
sorted by id are sorted, so that rows keep their positions while other programs write.
"""

from __future__ import annotations

from clockify_client.endpoint import (
    ATTENDANCE_REPORT,
    AUDIT_LOG,
    BODY,
    CAMEL,
    DELIVERIES,
    DETAILED_REPORT,
    ENTITY_FEED,
    KEBAB,
    Endpoint,
    Host,
)

_WS = "/workspaces/{workspaceId}"
_BY_ID = {"sort-column": "ID", "sort-order": "ASCENDING"}
_WINDOW = {"start": "{start}", "end": "{end}"}
_ACCOUNT_STATUSES = (
    "ACTIVE",
    "PENDING_EMAIL_VERIFICATION",
    "DELETED",
    "NOT_REGISTERED",
    "LIMITED",
    "LIMITED_DELETED",
)

# People and places
WORKSPACES = Endpoint("/workspaces")
WORKSPACES_OF_ADMIN = Endpoint("/workspaces", params={"roles": ["OWNER", "WORKSPACE_ADMIN"]})
WORKSPACE = Endpoint(_WS, single=True)
CURRENT_USER = Endpoint("/user", single=True, params={"include-memberships": "true"})
USERS = Endpoint(
    f"{_WS}/users",
    KEBAB,
    params={
        "memberships": "ALL",
        "include-roles": "true",
        "status": "ALL",
        "account-statuses": ",".join(_ACCOUNT_STATUSES),
        **_BY_ID,
    },
    memberships="memberships",
)
USER_MANAGERS = Endpoint(f"{_WS}/users/{{userId}}/managers", KEBAB, feature="MANAGER_ROLE")
MEMBER_PROFILE = Endpoint(f"{_WS}/member-profile/{{userId}}", single=True, identity="")
USER_GROUPS = Endpoint(f"{_WS}/user-groups", KEBAB, params={"includeTeamManagers": "true", **_BY_ID})

# Work
CLIENTS = Endpoint(f"{_WS}/clients", KEBAB, params={"sort-column": "NAME", "sort-order": "ASCENDING"})
PROJECTS = Endpoint(f"{_WS}/projects", KEBAB, params=_BY_ID)
PROJECTS_HYDRATED = PROJECTS.having(params={"hydrated": "true"})
PROJECT_CUSTOM_FIELDS = Endpoint(f"{_WS}/projects/{{projectId}}/custom-fields", feature="CUSTOM_FIELDS")
TASKS = Endpoint(f"{_WS}/projects/{{projectId}}/tasks", KEBAB, params=_BY_ID)
TAGS = Endpoint(f"{_WS}/tags", KEBAB, params=_BY_ID)
TIME_ENTRIES = Endpoint(f"{_WS}/user/{{userId}}/time-entries", KEBAB)
TIME_ENTRIES_IN_PROGRESS = Endpoint(f"{_WS}/time-entries/status/in-progress", KEBAB, page_size=1000)
CUSTOM_FIELDS = Endpoint(f"{_WS}/custom-fields", params={"entity-type": ["TIMEENTRY", "USER"]}, feature="CUSTOM_FIELDS")

# Money
EXPENSES = Endpoint(f"{_WS}/expenses", KEBAB, rows="expenses.expenses", total="expenses.count", feature="EXPENSES")
EXPENSE = Endpoint(f"{_WS}/expenses/{{expenseId}}", single=True, feature="EXPENSES")
EXPENSE_CATEGORIES = Endpoint(
    f"{_WS}/expenses/categories",
    KEBAB,
    rows="categories",
    total="count",
    params={"archived": "{onlyArchived}", "sort-column": "NAME", "sort-order": "ASCENDING"},
    feature="EXPENSES",
)
INVOICES = Endpoint(f"{_WS}/invoices", KEBAB, rows="invoices", total="total", params=_BY_ID, feature="INVOICING")
INVOICES_INFO = Endpoint(
    f"{_WS}/invoices/info",
    BODY,
    page_size=200,
    rows="invoices",
    total="total",
    method="POST",
    body={"sortColumn": "ID", "sortOrder": "ASCENDING"},
    feature="INVOICING",
)
INVOICE = Endpoint(f"{_WS}/invoices/{{invoiceId}}", single=True, feature="INVOICING")
INVOICE_PAYMENTS = Endpoint(f"{_WS}/invoices/{{invoiceId}}/payments", KEBAB, feature="INVOICING")
INVOICE_SETTINGS = Endpoint(f"{_WS}/invoices/settings", single=True, feature="INVOICING", identity="")

# Time off and approval
HOLIDAYS = Endpoint(f"{_WS}/holidays", feature="TIME_OFF")
TIME_OFF_POLICIES = Endpoint(
    f"{_WS}/time-off/policies", KEBAB, page_size=200, params={"status": "ALL"}, feature="TIME_OFF"
)
TIME_OFF_REQUESTS = Endpoint(
    f"{_WS}/time-off/requests",
    BODY,
    page_size=200,
    rows="requests",
    total="count",
    method="POST",
    body={"statuses": ["ALL"]},
    feature="TIME_OFF",
)
TIME_OFF_BALANCES = Endpoint(
    f"{_WS}/time-off/balance/policy/{{policyId}}",
    KEBAB,
    page_size=200,
    rows="balances",
    total="count",
    feature="TIME_OFF",
)
BALANCE_ASSIGNMENTS = Endpoint(
    f"{_WS}/time-off/balance/assignment/user/{{userId}}/policy/{{policyId}}", feature="TIME_OFF"
)
# A row contains the entries and expenses of its whole period, about 20 kB: 5,000 of them would be 100 MB.
APPROVAL_REQUESTS = Endpoint(
    f"{_WS}/approval-requests", KEBAB, page_size=1000, params=_BY_ID, feature="APPROVAL", identity="approvalRequest"
)

# Schedule
ASSIGNMENTS = Endpoint(f"{_WS}/scheduling/assignments/all", KEBAB, params={**_WINDOW, **_BY_ID}, feature="SCHEDULING")
ASSIGNMENT_PROJECT_TOTALS = Endpoint(
    f"{_WS}/scheduling/assignments/projects/totals",
    BODY,
    page_size=200,
    method="POST",
    body={**_WINDOW, "statusFilter": "ALL"},
    feature="SCHEDULING",
    identity="projectId",
)
USER_CAPACITY = Endpoint(
    f"{_WS}/scheduling/assignments/user-filter/totals",
    BODY,
    page_size=200,
    method="POST",
    body={**_WINDOW, "statusFilter": "ALL"},
    feature="SCHEDULING",
    identity="userId",
)

# Webhooks
WEBHOOKS = Endpoint(f"{_WS}/webhooks", rows="webhooks")
ADDON_WEBHOOKS = Endpoint(f"{_WS}/addons/{{addonId}}/webhooks", rows="webhooks")
WEBHOOK_LOGS = Endpoint(
    f"{_WS}/webhooks/{{webhookId}}/logs", DELIVERIES, page_size=200, method="POST", body={"status": "ALL"}
)
WEBHOOK_EVENT_STATUSES = Endpoint(f"{_WS}/webhooks/{{webhookId}}/statuses", DELIVERIES, page_size=200)

# Reports. A window is in wall-clock time of the zone in the request; without a zone, it is in that of the account.
_EXPENSE_RANGE = {
    "dateRangeStart": "{start}",
    "dateRangeEnd": "{end}",
    "timeZone": "{timeZone}",
    "exportType": "JSON",
}
_RANGE = {**_EXPENSE_RANGE, "rounding": "{rounding}"}  # of durations; expenses have none


def _report(name: str, **more: object) -> Endpoint:
    return Endpoint(f"{_WS}/reports/{name}", method="POST", host=Host.REPORTS, **more)  # type: ignore[arg-type]


REPORT_DETAILED = _report(
    "detailed",
    paging=DETAILED_REPORT,
    page_size=1000,
    rows="timeentries",
    body={**_RANGE, "amountShown": "{amountShown}", "detailedFilter": {"options": {"totals": "EXCLUDE"}}},
    identity="_id",
)
_OF_USERS = {"users": {"ids": "{userIds}", "contains": "CONTAINS", "status": "ALL"}}
REPORT_DETAILED_OF_USER = REPORT_DETAILED.having(body=_OF_USERS)
REPORT_SUMMARY = _report(
    "summary",
    rows="groupOne",
    body={**_RANGE, "amountShown": "{amountShown}", "summaryFilter": {"groups": "{groups}"}},
    identity="",
)
REPORT_SUMMARY_OF_USER = REPORT_SUMMARY.having(body=_OF_USERS)
REPORT_WEEKLY = _report(
    "weekly",
    rows="groupOne",
    body={**_RANGE, "amountShown": "{amountShown}", "weeklyFilter": {"group": "{weeklyGroup}", "subgroup": "TIME"}},
    identity="",
)
REPORT_ATTENDANCE = _report(
    "attendance",
    paging=ATTENDANCE_REPORT,
    page_size=200,
    rows="entities",
    body={**_RANGE, "attendanceFilter": {}},
    feature="ATTENDANCE_REPORT",
    identity="userId",
    unique=False,
)
REPORT_EXPENSES_DETAILED = _report(
    "expenses/detailed", paging=BODY, page_size=1000, rows="expenses", body=_EXPENSE_RANGE, feature="EXPENSES"
)
SHARED_REPORTS = Endpoint(
    f"{_WS}/shared-reports",
    CAMEL,
    page_size=200,
    rows="reports",
    total="count",
    host=Host.REPORTS,
    params={"sharedReportsFilter": "ALL"},
)
SHARED_REPORT_DATA = Endpoint(
    "/shared-reports/{sharedReportId}",
    CAMEL,
    page_size=50,  # rows are identified by their page number, so the page size must not change
    single=True,
    paged="timeentries",
    host=Host.REPORTS,
    identity="",
)

# Logs
AUDIT_LOG_ROWS = Endpoint(
    f"{_WS}/audit-log",
    AUDIT_LOG,
    page_size=50,
    method="POST",
    host=Host.AUDIT_LOG,
    body={**_WINDOW, "actions": "{actions}", "authors": {"authorIds": [], "contains": "DOES_NOT_CONTAIN"}},
    feature="AUDIT_LOG",
    identity="action",
    unique=False,
)
_FEED_PARAMS = {"type": "{types}", **_WINDOW}
ENTITIES_CREATED = Endpoint(f"{_WS}/entities/created", ENTITY_FEED, params=_FEED_PARAMS, identity="")
ENTITIES_UPDATED = Endpoint(f"{_WS}/entities/updated", ENTITY_FEED, params=_FEED_PARAMS, identity="")
ENTITIES_DELETED = Endpoint(f"{_WS}/entities/deleted", ENTITY_FEED, params=_FEED_PARAMS, identity="")

AUDIT_ACTIONS = (
    *(f"CREATE_TIME_{how}" for how in ("PERSONAL_TIMER", "PERSONAL_MANUAL", "IMPORT", "KIOSK", "FOR_OTHER")),
    *("RESTORE_TIME", "RESTORE_TIME_FOR_OTHER"),
    *(f"{verb}_TIME_{whose}" for verb in ("UPDATE", "DELETE") for whose in ("PERSONAL", "FOR_OTHER")),
    *(f"CREATE_{what}{how}" for what in ("PROJECT", "CLIENT") for how in ("", "_IMPORT", "_QUICKBOOKS")),
    *(f"CREATE_{what}{how}" for what in ("TASK", "TAG") for how in ("", "_IMPORT")),
    *(f"{verb}_{what}" for what in ("PROJECT", "TASK", "CLIENT", "TAG") for verb in ("UPDATE", "DELETE")),
    *(f"{verb}_EXPENSE{whose}" for verb in ("CREATE", "RESTORE", "UPDATE", "DELETE") for whose in ("", "_FOR_OTHER")),
)
"""Every action of the audit log. A single unknown action makes the whole request fail."""

ENTITY_TYPES = (
    *("APPROVAL_REQUESTS", "BALANCE", "CLIENTS", "CUSTOM_FIELDS", "HOLIDAYS", "INVOICES", "PROJECTS", "PTO_POLICY"),
    *("SCHEDULED_ASSIGNMENT", "TAGS", "TASKS", "TIME_ENTRY", "TIME_ENTRY_CUSTOM_FIELD_VALUE", "TIME_ENTRY_RATE"),
    *("TIME_OFF_REQUEST", "USER", "USER_GROUPS"),
)
"""Every kind of document in the entity feeds."""
