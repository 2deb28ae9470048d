"""The target accepts the tap's output: unchanged rows write nothing, and another workspace becomes an equal copy."""

from __future__ import annotations

import json
import random
import sqlite3
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path


def test_unchanged_writes_nothing(sandbox: Any, runner: Any, tap_output: Any, tmp_path: Any) -> None:
    box = sandbox(scale="tiny")
    for number, workspace in enumerate(box.workspace_ids):
        folder = tmp_path / str(number)
        folder.mkdir()
        target = runner(box, folder, workspace)
        result = target(tap_output(box, workspace))
        assert result.code == 0, result.log
        assert result.writes == {}
        assert result.rejects == []


_ROUNDS: list[dict[str, tuple[str, Any, str]]] = [
    {
        "clients": ("note", "changed", "PUT /clients/{clientId}"),
        "projects": ("note", "changed", "PUT /projects/{projectId}"),
        "tasks": ("estimate", "PT9H", "PUT /projects/{projectId}/tasks/{taskId}"),
        "tags": ("archived", True, "PUT /tags/{tagId}"),
        "time_entries": ("description", "changed", "PUT /time-entries/{timeEntryId}"),
        "expense_categories": ("unit", "piece", "PUT /expenses/categories/{categoryId}"),
        "expenses": ("notes", "changed", "PUT /expenses/{expenseId}"),
        "user_groups": ("name", "Changed", "PUT /user-groups/{userGroupId}"),
        "holidays": ("name", "Changed", "PUT /holidays/{holidayId}"),
        "invoices": ("tax", 700.0, "PUT /invoices/{invoiceId}"),
        "time_off_policies": ("allowHalfDay", True, "PUT /time-off/policies/{policyId}"),
        "custom_fields": ("description", "changed", "PUT /custom-fields/{customFieldId}"),
        "member_profiles": ("workCapacity", "PT5H", "PATCH /member-profile/{userId}"),
        "assignments": ("hoursPerDay", 1, "PATCH /scheduling/assignments/recurring/{assignmentId}"),
        "webhooks": ("name", "Changed", "PUT /webhooks/{webhookId}"),
        "shared_reports": ("name", "Changed", "PUT /shared-reports/{reportId}"),
    },
    {
        "workspaces": ("hourlyRate.amount", 4321, "PUT /hourly-rate"),
        "users": ("memberships.0.costRate.amount", 4321, "PUT /users/{userId}/cost-rate"),
        "clients": ("ccEmails", ["books@client.example"], "PUT /clients/{clientId}"),
        "projects": ("hourlyRate.amount", 7777, "PUT /projects/{projectId}"),
        "tasks": ("hourlyRate.amount", 6666, "PUT /projects/{projectId}/tasks/{taskId}/hourly-rate"),
        "time_entries": ("billable", False, "PUT /time-entries/{timeEntryId}"),
        "expense_categories": ("archived", True, "PATCH /expenses/categories/{categoryId}/status"),
        "expenses": ("quantity", 3.5, "PUT /expenses/{expenseId}"),
        "holidays": ("datePeriod.endDate", "2027-12-31", "PUT /holidays/{holidayId}"),
        "invoices": ("status", "VOID", "PATCH /invoices/{invoiceId}/status"),
        "invoice_settings": ("labels.tax", "VAT", "PUT /invoices/settings"),
        "time_off_policies": ("automaticAccrual.amount", 3.0, "PUT /time-off/policies/{policyId}"),
        "time_off_balances": ("balance", 11.5, "PATCH /time-off/balance/policy/{policyId}"),
        "time_off_requests": (
            "status.statusType",
            "APPROVED",
            "PATCH /time-off/policies/{policyId}/requests/{requestId}",
        ),
        "approval_requests": ("status.state", "APPROVED", "PATCH /approval-requests/{approvalRequestId}"),
        "member_profiles": ("weekStart", "SATURDAY", "PATCH /member-profile/{userId}"),
        "assignments": ("note", "changed", "PATCH /scheduling/assignments/recurring/{assignmentId}"),
        "webhooks": ("url", "https://changed.example/", "PUT /webhooks/{webhookId}"),
    },
    {
        "users": ("memberships.0.membershipStatus", "INACTIVE", "PUT /users/{userId}"),
        "clients": ("archived", True, "PUT /clients/{clientId}"),
        "projects": ("timeEstimate.estimate", "PT77H", "PATCH /projects/{projectId}/estimate"),
        "tasks": ("status", "DONE", "PUT /projects/{projectId}/tasks/{taskId}"),
        "expenses": ("billable", True, "PUT /expenses/{expenseId}"),
        "invoices": ("discount", 550.0, "PUT /invoices/{invoiceId}"),
        "time_off_policies": ("archived", True, "PATCH /time-off/policies/{policyId}"),
    },
    {
        "projects": ("public", True, "PUT /projects/{projectId}"),
        "invoices": ("dueDate", "2027-12-31T00:00:00Z", "PUT /invoices/{invoiceId}"),
        "time_entries": ("timeInterval.start", "2026-11-01T09:00:00Z", "PUT /time-entries/{timeEntryId}"),
    },
]
"""Changes of one field each, by stream: where it is, its new value, and the one call that it takes."""

