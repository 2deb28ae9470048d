"""Writes that the workspace's settings forbid are rejected before anything is sent, in dry runs and real runs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

_MEMBER = "sandbox-member-key"


@pytest.fixture
def mine(target: Any) -> dict[str, Any]:
    """An hour of the owner of the key."""
    hour = {"start": "2026-11-23T08:00:00Z", "end": "2026-11-23T09:00:00Z"}
    return {"userId": target.box.ok("GET", "/user")["id"], "timeInterval": hour}


def _mia(target: Any) -> str:
    users = target.box.ok("GET", "/workspaces/{ws}/users?page-size=200")
    return str(next(row["id"] for row in users if row["name"] == "Mia Plain"))


def _both(target: Any, messages: list[dict[str, Any]], **settings: Any) -> tuple[Any, Any]:
    """A dry run, and the run after it; both must plan and reject the same."""
    dry = target(messages, dry_run=True, **settings)
    real = target(messages, **settings)
    assert [(one["key"], one["message"]) for one in dry.rejects] == [
        (one["key"], one["message"]) for one in real.rejects
    ]
    assert dry.writes == {}
    assert sum(real.writes.values()) == len(dry.plan)
    return dry, real


def test_rows_need_the_fields_that_the_workspace_forces(target: Any, singer: Any, mine: dict[str, Any]) -> None:
    target.box.origin.settings(target.workspace, forceProjects=True, forceTags=True, forceDescription=True)
    running = {**mine, "timeInterval": {"start": f"{datetime.now(tz=UTC):%Y-%m-%dT%H:%M:%SZ}"}}
    messages = [
        singer.schema("projects"),
        singer.schema("tags"),
        singer.schema("time_entries"),
        singer.record("projects", id="p", name="Site"),
        singer.record("tags", id="t", name="Rush"),
        singer.record("time_entries", id="bare", **mine),
        singer.record("time_entries", id="half", description="Plans", projectId="p", **mine),
        singer.record("time_entries", id="full", description="Plans", projectId="p", tagIds=["t"], **mine),
        singer.record("time_entries", id="running", **running),
    ]
    _, real = _both(target, messages)
    assert {one["key"]: one["message"] for one in real.rejects} == {
        "bare": "projectId is required by the workspace (forceProjects); tagIds is required by the workspace "
        "(forceTags); description is required by the workspace (forceDescription)",
        "half": "tagIds is required by the workspace (forceTags)",
    }
    assert {one["error"] for one in real.rejects} == {"workspace_rule"}
    assert real.counts["time_entries"] == {"inserted": 2, "rejected": 2}
    emptied = singer.record("time_entries", id="full", tagIds=None)
    _, real = _both(target, [messages[2], emptied])
    assert real.counts["time_entries"] == {"rejected": 1}


@pytest.mark.parametrize("operation", ["INSERT", "UPDATE", "DELETE"])
def test_locked_periods_are_for_administrators(target: Any, singer: Any, operation: str) -> None:
    target.box.reset(scale="tiny")
    target.workspace = target.box.workspace_id
    mia = _mia(target)
    hours = {"start": "2026-11-23T08:00:00Z", "end": "2026-11-23T09:00:00Z"}
    row = {"id": "mia", "userId": mia, "timeInterval": hours, "description": "before"}
    messages = [singer.schema("time_entries"), singer.record("time_entries", **row)]
    if operation != "INSERT":
        assert target(messages).counts["time_entries"] == {"inserted": 1}
        change = {"description": "after"} if operation == "UPDATE" else {"_sdc_deleted_at": "2026-11-24T00:00:00Z"}
        messages[1] = singer.record("time_entries", **{**row, **change})
    target.box.origin.settings(target.workspace, lockTimeEntries="2026-11-24T00:00:00Z")
    _, real = _both(target, messages, api_key=_MEMBER)
    assert [one["message"] for one in real.rejects] == [
        "the workspace has locked time entries before 2026-11-24T00:00:00Z (lockTimeEntries)"
    ]
    _, real = _both(target, messages)
    assert (real.code, real.rejects) == (0, [])


def test_a_timer_only_workspace_refuses_other_time_of_members(target: Any, singer: Any) -> None:
    target.box.reset(scale="tiny")
    target.workspace = target.box.workspace_id
    target.box.origin.settings(target.workspace, timeTrackingMode="STOPWATCH_ONLY")
    mia = _mia(target)
    hours = {"start": "2026-11-23T08:00:00Z", "end": "2026-11-23T09:00:00Z"}
    row = singer.record("time_entries", id="mia", userId=mia, timeInterval=hours)
    _, real = _both(target, [singer.schema("time_entries"), row], api_key=_MEMBER)
    assert [one["error"] for one in real.rejects] == ["workspace_rule"]


def test_a_plan_with_a_members_key_says_that_it_may_be_refused(target: Any, singer: Any) -> None:
    target.box.reset(scale="tiny")
    target.workspace = target.box.workspace_id
    messages = [singer.schema("clients"), singer.record("clients", id=1, name="Not for members")]
    said = "The key does not belong to an administrator"
    assert said in target(messages, dry_run=True, api_key=_MEMBER).log
    assert said not in target(messages, dry_run=True).log
    assert said not in target(messages, api_key=_MEMBER).log


def test_only_administrators_change_entries_that_an_automatic_lock_may_hold(target: Any, singer: Any) -> None:
    target.box.reset(scale="tiny")
    target.workspace = target.box.workspace_id
    target.box.origin.settings(target.workspace, lockTimeEntries="2026-11-24T00:00:00Z")
    hours = {"start": "2026-11-23T08:00:00Z", "end": "2026-11-23T09:00:00Z"}
    row = {"id": "mia", "userId": _mia(target), "timeInterval": hours, "description": "before"}
    messages = [singer.schema("time_entries"), singer.record("time_entries", **row)]
    assert target(messages).counts["time_entries"] == {"inserted": 1}
    target.box.origin.settings(target.workspace, lockTimeEntries="2026-01-01T00:00:00Z")  # the entry stays locked
    messages[1] = singer.record("time_entries", **{**row, "description": "after"})
    _, real = _both(target, messages)
    assert (real.counts["time_entries"], real.rejects) == ({"updated": 1}, [])
