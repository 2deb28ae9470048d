"""A copy continues if objects are missing at its destination, and lists what it omits."""

from __future__ import annotations

from typing import Any

import pytest

_SOURCE = "a" * 24
_LEFT, _GROUP, _PROJECT, _TASK, _FIELD = (f"{n:024x}" for n in range(1, 6))


def _rows(table: Any) -> list[dict[str, Any]]:
    return list(table.values()) if isinstance(table, dict) else list(table)


@pytest.mark.parametrize("order", [1, -1])
def test_a_project_is_copied_without_missing_members(target: Any, singer: Any, order: int) -> None:
    me = target.box.ok("GET", "/user")
    mine = "f" * 24
    streams = ("users", "projects", "tasks", "time_entries", "user_groups")
    members = [{"userId": one, "membershipType": "PROJECT", "targetId": _PROJECT} for one in (mine, _LEFT)]
    members.append({"userId": _LEFT, "membershipType": "USERGROUP", "targetId": "c" * 24})
    hour = {"start": "2026-01-05T08:00:00Z", "end": "2026-01-05T09:00:00Z"}
    rows = [
        ("users", {"id": mine, "email": me["email"]}),
        ("users", {"id": _LEFT, "email": "left@acme.example"}),
        ("user_groups", {"id": _GROUP, "name": "Crew", "userIds": [mine, _LEFT]}),
        ("projects", {"id": _PROJECT, "name": "Site", "clientId": "", "memberships": members}),
        ("tasks", {"id": _TASK, "projectId": _PROJECT, "name": "Design", "assigneeIds": [_LEFT, mine]}),
        (
            "time_entries",
            {"id": "e" * 24, "userId": mine, "projectId": _PROJECT, "taskId": _TASK, "timeInterval": hour},
        ),
        ("time_entries", {"id": "9" * 24, "userId": _LEFT, "projectId": _PROJECT, "timeInterval": hour}),
    ]
    records = [singer.record(stream, workspaceId=_SOURCE, **row) for stream, row in rows][::order]
    messages = [*(singer.schema(one) for one in streams), *records]
    result = target(messages)
    assert {(one["stream"], one["key"], one["error"]) for one in result.rejects} == {
        ("users", _LEFT, "irreversible"),
        ("time_entries", "9" * 24, "unresolved"),
    }
    [project], [task], [entry] = (_rows(target.tables()[name]) for name in ("projects", "tasks", "time_entries"))
    assert task["assigneeIds"] == [me["id"]]
    assert (entry["projectId"], entry["taskId"]) == (project["id"], task["id"])
    [line] = [line for line in result.log.splitlines() if "Not copied, since" in line]
    for said in ("users of projects", "users of tasks", "users of user_groups"):
        assert said in line
    assert result.code == 0
    assert result.counts["users"] == {"unchanged": 1, "not copied": 1}
    assert "2 records were not copied" in result.log
    strict = target(messages, strict_copy=True)
    assert (strict.code, strict.writes) == (1, {})
    assert strict.counts["users"] == {"unchanged": 1, "rejected": 1}


def test_a_refusal_by_clockify_during_a_copy_is_an_error(target: Any, singer: Any) -> None:
    target.box.faults([{"route": "POST /workspaces/{ws}/tags", "nth": 1, "status": 400}])
    result = target([singer.schema("tags"), singer.record("tags", id=_TASK, workspaceId=_SOURCE, name="Rush")])
    assert (result.code, result.counts) == (1, {"tags": {"rejected": 1}})


def test_a_disabled_webhook_is_not_copied(target: Any, singer: Any) -> None:
    hook = {"url": "https://hooks.acme.example/x", "webhookEvent": "NEW_PROJECT", "triggerSourceType": "WORKSPACE_ID"}
    rows = {_TASK: False, _FIELD: True}
    messages = [
        singer.schema("webhooks"),
        *(
            singer.record("webhooks", id=key, workspaceId=_SOURCE, name=f"Hook {on}", enabled=on, **hook)
            for key, on in rows.items()
        ),
    ]
    result = target(messages)
    assert result.counts == {"webhooks": {"inserted": 1, "not copied": 1}}
    assert [row["name"] for row in _rows(target.tables()["webhooks"])] == ["Hook True"]
    by_hand = singer.record("webhooks", id="mine", name="Quiet", enabled=False, **hook)
    refused = target([messages[0], by_hand])
    assert (refused.code, refused.counts) == (1, {"webhooks": {"rejected": 1}})


def test_a_copy_says_which_assignments_lose_their_series_and_publication(target: Any, singer: Any) -> None:
    me = target.box.ok("GET", "/user")
    week = {"start": "2026-12-07T00:00:00Z", "end": "2026-12-11T23:59:59Z"}
    messages = [
        singer.schema("projects"),
        singer.schema("assignments"),
        singer.record("projects", id=_PROJECT, workspaceId=_SOURCE, name="Site", clientId=""),
        singer.record(
            "assignments",
            id=_TASK,
            workspaceId=_SOURCE,
            userId=me["email"],
            projectId=_PROJECT,
            period=week,
            hoursPerDay=6,
            published=True,
            recurring={"repeat": True, "weeks": 3, "seriesId": "x"},
        ),
    ]
    result = target(messages)
    assert result.code == 0, result.log
    assert len(_rows(target.tables()["assignments"])) == 1
    [line] = [line for line in result.log.splitlines() if "Not copied, since" in line]
    assert "1 recurrence of assignments" in line
    assert "1 publication of assignments" in line
    assert target(messages).writes == {}


@pytest.mark.parametrize(("kind", "value"), [("NUMBER", 0), ("CHECKBOX", False), ("NUMBER", 7), ("CHECKBOX", True)])
def test_a_default_does_not_leak_into_copied_entries(target: Any, singer: Any, kind: str, value: Any) -> None:
    me = target.box.ok("GET", "/user")
    field = {"name": "Extra", "type": kind, "entityType": "TIMEENTRY", "workspaceDefaultValue": value}
    hour = {"start": "2026-01-05T08:00:00Z", "end": "2026-01-05T09:00:00Z"}
    messages = [
        singer.schema("custom_fields"),
        singer.schema("time_entries"),
        singer.record("custom_fields", id=_FIELD, workspaceId=_SOURCE, **field),
        singer.record("time_entries", id="e" * 24, workspaceId=_SOURCE, userId=me["email"], timeInterval=hour),
    ]
    assert target(messages).code == 0
    [entry] = target.box.ok("GET", f"/workspaces/{{ws}}/user/{me['id']}/time-entries")
    assert [one["value"] for one in entry["customFieldValues"] or () if one["value"] is not None] == []
    [made] = target.box.ok("GET", "/workspaces/{ws}/custom-fields")
    assert made["workspaceDefaultValue"] == value
    assert target(messages).writes == {}