_FOLLOWS = {
    "workspaces": {"memberships"},
    "users": {"customFields"},
    "memberships": {"costRate", "membershipStatus"},
    "shared_reports": {"visibleToUserGroups"},  # by name too
    "projects": {"clientName", "duration", "estimate"},
    "project_memberships": {"membershipStatus"},
    "tasks": {"duration"},
    "time_entries": {"hourlyRate", "costRate", "isLocked"},
    "expenses": {"category", "total", "locked"},
    "invoices": {"amount", "balance", "taxAmount", "discountAmount", "daysOverdue"},
    "member_profiles": {"userCustomFieldValues", "hasPendingApprovalRequest"},
    "time_off_requests": {"balance"},
    "approval_requests": {
        *("owner", "entries", "expenses", "pendingTime", "approvedTime", "billableTime", "trackedTime"),
        *("costAmount", "billableAmount", "expenseTotal"),
    },
    "time_off_balances": {"total", "used", "balance", "policyArchived"},
}
"""What Clockify works out again by itself, by stream."""


def test_one_changed_field_is_one_update(sandbox: Any, runner: Any, tap_output: Any, tmp_path: Any) -> None:
    box = sandbox(scale="tiny")
    target = runner(box, tmp_path)
    for changes in _ROUNDS:
        output = tap_output(box, box.workspace_id)
        messages = [json.loads(line) for line in output.splitlines()]
        changed: dict[str, str] = {}
        for stream, rows in _by_stream(messages).items():
            if stream in changes:
                path, value, _ = changes[stream]
                changed[stream] = next(_key(row) for row in rows if _set(row, path.split("."), value))
        result = target(messages)
        assert result.code == 0, result.log
        assert result.writes == Counter(route.replace(" ", " /workspaces/{ws}", 1) for _, _, route in changes.values())
        before, after = _records(output), _records(tap_output(box, box.workspace_id))
        for stream, key in changed.items():
            path, value, _ = changes[stream]
            old, new = ({_key(row): row for row in rows[stream]} for rows in (before, after))
            assert old.keys() == new.keys()
            assert _get(new[key], path.split(".")) == value, stream
            differing = [
                (one, name)
                for one in new
                for name in new[one].keys() - _FOLLOWS.get(stream, set())
                if _meaning(new[one][name], {}) != _meaning(old[one].get(name), {})
            ]
            assert set(differing) <= {(key, path.split(".")[0])}, stream


def _set(row: Any, path: list[str], value: Any) -> bool:
    """Change a field, if the row is one in which it can change; return whether it is."""
    closed = any(row.get(name) for name in ("archived", "isLocked", "locked")) or row.get("status") == "PAID"
    holder = _get(row, path[:-1])
    if closed or not isinstance(holder, dict) or holder.get(path[-1]) == value:
        return False
    if (value == "APPROVED" and holder[path[-1]] != "PENDING") or (value == "INACTIVE" and row["roles"]):
        return False  # decided already; and whoever writes has a role
    holder[path[-1]] = value
    return True


def _get(value: Any, path: list[str]) -> Any:
    for name in path:
        if not value:
            return None
        value = value[int(name)] if isinstance(value, list) else value.get(name)
    return value


