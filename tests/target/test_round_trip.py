"""What the tap reads, the target takes: unchanged it writes nothing, into another workspace it makes the same."""

from __future__ import annotations

import json
import random
from typing import Any

_UNCOPIED = {  # what is not the workspace's own, is made by the server, or names another workspace's objects
    *("id", "workspaceId", "duration", "createdAt", "requesterUserId", "requesterUserName", "link", "reportAuthor"),
    *("creator", "companyId", "currencyId", "currencyCode", "isLocked", "kioskId", "userId_", "published"),
}


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


def test_copy_into_an_empty_workspace(sandbox: Any, runner: Any, tap_output: Any, tmp_path: Any) -> None:
    box = sandbox(scale="tiny")
    source, copy = box.workspace_id, box.ok("POST", "/workspaces", {"name": "Copy"})["id"]
    messages = [json.loads(line) for line in tap_output(box, source).splitlines()]
    owner = box.ok("GET", "/user")["id"]
    for message in messages:
        if message["type"] == "RECORD" and message["stream"] == "users":
            user = message["record"]
            if user["id"] != owner and user["email"]:
                box.ok("POST", f"/workspaces/{copy}/users?send-email=false", {"email": user["email"]})
    schemas = [message for message in messages if message["type"] == "SCHEMA"]
    records = [message for message in messages if message["type"] == "RECORD"]
    random.Random(2).shuffle(records)
    target = runner(box, tmp_path, copy)
    first = target([*schemas, *records])
    assert len(first.rejects) + sum(
        n for counts in first.counts.values() for what, n in counts.items() if what != "rejected"
    ) == sum(message["stream"] in first.counts for message in records)
    rejected = {reject["stream"] for reject in first.rejects}
    again = target([*schemas, *records])
    assert sum(n for route, n in again.writes.items() if "time-off" not in route) == 0, again.writes
    made, given = _records(tap_output(box, copy)), _records(tap_output(box, source))
    for stream in (
        "clients",
        "projects",
        "tasks",
        "tags",
        "user_groups",
        "custom_fields",
        "expense_categories",
        "holidays",
    ):
        assert stream not in rejected
        pairs = zip(sorted(map(_own, made[stream])), sorted(map(_own, given[stream])), strict=True)
        differing = [pair for pair in pairs if pair[0] != pair[1]]
        assert differing == [], stream + str(differing)
    by_user = [
        {
            user: sum(row["userId"] == user for row in rows["time_entries"])
            for user in {row["userId"] for row in rows["time_entries"]}
        }
        for rows in (made, given)
    ]
    missing = {reject["record"]["userId"] for reject in first.rejects if reject["stream"] == "time_entries"}
    assert {user: n for user, n in by_user[0].items() if user not in missing} == {
        user: n for user, n in by_user[1].items() if user not in missing
    }


def _records(output: bytes) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for line in output.splitlines():
        message = json.loads(line)
        if message["type"] == "RECORD":
            found.setdefault(message["stream"], []).append(message["record"])
    return found


def _own(row: dict[str, Any]) -> str:
    """What of a record is its own: no ids, neither of itself nor of others, and nothing the server makes."""
    kept = {
        name: value
        for name, value in row.items()
        if name not in {*_UNCOPIED, "teamManagers"}
        and not name.endswith(("Id", "Ids"))
        and name not in {"memberships", "clientName", "projectDefaultValues"}
    }
    if isinstance(kept.get("estimate"), dict):
        del kept["estimate"]  # repeats timeEstimate, once that was set
    if kept.get("hourlyRate", 0) is None:
        kept["hourlyRate"] = {"amount": 0}
    return json.dumps(_plain(kept), sort_keys=True)


def _plain(value: Any) -> Any:
    """Rates carry the currency of the workspace, and none is as good as 0 where a new object cannot have none."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items() if name != "currency"} | {
            name: value[name] or 0 for name in ("budgetEstimate",) if name in value
        }
    return None if value == "" else value
