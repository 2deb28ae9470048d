"""What the tap reads, the target takes: unchanged it writes nothing, into another workspace it makes the same."""

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


def test_one_changed_field_is_one_update(sandbox: Any, runner: Any, tap_output: Any, tmp_path: Any) -> None:
    box = sandbox(scale="tiny")
    lines = [json.loads(line) for line in tap_output(box, box.workspace_id).splitlines()]
    changes = {
        "clients": {"note": "changed"},
        "projects": {"note": "changed"},
        "tags": {"archived": True},
        "expense_categories": {"unit": "piece"},
        "user_groups": {"name": "Changed"},
        "holidays": {"name": "Changed"},
        "invoices": {"tax": 700.0},
        "time_off_policies": {"allowHalfDay": True},
        "custom_fields": {"description": "changed"},
        "member_profiles": {"workCapacity": "PT5H"},
        "expenses": {"notes": "changed"},
        "assignments": {"hoursPerDay": 1},
    }
    routes = {
        "PUT /workspaces/{ws}/clients/{clientId}",
        "PUT /workspaces/{ws}/projects/{projectId}",
        "PUT /workspaces/{ws}/tags/{tagId}",
        "PUT /workspaces/{ws}/expenses/categories/{categoryId}",
        "PUT /workspaces/{ws}/user-groups/{userGroupId}",
        "PUT /workspaces/{ws}/holidays/{holidayId}",
        "PUT /workspaces/{ws}/invoices/{invoiceId}",
        "PUT /workspaces/{ws}/time-off/policies/{policyId}",
        "PUT /workspaces/{ws}/custom-fields/{customFieldId}",
        "PATCH /workspaces/{ws}/member-profile/{userId}",
        "PUT /workspaces/{ws}/expenses/{expenseId}",
        "PATCH /workspaces/{ws}/scheduling/assignments/recurring/{assignmentId}",
    }
    changed_streams = set(changes)
    changed = []
    for line in lines:
        fields = changes.get(line.get("stream", "")) if line["type"] == "RECORD" else None
        if (
            fields
            and all(line["record"].get(name) != value for name, value in fields.items())
            and not line["record"].get("archived")
        ):
            line["record"].update(fields)
            changes.pop(line["stream"])
        changed.append(line)
    assert changes == {}
    before = _records(tap_output(box, box.workspace_id))
    result = runner(box, tmp_path)(changed)
    assert result.code == 0, result.log
    assert set(result.writes) == routes
    assert set(result.writes.values()) == {1}
    after = _records(tap_output(box, box.workspace_id))
    differing = {
        (stream, name)
        for stream, rows in after.items()
        for row, old in zip(rows, before[stream], strict=True)
        for name in row
        if row[name] != old.get(name)
    }
    expected = {
        ("clients", "note"),
        ("projects", "note"),
        ("tags", "archived"),
        ("expense_categories", "unit"),
        ("user_groups", "name"),
        ("holidays", "name"),
        ("invoices", "tax"),
        ("time_off_policies", "allowHalfDay"),
        ("custom_fields", "description"),
        ("member_profiles", "workCapacity"),
        ("expenses", "notes"),
        ("assignments", "hoursPerDay"),
    }
    assert expected <= differing
    made_by_the_server = {
        "invoices": {"amount", "balance", "taxAmount"},
        "projects": {"duration"},
        "expenses": {"category"},
        "member_profiles": {"userCustomFieldValues"},  # they repeat the custom field
    }
    others = {(stream, name) for stream, name in differing - expected if stream in changed_streams}
    assert all(name in made_by_the_server.get(stream, ()) for stream, name in others), others


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
    "time_off_requests": {"requesterUserId", "requesterUserName", "createdAt", "balance", "status"},
    "time_off_balances": {"id", "balance", "used"},
    "approval_requests": {"creator", "status", "entries", "expenses", "dateRange"},
    "webhooks": {"enabled", "deliveryEnabled", "planEnabled", "userId"},
}
"""What a copy cannot have, by stream: nobody can write it, or it says who wrote it and when."""

_NOT_COPIED = {
    ("users", "invalid"),  # who has no e-mail address is made by hand
    ("shared_reports", "invalid"),  # their list lacks the filter
    ("expenses", "invalid"),  # one has lost its category
    ("time_entries", "invalid"),  # one has a description that Clockify does not take any more
    ("time_off_requests", "invalid"),  # nobody can withdraw for another
    ("time_off_requests", "refused"),  # one was rejected for want of balance
}


@pytest.mark.parametrize("order", [None, 1, 2, 3])
def test_copy_into_an_empty_workspace(
    sandbox: Any, runner: Any, tap_output: Any, tmp_path: Path, order: int | None
) -> None:
    box = sandbox(scale="tiny")
    source, copy = box.workspace_id, box.ok("POST", "/workspaces", {"name": "Copy"})["id"]
    messages = [json.loads(line) for line in tap_output(box, source).splitlines()]
    given = _by_stream(messages)
    _invite(box, copy, given["users"])
    schemas = [message for message in messages if message["type"] == "SCHEMA"]
    records = [message for message in messages if message["type"] == "RECORD"]
    if order is not None:
        random.Random(order).shuffle(records)
    target = runner(box, tmp_path, copy)
    first = target([*schemas, *records])
    accepted = sum(n for counts in first.counts.values() for what, n in counts.items() if what != "rejected")
    assert len(first.rejects) + accepted == sum(message["stream"] in first.counts for message in records)
    assert {(reject["stream"], reject["error"]) for reject in first.rejects} <= _NOT_COPIED

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
    assert done == {"unchanged", "rejected"}
    assert {one["key"] for one in again.rejects} == rejected
    assert _records(tap_output(box, copy)) == made


def _invite(box: Any, workspace: str, people: list[dict[str, Any]]) -> None:
    """Nobody can make people members but they themselves; those without an e-mail address are made by name."""
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
    if isinstance(value, dict):
        pairs = ((name, _meaning(one, ids)) for name, one in value.items() if name not in _INSIDE)
        return {name: one for name, one in pairs if one not in (None, "", 0, [], {})} | (
            {"value": value["value"]} if value.get("value") else {}
        )
    if isinstance(value, list):
        elements = [_meaning(one, ids) for one in value if not isinstance(one, dict) or one.get("value", 1)]
        return sorted(elements, key=repr)
    return ids.get(value, value) if isinstance(value, str) else value


_INSIDE = {"currency", "customField", "timeEntryId", "membershipStatus", "importType", "timeEntryIds", "expenseIds"}
