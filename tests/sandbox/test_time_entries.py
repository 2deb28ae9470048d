"""Time entries: what a write may contain, what it resets, and which windows mean what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Sandbox, StartSandbox

ENTRIES = "/workspaces/{ws}/time-entries"
HOUR = {"start": "2026-11-02T08:00:00Z", "end": "2026-11-02T09:00:00Z"}
LIMITED = "sandbox-limited-key"
KEYS = [
    "id", "description", "tagIds", "userId", "billable", "taskId", "projectId", "workspaceId", "timeInterval",
    "customFieldValues", "type", "kioskId", "isLocked",
]  # fmt: skip


def own(box: Sandbox, key: str = "sandbox-key") -> str:
    return f"/workspaces/{{ws}}/user/{box.ok('GET', '/user', key=key)['id']}/time-entries"


def test_an_empty_body_starts_a_timer_that_can_be_stopped(empty: Sandbox) -> None:
    path = own(empty)
    assert empty.refused("PATCH", path, {"end": "2026-11-20T10:00:00Z"}) == (404, 404)
    timer = empty.ok("POST", ENTRIES)
    assert list(timer) == KEYS
    assert timer["timeInterval"] == {"start": "2026-11-20T09:30:00Z", "end": None, "duration": None}
    assert [row["id"] for row in empty.ok("GET", f"{ENTRIES}/status/in-progress")] == [timer["id"]]
    assert empty.refused("PATCH", path, {"end": "2026-11-20T09:00:00Z"}) == (400, 501)
    stopped = empty.ok("PATCH", path, {"end": "2026-11-20T11:00:30Z"})
    assert stopped["timeInterval"]["duration"] == "PT1H30M30S"
    assert empty.ok("GET", f"{ENTRIES}/status/in-progress") == []


@pytest.mark.parametrize(
    "body",
    [
        {"end": HOUR["end"]},
        {"start": HOUR["end"], "end": HOUR["start"]},
        {**HOUR, "description": "<b>"},
        {**HOUR, "description": "x" * 3001},
        {**HOUR, "projectId": "0" * 24},
        {**HOUR, "tagIds": ["0" * 24]},
        {**HOUR, "customFields": [{"customFieldId": "0" * 24, "value": 1}]},
    ],
)
def test_invalid_writes_are_refused(empty: Sandbox, body: dict[str, Any]) -> None:
    assert empty.refused("POST", ENTRIES, body) == (400, 501)
    assert empty.refused("POST", own(empty), body) == (400, 501)


def test_a_task_must_be_one_of_the_project(empty: Sandbox) -> None:
    projects = [empty.ok("POST", "/workspaces/{ws}/projects", {"name": name})["id"] for name in ("Site", "Shop")]
    task = empty.ok("POST", f"/workspaces/{{ws}}/projects/{projects[0]}/tasks", {"name": "Build"})["id"]
    refused = empty.call("POST", ENTRIES, {**HOUR, "projectId": projects[1], "taskId": task})
    assert refused.json() == {"message": "Task doesn't belong to Project", "code": 501}
    assert empty.ok("POST", ENTRIES, {**HOUR, "projectId": projects[0], "taskId": task})["taskId"] == task


def test_only_custom_fields_is_read_and_fractions_of_seconds_are_cut(empty: Sandbox) -> None:
    field = empty.ok("POST", "/workspaces/{ws}/custom-fields", {"name": "Place", "type": "TXT"})["id"]
    lost = empty.ok("POST", ENTRIES, {**HOUR, "customFieldValues": [{"customFieldId": field, "value": "x"}]})
    assert lost["customFieldValues"] == []
    body = {"start": "2026-11-02T08:00:00.987Z", "end": "2026-11-02T11:00:00+02:00"}
    kept = empty.ok("POST", ENTRIES, {**body, "customFields": [{"customFieldId": field, "value": "x"}]})
    assert kept["customFieldValues"][0]["value"] == "x"
    assert kept["timeInterval"] == {**HOUR, "duration": "PT1H"}


def test_an_update_resets_what_it_does_not_mention(empty: Sandbox) -> None:
    project = empty.ok("POST", "/workspaces/{ws}/projects", {"name": "Site"})["id"]
    tag = empty.ok("POST", "/workspaces/{ws}/tags", {"name": "t"})["id"]
    entry = empty.ok("POST", ENTRIES, {**HOUR, "description": "d", "projectId": project, "tagIds": [tag]})
    assert entry["billable"]
    path = f"{ENTRIES}/{entry['id']}"
    after = empty.ok("PUT", path, {"start": HOUR["start"]})
    assert (after["description"], after["projectId"], after["tagIds"], after["billable"]) == ("", None, [], False)
    assert after["timeInterval"]["end"] is None
    assert empty.refused("PUT", path, {"end": HOUR["end"]}) == (400, 501)
    assert list(empty.ok("GET", path)) == [*KEYS, "hourlyRate", "costRate"]


def test_bulk_update_and_delete(empty: Sandbox) -> None:
    path = own(empty)
    ids = [empty.ok("POST", path, HOUR)["id"] for _ in range(3)]
    changes = [{**HOUR, "id": entry_id, "description": f"{n}"} for n, entry_id in enumerate(ids)]
    assert [row["description"] for row in empty.ok("PUT", path, changes)] == ["0", "1", "2"]
    hydrated = empty.ok("PUT", f"{path}?hydrated=true", changes[:1])[0]
    assert {"project", "task", "tags", "user", "projectId"} <= set(hydrated)
    assert empty.refused("PUT", path, [{**changes[0], "id": "0" * 24}]) == (400, 501)
    found = empty.ok("POST", f"{ENTRIES}/batch", {"timeEntryIds": [ids[2], "0" * 24, ids[0]]})
    assert [row["id"] for row in found] == [ids[2], ids[0]]
    assert empty.refused("DELETE", path) == (400, 3001)
    deleted = empty.call("DELETE", f"{path}?time-entry-ids={ids[0]}&time-entry-ids={ids[1]}")
    assert (deleted.status_code, [row["id"] for row in deleted.json()]) == (200, ids[:2])
    assert empty.call("DELETE", f"{ENTRIES}/{ids[2]}").status_code == 204
    assert empty.refused("DELETE", f"{ENTRIES}/{ids[2]}") == (400, 501)


def test_identical_writes_are_two_rows_and_duplicates_are_copies(empty: Sandbox) -> None:
    path = own(empty)
    first, second = (empty.ok("POST", path, {**HOUR, "description": "d"}) for _ in range(2))
    assert first["id"] != second["id"]
    copy = empty.call("POST", f"{path}/{first['id']}/duplicate")
    assert copy.status_code == 201
    assert {**copy.json(), "id": first["id"]} == first
    assert empty.ok("PATCH", f"{ENTRIES}/invoiced", {"timeEntryIds": [first["id"]], "invoiced": True}) is None
    started = empty.ok("POST", f"{path}?from-entry={first['id']}")
    assert (started["description"], started["timeInterval"]["end"]) == ("d", None)
    missing = empty.call("POST", f"{path}?from-entry={'0' * 24}")
    assert (missing.status_code, missing.content) == (404, b"")


def test_hydrated_entries_bring_objects_but_a_single_one_no_user(sandbox: StartSandbox) -> None:
    box = sandbox()
    row = box.ok("GET", f"{own(box)}?hydrated=true&project-required=true&page-size=1")[0]
    assert row["project"]["id"] == row["projectId"]
    assert row["user"]["id"] == row["userId"]
    assert box.ok("GET", f"{ENTRIES}/{row['id']}?hydrated=true") == {**row, "user": None}


def test_filters_of_the_list(sandbox: StartSandbox) -> None:
    box = sandbox()
    tagged = next(row for row in box.dump()["workspaces"][0]["time_entries"] if row["tagIds"])
    path = f"/workspaces/{{ws}}/user/{tagged['userId']}/time-entries"
    everything = box.ok("GET", f"{path}?page-size=5000")
    starts = [row["timeInterval"]["start"] for row in everything]
    assert starts == sorted(starts, reverse=True)
    project = next(row["projectId"] for row in everything if row["projectId"])
    word = next(row["description"] for row in everything if row["description"])
    expected: dict[str, Callable[[dict[str, Any]], bool]] = {
        f"project={project}": lambda row: row["projectId"] == project,
        "project-required=true": lambda row: row["projectId"],
        "task-required=true": lambda row: row["taskId"],
        f"tags={tagged['tagIds'][0]}": lambda row: tagged["tagIds"][0] in (row["tagIds"] or []),
        f"description={word.upper()}": lambda row: word.lower() in row["description"].lower(),
        "in-progress=true": lambda row: row["timeInterval"]["end"] is None,
    }
    for query, test in expected.items():
        found = box.ok("GET", f"{path}?page-size=5000&{query}")
        assert [row["id"] for row in found] == [row["id"] for row in everything if test(row)], query


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(hours=st.lists(st.integers(0, 60), max_size=6), low=st.integers(0, 60), span=st.integers(0, 30))
def test_windows_are_wall_clocks_in_the_zone_of_the_account(
    empty: Sandbox, hours: list[int], low: int, span: int
) -> None:
    """The owner lives in London: in July the digits 10:00 mean 09:00 UTC."""

    def stamp(hour: int) -> str:
        return f"2026-07-{6 + hour // 24:02d}T{hour % 24:02d}:00:00Z"

    empty.reset(scale="empty")
    path = own(empty)
    for hour in hours:
        empty.ok("POST", path, {"start": stamp(hour), "end": stamp(hour + 1)})
    found = empty.ok("GET", f"{path}?start={stamp(low)}&end={stamp(low + span)}")
    expected = sorted((hour for hour in hours if low <= hour + 1 <= low + span), reverse=True)
    assert [row["timeInterval"]["start"] for row in found] == [stamp(hour) for hour in expected]


def test_locked_and_approved_entries_are_not_for_members(sandbox: StartSandbox) -> None:
    box = sandbox()
    dump = box.dump()["workspaces"][0]
    approved = {row["id"] for row in dump["approval_requests"] if row["status"]["state"] == "APPROVED"}
    assert approved
    me = box.ok("GET", "/user", key=LIMITED)["id"]
    locked = [row for row in dump["time_entries"] if row["isLocked"] and row["userId"] == me]
    assert locked
    seen = {box.refused("DELETE", f"{ENTRIES}/{row['id']}", key=LIMITED) for row in locked}
    assert seen <= {(403, 1003), (403, 4005)}
    lock = dump["workspaceSettings"]["lockTimeEntries"]
    if lock:
        assert box.refused("POST", ENTRIES, {"start": "2020-01-01T00:00:00Z"}, key=LIMITED) == (403, 1003)


def test_others_entries_are_for_administrators_on_a_paid_plan(sandbox: StartSandbox) -> None:
    box = sandbox()
    mine, theirs = own(box), own(box, LIMITED)
    entry = box.ok("POST", theirs, HOUR)
    assert entry["userId"] in theirs
    assert box.refused("POST", mine, HOUR, key=LIMITED) == (403, 403)
    assert box.ok("POST", ENTRIES, {"userId": "0" * 24, **HOUR})["userId"] in mine
    box.reset(scale="tiny", plan="FREE")
    assert box.refused("POST", theirs, HOUR) == (403, None)


def test_managers_read_the_entries_of_their_people_and_change_none(sandbox: StartSandbox) -> None:
    box = sandbox()
    manager = box.ok("GET", "/user", key=LIMITED)["id"]
    path = own(box)
    entry_id = box.ok("POST", path, HOUR)["id"]
    entry = f"{ENTRIES}/{entry_id}"
    profile = path.replace("/user/", "/member-profile/").removesuffix("/time-entries")
    for reading in (path, entry, profile):
        assert box.refused("GET", reading, key=LIMITED) == (403, 403)
    role = {"role": "TEAM_MANAGER", "entityId": path.split("/")[-2]}
    box.ok("POST", f"/workspaces/{{ws}}/users/{manager}/roles", role)
    for reading in (path, entry, profile):
        assert box.ok("GET", reading, key=LIMITED) == box.ok("GET", reading)
    batch = {"timeEntryIds": [entry_id]}
    assert box.ok("POST", f"{ENTRIES}/batch", batch, key=LIMITED) == box.ok("POST", f"{ENTRIES}/batch", batch)
    assert box.refused("DELETE", entry, key=LIMITED) == (403, 403)
    assert box.refused("PATCH", path, {"end": HOUR["end"]}, key=LIMITED) == (403, 403)
    assert box.refused("PATCH", profile, {"weekStart": "MONDAY"}, key=LIMITED) == (403, 403)


def test_an_update_without_an_end_is_the_one_timer_that_runs(empty: Sandbox) -> None:
    path = own(empty)
    entry = empty.ok("POST", path, HOUR)["id"]
    timer = empty.ok("POST", path)["id"]
    empty.ok("PUT", f"{ENTRIES}/{entry}", {"start": HOUR["start"]})
    assert [row["id"] for row in empty.ok("GET", f"{ENTRIES}/status/in-progress")] == [entry]
    assert empty.ok("GET", f"{ENTRIES}/{timer}")["timeInterval"]["end"] == "2026-11-20T09:30:00Z"


def test_one_timer_runs_per_user_and_rates_follow_the_most_specific(empty: Sandbox) -> None:
    path = own(empty)
    first = empty.ok("POST", path, {"start": "2026-11-20T07:00:00Z"})["id"]
    second = empty.ok("POST", path, {"start": "2026-11-20T08:00:00Z"})["id"]
    assert empty.ok("GET", f"{ENTRIES}/{first}")["timeInterval"]["end"] == "2026-11-20T08:00:00Z"
    assert [row["id"] for row in empty.ok("GET", f"{path}?in-progress=true")] == [second]
    project = empty.ok("POST", "/workspaces/{ws}/projects", {"name": "Site"})
    user = project["memberships"][0]["userId"]
    entry = empty.ok("POST", path, {**HOUR, "projectId": project["id"]})["id"]
    path = f"/workspaces/{{ws}}/projects/{project['id']}"
    rates = (
        ("/workspaces/{ws}/hourly-rate", 1),
        (f"/workspaces/{{ws}}/users/{user}/hourly-rate", 3),
        (f"{path}/users/{user}/hourly-rate", 5),
    )
    for route, amount in rates:
        empty.ok("PUT", route, {"amount": amount})
        assert empty.ok("GET", f"{ENTRIES}/{entry}")["hourlyRate"] == {"amount": amount, "currency": "USD"}


ENDS = ["0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-12:00"]


@pytest.mark.parametrize("moment", ENDS)
def test_moments_at_the_ends_of_the_calendar_are_refused_in_words(sandbox: StartSandbox, moment: str) -> None:
    box = sandbox(scale="tiny")
    seen = {box.call("POST", ENTRIES, {"start": moment}).status_code}
    seen.add(box.call("GET", f"{own(box)}?start={moment[:19]}Z").status_code)
    span = {"dateRangeStart": moment, "dateRangeEnd": moment, "timeZone": "Asia/Tokyo"}
    asked = {**span, "summaryFilter": {"groups": ["DATE"]}}
    seen.add(box.call("POST", "/workspaces/{ws}/reports/summary", asked, host="report").status_code)
    policy = next(p for p in box.ok("GET", "/workspaces/{ws}/time-off/policies") if p["timeUnit"] == "DAYS")
    period = {"timeOffPeriod": {"period": {"start": moment[:10], "days": 999}}}
    seen.add(box.call("POST", f"/workspaces/{{ws}}/time-off/policies/{policy['id']}/requests", period).status_code)
    assert seen == {400}