@pytest.mark.parametrize("entries", [1, 3], ids=["alone", "in bulk"])
def test_an_update_of_an_entry_fills_in_no_defaults(empty: Any, target: Any, singer: Any, entries: int) -> None:
    me = empty.ok("GET", "/user")["id"]
    made = [
        empty.ok(
            "POST",
            f"/workspaces/{{ws}}/user/{me}/time-entries",
            {"start": f"2026-03-0{day}T09:00:00Z", "end": f"2026-03-0{day}T10:00:00Z"},
        )
        for day in range(1, entries + 1)
    ]
    field = {"name": "Place", "type": "TXT", "entityType": "TIMEENTRY", "workspaceDefaultValue": "Office"}
    empty.ok("POST", "/workspaces/{ws}/custom-fields", field)
    rows = [singer.record("time_entries", id=one["id"], userId=me, description="Said later") for one in made]
    result = target([singer.schema("time_entries"), *rows])
    assert result.counts == {"time_entries": {"updated": entries}}
    shown = empty.ok("GET", f"/workspaces/{{ws}}/user/{me}/time-entries")
    assert [one["description"] for one in shown] == ["Said later"] * entries
    assert [value["value"] for one in shown for value in one["customFieldValues"]] == [None] * entries


_SERVER_MADE = {
    "users": {
        "activeWorkspace",
        "defaultWorkspace",
        "memberships",
        "roles",
        "profilePicture",
    },  # what is theirs here follows below
    "member_profiles": {"imageUrl", "workspaceNumber", "hasPendingApprovalRequest"},
    "user_groups": {"teamManagers"},  # roles are given by procedures
    "clients": {"currencyId", "currencyCode"},  # no call adds a currency to a workspace
    "projects": {"duration", "estimate"},
    "time_entries": {
        "hourlyRate",
        "costRate",
        "isLocked",
        "kioskId",
        "type",
    },  # HOLIDAY and TIME_OFF are made by their own
    "expenses": {"locked", "fileId", "fileName"},  # a row says nothing of the picture
    "invoices": {"calculationType", "containsImportedExpenses", "containsImportedTimes", "userId"},
    "invoice_payments": {"author"},
    "invoice_settings": {"defaults"},
    "time_off_requests": {
        *("requesterUserId", "requesterUserName", "createdAt", "balance", "status"),
        *("balanceValueAtRequest", "negativeBalanceUsed"),
    },
    "time_off_balances": {"id", "total", "used"},
    "approval_requests": {"creator", "status", "entries", "expenses"},
    "webhooks": {"enabled", "deliveryEnabled", "planEnabled", "userId"},
}
"""What a copy cannot have, by stream: nobody can write it, or it says who wrote it and when."""

NOT_WRITTEN = {"not copied", "rejected"}
NOT_COPIED = {
    ("webhooks", "invalid"),  # one is disabled, and the API could not make it so
    ("users", "invalid"),  # who has no e-mail address is made by hand
    ("shared_reports", "invalid"),  # their list lacks the filter
    ("expenses", "invalid"),  # one has lost its category
    ("time_entries", "unresolved"),  # of somebody who has left, and is no member of the copy
    ("time_entries", "invalid"),  # one has a description that Clockify does not take any more
    ("time_off_requests", "invalid"),  # nobody can withdraw a request of another person
    ("time_off_requests", "refused"),  # one was rejected because of the balance
}


@pytest.mark.parametrize("order", [None, 1, 2, 3])
def test_copy_into_an_empty_workspace(
    sandbox: Any, runner: Any, tap_output: Any, tmp_path: Path, order: int | None
) -> None:
    box = sandbox(scale="tiny")
    source, copy = box.workspace_id, box.ok("POST", "/workspaces", {"name": "Copy"})["id"]
    messages = [json.loads(line) for line in tap_output(box, source).splitlines()]
    given = _by_stream(messages)
    invite(box, copy, given["users"])
    schemas = [message for message in messages if message["type"] == "SCHEMA"]
    records = [message for message in messages if message["type"] == "RECORD"]
    if order is not None:
        random.Random(order).shuffle(records)
    target = runner(box, tmp_path, copy)
    first = target([*schemas, *records])
    accepted = sum(n for counts in first.counts.values() for what, n in counts.items() if what not in NOT_WRITTEN)
    assert len(first.rejects) + accepted == sum(message["stream"] in first.counts for message in records)
    assert {(reject["stream"], reject["error"]) for reject in first.rejects} <= NOT_COPIED

    made = _records(tap_output(box, copy))
    ids = _translation(tmp_path, given, made, source, copy)
    rejected = {reject["key"] for reject in first.rejects}
    for stream in first.counts.keys() - {"workspaces"}:
        expected = Counter(_plain(row, stream, ids) for row in given[stream] if _key(row) not in rejected)
        found = Counter(_plain(row, stream, {}) for row in made.get(stream, ()))
        assert list(found - expected) == list(expected - found) == [], stream
    assert _states(made) == _states(given, ids, rejected)

    again = target([*schemas, *records])
    done = {what for counts in again.counts.values() for what in counts}
    assert done <= {"unchanged", *NOT_WRITTEN}
    assert {one["key"] for one in again.rejects} == rejected
    assert _records(tap_output(box, copy)) == made


