"""Time entries of all people who ever tracked time, even if the list of users lacks them."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import StartSandbox
    from tests.tap.conftest import Nights, Run

    Runs = Callable[..., Run]


def _without(box: Any, run_tap: Runs, index: int) -> tuple[str, list[dict[str, Any]]]:
    """Remove a user with entries from responses of the list of users; return their id and all entries."""
    one = box.workspace_ids[0]
    whole = run_tap(box.origin, streams=["users", "time_entries"], workspace_ids=[one])
    entries = whole.records["time_entries"]
    left = sorted({entry["userId"] for entry in entries})[index]
    listed = box.ok("GET", f"/workspaces/{one}/users?memberships=ALL&include-roles=true&page-size=5000&status=ALL")
    fewer = [user for user in listed if user["id"] != left]
    fault = {"status": 200, "body": json.dumps(fewer), "headers": {"Last-Page": "true"}}
    box.faults([{"route": "GET /workspaces/{ws}/users", "nth": "every", **fault}])
    return left, entries


@pytest.mark.parametrize("index", [0, -1])
def test_entries_of_people_missing_in_the_list_of_users_are_read(
    sandbox: StartSandbox, run_tap: Runs, index: int
) -> None:
    box = sandbox(scale="tiny")
    left, entries = _without(box, run_tap, index)
    run = run_tap(box.origin, streams=["time_entries"], workspace_ids=[box.workspace_ids[0]])
    assert run.code == 0
    assert any(entry["userId"] == left for entry in entries)
    assert {row["id"] for row in run.records["time_entries"]} == {row["id"] for row in entries}
    assert run.activated == {"time_entries"}


def test_unreadable_entries_of_a_person_prevent_activation(sandbox: StartSandbox, run_tap: Runs) -> None:
    box = sandbox(scale="tiny")
    left, _ = _without(box, run_tap, 0)
    one = box.workspace_ids[0]
    listed = {"route": "GET /workspaces/{ws}/users", "status": 200, "body": "[]", "headers": {"Last-Page": "true"}}
    refused = {"nth": "every", "status": 404, "body": json.dumps({"code": 501, "message": ""})}
    box.faults(
        [
            listed,
            {"route": f"GET /workspaces/*/user/{left}/time-entries", **refused},
            {"route": "POST /workspaces/{ws}/reports/detailed", "nth": "every", "status": 403},
        ]
    )
    run = run_tap(box.origin, streams=["time_entries"], workspace_ids=[one])
    assert run.code == 0
    assert not run.activated
    assert any(f"time_entries is incomplete of {left} in workspace {one}" in line for line in run.complaints)


def test_forbidden_reports_prevent_activation_until_state_records_it(sandbox: StartSandbox, night: Nights) -> None:
    box = sandbox(scale="tiny")
    box.faults([{"route": "POST /workspaces/{ws}/reports/summary", "nth": "every", "status": 403}])
    run = night(box.origin, streams=["time_entries"])
    assert "its reports may not be read, so hours are not compared and people who left are not looked for" in run.log
    assert (run.code, run.activated) == (0, set())
    assert all("people who left could not be looked for" in line for line in run.complaints)
    assert night(box.origin, streams=["time_entries"]).activated == {"time_entries"}


@pytest.mark.parametrize(
    "answer", ['{"groupOne":null}', '{"groupOne":[]}', '{"groupOne":[{"_id":null,"duration":60}]}', "{}"]
)
def test_an_implausible_report_is_not_trusted(sandbox: StartSandbox, run_tap: Runs, answer: str) -> None:
    box = sandbox(scale="tiny")
    box.faults([{"route": "POST /workspaces/{ws}/reports/summary", "nth": "every", "status": 200, "body": answer}])
    run = run_tap(box.origin, streams=["time_entries"])
    assert (run.code, run.activated) == (1, set())
    assert all("who tracked time could not be looked up" in line for line in run.complaints)


@pytest.mark.parametrize("key", ["sandbox-key", "sandbox-member-key"])
@pytest.mark.parametrize(
    "answer",
    [
        '{"groupOne":null}',
        "{}",
        "[]",
        '{"groupOne":{}}',
        '{"groupOne":[{"_id":"u","duration":-60}]}',
        '{"groupOne":[7]}',
    ],
)
def test_a_malformed_report_does_not_prove_that_nobody_tracked_time(
    sandbox: StartSandbox, run_tap: Runs, answer: str, key: str
) -> None:
    box = sandbox(scale="tiny")
    box.faults([{"route": "POST /workspaces/{ws}/reports/summary", "nth": "every", "status": 200, "body": answer}])
    run = run_tap(box.origin, streams=["time_entries"], api_key=key)
    assert (run.code, run.activated) == (1, set())
    unverified = [line for line in run.complaints if "who tracked time could not be looked up" in line]
    assert unverified
    assert all("the report could not be understood: POST " in line for line in unverified)


def test_a_report_that_shows_a_member_nothing_contradicts_nothing(sandbox: StartSandbox, run_tap: Runs) -> None:
    box = sandbox(scale="tiny")
    box.faults(
        [{"route": "POST /workspaces/{ws}/reports/summary", "nth": "every", "status": 200, "body": '{"groupOne":[]}'}]
    )
    run = run_tap(box.origin, streams=["time_entries"], api_key="sandbox-member-key")
    assert run.code == 0
    assert run.records["time_entries"]


def test_reported_hours_without_readable_entries_prevent_activation(sandbox: StartSandbox, run_tap: Runs) -> None:
    box = sandbox(scale="tiny")
    user, _ = _shorter_list(box, run_tap, "every")
    nothing = {"nth": "every", "status": 200, "body": "[]", "headers": {"Last-Page": "true"}}
    box.faults([{"route": f"GET /workspaces/*/user/{user}/time-entries", **nothing}])
    run = run_tap(box.origin, streams=["time_entries"], workspace_ids=[box.workspace_ids[0]])
    assert (run.code, run.activated) == (0, set())
    (line,) = run.complaints
    assert line.startswith(f"time_entries is incomplete of {user}")
    assert "0.00 h read" in line


@pytest.mark.parametrize("stream", ["users", "memberships", "member_profiles", "time_entries"])
@pytest.mark.parametrize("left", ["nobody", "others"])
def test_a_list_of_users_without_the_keys_owner_is_incomplete(
    sandbox: StartSandbox, run_tap: Runs, stream: str, left: str
) -> None:
    box = sandbox(scale="tiny")
    one = box.workspace_ids[0]
    users = run_tap(box.origin, streams=["users", "current_user"], workspace_ids=[one])
    (reader,) = users.records["current_user"]
    others = [row for row in users.records["users"] if row["id"] != reader["id"]] if left == "others" else []
    fault = {"status": 200, "body": json.dumps(others), "headers": {"Last-Page": "true"}}
    box.faults([{"route": "GET /workspaces/{ws}/users", "nth": "every", **fault}])
    run = run_tap(box.origin, streams=[stream], workspace_ids=[one], verify_time_entries=False)
    assert (run.code, run.activated) == (0, set())
    assert any("lacks the person whose key reads it" in line for line in run.complaints)


@pytest.mark.parametrize("stream", ["clients", "projects", "users", "invoices", "time_entries"])
def test_a_row_that_comes_twice_is_written_once_and_removes_nothing(
    sandbox: StartSandbox, run_tap: Runs, stream: str
) -> None:
    box = sandbox(scale="tiny")
    one = box.workspace_ids[0]
    route = {
        "invoices": "POST /workspaces/{ws}/invoices/info",
        "time_entries": "GET /workspaces/{ws}/user/{userId}/time-entries",
    }.get(stream, f"GET /workspaces/{{ws}}/{stream}")
    rows = run_tap(box.origin, streams=[stream], workspace_ids=[one]).records[stream][:2]
    twice: Any = [*rows, rows[0]]
    body = json.dumps({"invoices": twice, "total": 3} if stream == "invoices" else twice)
    box.faults([{"route": route, "nth": "every", "status": 200, "body": body, "headers": {"Last-Page": "true"}}])
    settings = {"verify_time_entries": False, "suppress_extended_requests": stream == "invoices"}
    run = run_tap(box.origin, streams=[stream], workspace_ids=[one], **settings)
    counts = Counter((row.get("userId") if stream == "time_entries" else "", row["id"]) for row in run.records[stream])
    assert set(counts.values()) == {1}
    assert not run.activated
    assert any("a row came twice" in line for line in run.complaints)


def test_a_row_that_comes_twice_counts_also_where_it_becomes_no_record(sandbox: StartSandbox, run_tap: Runs) -> None:
    """A holiday for everyone has no audience, and stands in the place of one that has."""
    box = sandbox(scale="tiny")
    holiday = {"id": "665d8d18f252e6b438000009", "name": "Day", "userIds": [], "userGroupIds": []}
    body = json.dumps([holiday, holiday])
    box.faults([{"route": "GET /workspaces/{ws}/holidays", "nth": "every", "status": 200, "body": body}])
    run = run_tap(box.origin, streams=["holiday_audiences"], workspace_ids=box.workspace_ids[:1])
    assert (run.code, run.activated) == (1, set())
    assert any("a row came twice" in line for line in run.complaints)


@pytest.mark.parametrize("settings", [{"verify_time_entries": False}, {"requests_per_hour": 1000}])
def test_the_verification_can_be_disabled(sandbox: StartSandbox, run_tap: Runs, settings: dict[str, Any]) -> None:
    box = sandbox(scale="tiny")
    run = run_tap(box.origin, streams=["time_entries"], **settings)
    assert run.activated == {"time_entries"}
    assert "POST /workspaces/{ws}/reports/summary" not in box.stats()["by_route"]


def _shorter_list(box: Any, run_tap: Runs, nth: Any) -> tuple[str, list[dict[str, Any]]]:
    """Remove an entry from responses of a user's list of entries; return the user's id and all entries."""
    one = box.workspace_ids[0]
    entries = run_tap(box.origin, streams=["time_entries"], workspace_ids=[one]).records["time_entries"]
    lost = next(entry for entry in entries if entry["timeInterval"]["end"])
    user = lost["userId"]
    fewer = [entry for entry in entries if entry["userId"] == user and entry is not lost]
    fault = {"status": 200, "body": json.dumps(fewer), "headers": {"Last-Page": "true"}}
    box.faults([{"route": f"GET /workspaces/*/user/{user}/time-entries", "nth": nth, **fault}])
    return user, entries


def test_a_list_shorter_than_the_hours_reported_is_read_a_second_time(sandbox: StartSandbox, run_tap: Runs) -> None:
    box = sandbox(scale="tiny")
    _, entries = _shorter_list(box, run_tap, 1)
    run = run_tap(box.origin, streams=["time_entries"], workspace_ids=[box.workspace_ids[0]])
    ids = [row["id"] for row in run.records["time_entries"]]
    assert sorted(ids) == sorted(row["id"] for row in entries)
    assert run.complaints == []
    assert run.activated == {"time_entries"}


def test_hours_that_still_differ_are_logged_with_both_figures(sandbox: StartSandbox, run_tap: Runs) -> None:
    box = sandbox(scale="tiny")
    user, entries = _shorter_list(box, run_tap, "every")
    run = run_tap(box.origin, streams=["time_entries"], workspace_ids=[box.workspace_ids[0]])
    assert (run.code, run.activated) == (0, {"time_entries"})
    assert len(run.records["time_entries"]) == len(entries) - 1
    (line,) = run.complaints
    assert f"time_entries of {user} in workspace {box.workspace_ids[0]}" in line
    hours = [float(one) for one in re.findall(r"([0-9.]+) h", line)]
    assert hours[0] < hours[1]


@pytest.mark.parametrize("key", ["sandbox-key", "sandbox-project-manager-key", "sandbox-member-key"])
@pytest.mark.parametrize(
    "window",
    [
        {},
        {"start_date": "2026-09-12T09:30:00Z"},
        {"start_date": "2026-09-11", "end_date": "2026-10-05T10:15:30Z"},
        {"start_date": "2026-09-15T00:00:00+09:00"},
    ],
)
def test_a_normal_run_agrees_with_the_reports(
    sandbox: StartSandbox, run_tap: Runs, window: dict[str, str], key: str
) -> None:
    box = sandbox(scale="tiny")
    run = run_tap(box.origin, streams=["time_entries"], api_key=key, **window)
    assert run.records["time_entries"]
    assert not any("summary report" in line for line in run.complaints), run.complaints


def test_a_running_timer_may_be_in_the_report_or_not(sandbox: StartSandbox, run_tap: Runs) -> None:
    box = sandbox(scale="tiny")
    one = box.workspace_ids[0]
    start = (datetime.now(tz=UTC) - timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    box.ok("POST", f"/workspaces/{one}/time-entries", {"start": start, "description": "still running"})
    run = run_tap(box.origin, streams=["time_entries"], workspace_ids=[one])
    assert any(row["timeInterval"]["end"] is None for row in run.records["time_entries"])
    assert run.complaints == []
