"""The sandbox refuses only requests whose refusal was recorded or is documented; others are accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from clockify_sandbox import messages
from clockify_sandbox.messages import Message

if TYPE_CHECKING:
    from tests.conftest import Sandbox, StartSandbox

WS = "/workspaces/{ws}"
SEEN = "recorded"
SPECIFIED = "official specification"
HELP = "help pages"

EVIDENCE = {
    # who asks
    "ACCESS_DENIED": f"{SEEN}: malformed workspace ids, unknown time-off requests, lists of users asked by members",
    "ADDON_LACKS_SCOPE": f"{SEEN}: an add-on token without the scope of the route",
    "API_KEY_UNKNOWN": SEEN,
    "FEATURE_UNAVAILABLE": "listed by a client library as the face of a missing feature; only with `plan_refusal` 402",
    "NO_SUBSCRIPTION": f"{SEEN}: expenses on a plan without them; only with `plan_refusal` 400",
    "NOT_FOR_ADDONS": f"{SEEN}: webhooks and custom fields asked with an add-on token",
    "NOT_PERMITTED": f"{SEEN} for receipts; {HELP} on roles",
    "ONE_CREDENTIAL": SEEN,
    "TOKEN_INVALID": SEEN,
    "USER_NOT_IN_PROJECT": f"{SEEN}: tasks of a project that a group gives access to; only with `group_access`",
    # how it is asked
    "BODY_MISSING": f"{SEEN}: unreadable JSON",
    "CONTENT_TYPE_UNSUPPORTED": f"{SEEN}: an expense as JSON",
    "ENUM_CONSTANT_UNKNOWN": f"{SEEN}: a document type in lower case",
    "HTTP_METHOD_NOT_ALLOWED": f"{SEEN} on the host of the reports",
    "HTTP_NOT_FOUND": "the host of the reports on a path that it does not have, after its other errors",
    "INPUT_STRING": f"{SEEN}: a page size that is no number",
    "INTERNAL_ERROR": f"{SEEN}: webhooks of type SYSTEM, holidays of an unknown user, payments without an amount",
    "JSON_UNREADABLE": SEEN,
    "JSON_UNREADABLE_AT": SEEN,
    "METHOD_NOT_ALLOWED": f"{SEEN} on the host of the audit log",
    "METHOD_UNSUPPORTED": SEEN,
    "NOT_ACCEPTABLE": SEEN,
    "NOT_FOUND": f"{SEEN}: the shape of errors on the host of the audit log",
    "NO_RESOURCE": SEEN,
    "PARAMETER_MISSING": SEEN,
    "PARAMETER_NOT_INTEGER": f"{SEEN}: the position of an invoice item",
    "PARAMETER_UNREADABLE": SEEN,
    # values
    "ANGLE_BRACKETS": f"{SEEN}: descriptions of time entries",
    "AT_LEAST": f"{SEEN}; {SPECIFIED}: minimum",
    "AT_MOST": f"{SPECIFIED}: maximum",
    "DATE_FORMAT": f"{SPECIFIED}: dates as yyyy-MM-dd",
    "DURATION_UNREADABLE": f"{SPECIFIED}: durations in ISO 8601",
    "FIELD_MISSING": f"{SPECIFIED}: required fields of report filters",
    "FILE_TOO_LARGE": f"{SPECIFIED}: receipts of at most 5 MB",
    "FILE_TYPE": f"{SPECIFIED}: receipts are pictures or PDF",
    "LENGTH_AT_LEAST": f"{SPECIFIED}: minLength",
    "LENGTH_AT_MOST": f"{SPECIFIED}: maxLength",
    "LENGTH_BETWEEN": SEEN,
    "MUST_MATCH": f"{SPECIFIED}: pattern",
    "NOT_BLANK": SEEN,
    "NOT_NULL": SEEN,
    "NOT_ONE_OF": SEEN,
    "PAGE_NOT_POSITIVE": f"{SPECIFIED}: minimum of the page of running timers",
    "PAGE_SIZE_NOT_POSITIVE": SEEN,
    "PAGE_SIZE_TOO_LARGE": f"{SEEN} for 5,000; {SPECIFIED}: maximum",
    "START_AFTER_END": SEEN,
    "START_DATE_AFTER_END": f"{SEEN} for moments; the same check of days",
    "START_NOT_BEFORE_END": f"{SEEN} on the core; the same check on the host of the audit log",
    "TEXT_UNREADABLE": f"{SPECIFIED}: date-time",
    "TEXT_UNREADABLE_AS": f"{SEEN}: milliseconds in requests in hours; {SPECIFIED}: formats of days",
    "TYPE_NOT_ALLOWED": f"{SPECIFIED}: enum of the types of shared reports",
    "URL_INVALID": "corrected specification: format of the address of a webhook",
    "ZONE_UNKNOWN": f"{SPECIFIED}: time zones by their names",
    # what there is
    "ALREADY_EXISTS": f"{SEEN} for clients and tags",
    "DOES_NOT_BELONG": SEEN,
    "ITEM_TYPE_UNKNOWN": SEEN,
    "PROJECT_EXISTS": f"{SEEN}: the message names the client",
    "PROJECT_UNKNOWN": SEEN,
    "SCHEDULE_ASSIGNMENT_UNKNOWN": SEEN,
    "SHARED_REPORT_GONE": SEEN,
    # states and rules
    "ACTIVE_CLIENT": SEEN,
    "ACTIVE_PROJECT": SEEN,
    "ACTIVE_TASK": SEEN,
    "APPROVAL_PERIOD": f"{SEEN}: a period of another length than the workspace's",
    "BALANCE_INSUFFICIENT": SEEN,
    "CATEGORY_NOT_ARCHIVED": SEEN,
    "CC_EMAILS": SEEN,
    "DAYS_NOT_ALLOWED": SEEN,
    "ENTRY_APPROVED": SEEN,
    "ENTRY_LOCKED": SEEN,
    "EXPENSE_APPROVED": f"{SPECIFIED}: expenses are locked; {HELP} on approval",
    "EXPENSE_LOCKED": f"{SPECIFIED}: expenses are locked; {HELP} on locking",
    "FIELD_REQUIRED": f"{SEEN}: workspaces that force projects, tasks, tags or descriptions",
    "FOR_NOBODY": SEEN,
    "HALF_DAY_NOT_ALLOWED": f"{SPECIFIED}: policies that do not allow half days",
    "MANUAL_TIME_DISABLED": SEEN,
    "NON_WORKING_DAYS": SEEN,
    "NOTE_EMPTY": SEEN,
    "NOTHING_RUNNING": SEEN,
    "PERIOD_OUT_OF_RANGE": "a week that no calendar has cannot be worked out",
    "POLICY_NOT_ARCHIVED": SEEN,
    "POLICY_STATUS_FIXED": SEEN,
    "RECURRING_TOO_LONG": f"{SEEN}: a span of more than a week",
    "START_MISSING": f"{SEEN}: an end without a start",
    "STATUS_INVALID": SEEN,
    "VISIBLE_FIELDS": f"{SEEN}: the limit of the plan",
    "WITHDRAWAL_LATE": SEEN,
    # reports
    "ATTENDANCE_BOUNDS": SEEN,
    "DETAILED_FILTER_MISSING": SEEN,
    "FILTERS_MISSING": SEEN,
    "RANGE_NOT_A_WEEK": SEEN,
    "RANGE_TOO_LONG": f"{HELP}: the audit log shows at most a month",
    "RANGE_TOO_LONG_FOR_PLAN": f"{SPECIFIED}: 31 days on the free plan",
    "REPORT_FAILED": f"{SEEN}: an unknown filter of shared reports",
    "SORT_COLUMN_INVALID": SEEN,
    "SUMMARY_FILTER_MISSING": SEEN,
    "WEEKLY_FILTER_MISSING": SEEN,
    # webhooks
    "WEBHOOK_EXISTS": f"{SEEN}: a create without a name",
    "WEBHOOK_LIMIT": f"{HELP}: webhooks of a plan",
    "WEBHOOK_NEEDS_USER": SEEN,
}
"""Message of a refusal: who has shown it."""
NOUNS = {
    "ADDON", "APPROVAL_REQUEST", "ASSIGNMENT", "BALANCE", "BALANCE_ASSIGNMENT", "CLIENT", "CURRENCY", "CUSTOM_FIELD",
    "DESCRIPTION", "ENTITY", "EXPENSE", "EXPENSE_CATEGORY", "HOLIDAY", "INVOICE", "INVOICE_ITEM", "PAYMENT", "POLICY",
    "PROJECT", "SHARED_REPORT", "TAG", "TAGS", "TASK", "TIME_ENTRY", "TIME_OFF_REQUEST", "TRIGGER_SOURCE", "USER",
    "USER_GROUP", "WEBHOOK", "WORKSPACE",
}  # fmt: skip


def test_every_refusal_is_recorded_or_documented() -> None:
    known = {name for name, value in vars(messages).items() if isinstance(value, Message)}
    assert known == EVIDENCE.keys() | NOUNS
    assert all(EVIDENCE.values())


@pytest.fixture
def tiny(sandbox: StartSandbox) -> Sandbox:
    return sandbox(scale="tiny")


def first(box: Sandbox, table: str, **fields: Any) -> Any:
    rows = box.dump()["workspaces"][0][table]
    return next(row for row in rows if all(row[name] == value for name, value in fields.items()))


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/user-groups", {"name": "Masons"}),
        ("/expenses/categories", {"name": "Bricks"}),
        ("/custom-fields", {"name": "Weight", "type": "NUMBER", "entityType": "TIMEENTRY", "status": "INVISIBLE"}),
        ("/time-off/policies", {"name": "Leave", "approve": {"requiresApproval": True}, "everyoneIncludingNew": True}),
    ],
)
def test_duplicate_names_are_accepted_unless_a_refusal_is_known(
    empty: Sandbox, path: str, body: dict[str, Any]
) -> None:
    made = [empty.ok("POST", WS + path, body) for _ in range(2)]
    assert made[0]["name"] == made[1]["name"]
    assert made[0]["id"] != made[1]["id"]


def test_a_project_may_have_two_tasks_of_a_name(empty: Sandbox) -> None:
    project = empty.ok("POST", f"{WS}/projects", {"name": "Bridge"})["id"]
    path = f"{WS}/projects/{project}/tasks"
    assert len({empty.ok("POST", path, {"name": "Pillar"})["id"] for _ in range(2)}) == 2


def test_writes_that_change_nothing_are_accepted(tiny: Sandbox) -> None:
    member = first(tiny, "members", membershipStatus="ACTIVE")["userId"]
    group = first(tiny, "user_groups", name="Nobody yet")["id"]
    assert tiny.ok("DELETE", f"{WS}/user-groups/{group}/users/{member}")["userIds"] == []
    role = {"role": "PROJECT_MANAGER", "entityId": first(tiny, "projects")["id"]}
    assert tiny.call("DELETE", f"{WS}/users/{member}/roles", role).status_code == 204
    before = len(tiny.dump()["workspaces"][0]["members"])
    address = tiny.ok("GET", "/user")["email"]
    assert tiny.ok("POST", f"{WS}/users?send-email=false", {"email": address})["id"] == tiny.workspace_id
    assert len(tiny.dump()["workspaces"][0]["members"]) == before


def test_a_week_may_be_submitted_again_and_change_its_state_freely(tiny: Sandbox) -> None:
    week = {"periodStart": "2030-05-06T00:00:00Z", "period": "WEEKLY"}
    requests = [tiny.ok("POST", f"{WS}/approval-requests/TIMESHEET", week)["id"] for _ in range(2)]
    assert len(set(requests)) == 2
    for state in ("APPROVED", "REJECTED", "WITHDRAWN_APPROVAL", "APPROVED"):
        shown = tiny.ok("PATCH", f"{WS}/approval-requests/{requests[0]}", {"state": state})
        assert shown["status"]["state"] == state
    other = {"periodStart": "2031-05-05T00:00:00Z", "period": "WEEKLY"}
    again = tiny.ok("POST", f"{WS}/approval-requests/resubmit-entries-for-approval", other)
    assert again["status"]["state"] == "PENDING"


def test_any_project_may_be_a_model_and_have_two_active_estimates(empty: Sandbox) -> None:
    project = empty.ok("POST", f"{WS}/projects", {"name": "Bridge"})["id"]
    body = {"name": "Another", "templateProjectId": project}
    assert empty.ok("POST", f"{WS}/projects/from-template", body)["name"] == "Another"
    estimates = {
        "timeEstimate": {"estimate": "PT8H", "type": "MANUAL", "active": True},
        "budgetEstimate": {"estimate": 5000, "type": "MANUAL", "active": True},
    }
    shown = empty.ok("PATCH", f"{WS}/projects/{project}/estimate", estimates)
    assert shown["timeEstimate"]["active"]
    assert shown["budgetEstimate"]["active"]


def test_a_page_before_the_first_one_is_the_first_one(tiny: Sandbox) -> None:
    path = f"{WS}/tags"
    assert tiny.ok("GET", f"{path}?page=0&page-size=2") == tiny.ok("GET", f"{path}?page-size=2")
    assert tiny.refused("GET", f"{WS}/time-entries/status/in-progress?page=0") == (400, 501)