def invite(box: Any, workspace: str, people: list[dict[str, Any]]) -> None:
    """The API cannot make people members; people without an e-mail address are created by name."""
    members = {user["email"] for user in box.ok("GET", f"/workspaces/{workspace}/users?include-roles=true")}
    for user in people:
        if user["email"] and user["email"] not in members:
            box.ok("POST", f"/workspaces/{workspace}/users?send-email=false", {"email": user["email"]})
        elif not user["email"]:
            box.ok("POST", f"/workspaces/{workspace}/limited-users", {"users": [{"name": user["name"]}]})


def _translation(folder: Path, given: dict[str, Any], made: dict[str, Any], source: str, copy: str) -> dict[str, str]:
    """Ids of the source and what they became: by the ledger, and people by who they are."""
    ids = {source: copy}
    with closing(sqlite3.connect(folder / "ledger.db")) as ledger:
        ids.update(ledger.execute("SELECT key, id FROM clockify_rows"))
    people = {(user["email"], user["name"]): user["id"] for user in made["users"]}
    return ids | {user["id"]: people[user["email"], user["name"]] for user in given["users"]}


def _key(row: dict[str, Any]) -> str:
    return str(row.get("id") or row.get("userId"))


def _states(rows: dict[str, Any], ids: dict[str, str] | None = None, without: set[str] | None = None) -> Any:
    """What became of requests, and what people are in their workspace."""
    ids, without = ids or {}, without or set()
    own = [
        (ids.get(user["id"], user["id"]), one["membershipStatus"], one["hourlyRate"], one["costRate"])
        for user in rows["users"]
        for one in user["memberships"]
        if one["membershipType"] == "WORKSPACE" and one["membershipStatus"] in {"ACTIVE", "INACTIVE"}
    ]
    approvals = [(ids.get(row["id"], row["id"]), row["status"]["state"]) for row in rows["approval_requests"]]
    requests = [
        (ids.get(row["id"], row["id"]), row["status"]["statusType"])
        for row in rows["time_off_requests"]
        # some policies approve by themselves, also what was still pending
        if row["id"] not in without and row["policyName"] != "Appointments"
    ]
    return sorted(map(repr, own)), sorted(approvals), sorted(requests)


def _records(output: bytes) -> dict[str, list[dict[str, Any]]]:
    return _by_stream([json.loads(line) for line in output.splitlines()])


def _by_stream(messages: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for message in messages:
        if message["type"] == "RECORD":
            found.setdefault(message["stream"], []).append(message["record"])
    return found


def _plain(row: dict[str, Any], stream: str, ids: dict[str, str]) -> str:
    """What of a record is its own, with the ids of the copy; nothing, "" and 0 where they mean the same."""
    kept = {name: value for name, value in row.items() if name not in _SERVER_MADE.get(stream, ())}
    return json.dumps(_meaning(kept, ids), sort_keys=True)


def _meaning(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, dict) and value.keys() == {"amount", "currency"} and value["currency"] != "USD":
        return None  # an amount in a currency that the copy has not
    if isinstance(value, dict):
        pairs = ((name, _meaning(one, ids)) for name, one in value.items() if name not in _INSIDE)
        return {name: one for name, one in pairs if one not in (None, "", 0, [], {})} | (
            {"value": value["value"]} if value.get("value") else {}
        )
    if isinstance(value, list):
        elements = [_meaning(one, ids) for one in value if not isinstance(one, dict) or one.get("value", 1)]
        return sorted(elements, key=repr) or None
    return ids.get(value, value) if isinstance(value, str) else value


_INSIDE = {"currency", "customField", "timeEntryId", "membershipStatus", "importType", "timeEntryIds", "expenseIds"}
