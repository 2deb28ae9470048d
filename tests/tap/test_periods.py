"""Reports in calendar periods and zones, and separate windows for the schedule and the reports."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Sandbox, StartSandbox
    from tests.tap.conftest import Run

    Runs = Callable[..., Run]

LOS_ANGELES, TOKYO = "America/Los_Angeles", "Asia/Tokyo"


def _entry(box: Sandbox, user: str, start: str, end: str) -> None:
    body = {"start": start, "end": end, "description": "a day of work"}
    box.ok("POST", f"/workspaces/{{ws}}/user/{user}/time-entries", body)


def _merged(runs: list[Run], stream: str, *key: str) -> dict[tuple[Any, ...], dict[str, Any]]:
    """The table that a loader which merges by key has after these runs."""
    return {tuple(row[name] for name in key): row for run in runs for row in run.records[stream]}


@pytest.mark.parametrize("moved_on", ["2026-10-08", "2026-10-15T12:30:00Z", "2026-09-28"])
def test_a_summary_read_with_a_moving_start_adds_nothing_up(
    sandbox: StartSandbox, run_tap: Runs, moved_on: str
) -> None:
    box = sandbox(scale="tiny")
    streams = ["report_summary", "report_weekly"]
    runs = [run_tap(box.origin, streams=streams, report_start_date=start) for start in ("2026-10-01", moved_on)]
    key = ("workspaceId", "dateRangeStart", "path")
    once, twice = _merged(runs[:1], "report_summary", *key), _merged(runs, "report_summary", *key)
    hours = [sum(row["duration"] for row in rows.values() if row["level"] == 1) for rows in (once, twice)]
    before = [row for row in twice.values() if row["level"] == 1 and row["dateRangeStart"] < "2026-10-01"]
    assert hours[1] - sum(row["duration"] for row in before) == hours[0] > 0
    assert all(row["dateRangeStart"].endswith("-01") for row in twice.values())
    weeks = _merged(runs, "report_weekly", "workspaceId", "weekStart", "_id").values()
    assert {date.fromisoformat(row["weekStart"]).weekday() for row in weeks} == {0}


def test_a_day_of_work_in_los_angeles_is_one_day_of_attendance_there(sandbox: StartSandbox, run_tap: Runs) -> None:
    box = sandbox(scale="empty")
    me = box.ok("GET", "/user")["id"]
    _entry(box, me, "2026-11-10T17:00:00Z", "2026-11-11T01:00:00Z")  # 09:00 to 17:00 in Los Angeles
    _entry(box, me, "2026-11-11T01:00:00Z", "2026-11-11T03:00:00Z")  # 17:00 to 19:00

    def attended(zone: str) -> dict[str, tuple[int, int]]:
        run = run_tap(box.origin, streams=["report_attendance"], report_time_zone=zone, report_start_date="2026-11-01")
        worked = [row for row in run.records["report_attendance"] if row["totalDuration"]]
        return {row["date"][:10]: (row["totalDuration"], row["overtime"]) for row in worked}

    assert attended(LOS_ANGELES) == {"2026-11-10": (36_000, 7_200)}
    assert sum(seconds for seconds, _ in attended("UTC").values()) == 36_000
    assert len(attended("UTC")) == 2


def test_reports_are_in_the_zone_of_the_keys_owner_unless_set_otherwise(sandbox: StartSandbox, run_tap: Runs) -> None:
    box = sandbox(scale="tiny")
    zone = box.ok("GET", "/user")["settings"]["timeZone"]
    runs = [
        run_tap(box.origin, streams=["report_attendance", "report_detailed"], report_start_date="2026-11-01", **more)
        for more in ({}, {"report_time_zone": zone}, {"report_time_zone": TOKYO})
    ]
    default, same, other = (run.records for run in runs)
    assert default["report_attendance"] == same["report_attendance"]
    assert default["report_detailed"] == same["report_detailed"]
    assert all(row["timeInterval"]["start"].endswith("+09:00") for row in other["report_detailed"])
    assert not any(row["timeInterval"]["start"].endswith("+09:00") for row in default["report_detailed"])


def test_the_rounding_of_the_settings_reaches_the_reports(sandbox: StartSandbox, run_tap: Runs) -> None:
    box = sandbox(scale="empty")
    me = box.ok("GET", "/user")["id"]
    _entry(box, me, "2026-11-10T09:00:00Z", "2026-11-10T09:07:00Z")
    seconds = {
        rounding: [
            row["duration"]
            for row in run_tap(
                box.origin, streams=["report_summary"], report_rounding=rounding, report_start_date="2026-11-01"
            ).records["report_summary"]
            if row["level"] == 1
        ]
        for rounding in (False, True)
    }
    assert seconds[False] == [420]
    assert seconds[True] != [420]


def test_looking_ahead_in_the_schedule_leaves_time_entries_whole(sandbox: StartSandbox, run_tap: Runs) -> None:
    box = sandbox(scale="tiny")
    streams = ["time_entries", "assignments", "user_capacity_totals", "assignment_project_totals"]
    plain = run_tap(box.origin, streams=streams)
    ahead = run_tap(box.origin, streams=streams, schedule_end_date="P1Y")
    assert ahead.records["time_entries"] == plain.records["time_entries"]
    assert "time_entries" in ahead.activated
    assert len(ahead.records["assignments"]) >= len(plain.records["assignments"]) > 0
    for stream in ("user_capacity_totals", "assignment_project_totals"):
        windows = {(row["windowStart"], row["windowEnd"]) for row in ahead.records[stream]}
        ((start, end),) = windows
        assert start == "2024-01-01T00:00:00Z"
        assert end.endswith("T00:00:00Z")


def test_reports_of_earlier_years_leave_time_entries_whole(sandbox: StartSandbox, run_tap: Runs) -> None:
    box = sandbox(scale="empty")
    me = box.ok("GET", "/user")["id"]
    _entry(box, me, "2021-03-10T09:00:00Z", "2021-03-10T10:00:00Z")
    run = run_tap(box.origin, streams=["time_entries", "report_detailed"], report_start_date="2021-03-01")
    assert [row["_id"] for row in run.records["report_detailed"]] == [row["id"] for row in run.records["time_entries"]]
    assert run.activated == {"time_entries", "report_detailed"}


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"start_date": "P"}, "start_date must be a moment such as 2026-01-31T00:00:00Z or a duration such as -P90D"),
        ({"start_date": "-P9000Y"}, "start_date must be a moment such as"),
        ({"report_start_date": "90 days"}, "report_start_date must be a moment such as"),
        ({"schedule_end_date": "P1.5M"}, "schedule_end_date must be a moment such as"),
        ({"schedule_start_date": "P1Y", "schedule_end_date": "P1M"}, "must lie before schedule_end_date"),
        ({"schedule_start_date": "P1Y"}, "the schedule ends"),
        ({"report_start_date": "2026-02-01", "end_date": "2026-01-01"}, "must lie before end_date"),
        ({"report_time_zone": "Mars/Olympus"}, "report_time_zone must be the name of a time zone"),
    ],
)
def test_a_window_that_makes_no_sense_is_one_line(
    sandbox: StartSandbox, run_tap: Runs, settings: dict[str, Any], says: str
) -> None:
    run = run_tap(sandbox(scale="tiny").origin, streams=["clients"], **settings)
    assert run.code == 1
    assert any(says in line for line in run.complaints), run.log
    assert "Traceback" not in run.log
    assert not run.records


@pytest.mark.parametrize("groups", [["TIMEENTRY", "DATE"], ["TIMEENTRY"], ["TIMEENTRY", "USER", "DATE"]])
def test_no_two_groups_of_a_summary_have_one_path(sandbox: StartSandbox, run_tap: Runs, groups: list[str]) -> None:
    box = sandbox(scale="empty")
    me = box.ok("GET", "/user")["id"]
    for minute, description in enumerate(["x", "x/2026-11-10", "x%2F2026-11-10", "%", "/", "x%", ""]):
        start = f"2026-11-10T09:{minute:02}:00Z"
        body = {"start": start, "end": "2026-11-10T10:00:00Z", "description": description}
        box.ok("POST", f"/workspaces/{{ws}}/user/{me}/time-entries", body)
    run = run_tap(box.origin, streams=["report_summary"], report_groups=groups, report_start_date="2026-11-01")
    rows = run.records["report_summary"]
    assert len({row["path"] for row in rows}) == len(rows) > len(groups)
