"""What a stream has covered is kept in STATE: a run that covers less removes nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tap_clockify.coverage import EVERYTHING, Coverage
from tap_clockify.verdict import Cause, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import StartSandbox
    from tests.tap.conftest import Nights, Run

STREAMS = ["projects", "project_memberships", "expenses", "tags"]
REACHES = [EVERYTHING, "user a", "user b", "user a p1", "user a p1 p2"]
coverages = st.builds(
    Coverage,
    st.dictionaries(st.sampled_from(["w1", "w2", "w3"]), st.sampled_from(REACHES)),
    st.sampled_from(["", "2020-01-01", "2024-01-01"]),
)


def rows(coverage: Coverage) -> set[tuple[str, str]]:
    """Rows that a run with this coverage can see: two users share some, each has some of their own."""
    seen = {EVERYTHING: {"a", "b", "shared", "hidden"}, "user a": {"a", "shared"}, "user b": {"b", "shared"}}
    seen |= {"user a p1": {"a", "shared", "p1"}, "user a p1 p2": {"a", "shared", "p1", "p2"}}
    seen[EVERYTHING] |= {"p1", "p2"}
    return {(workspace, row) for workspace, reach in coverage.reaches.items() for row in seen[reach]}


@given(st.lists(coverages, min_size=1, max_size=6))
def test_whatever_the_order_of_runs_no_version_removes_a_row_that_is_still_in_clockify(runs: list[Coverage]) -> None:
    recorded: Coverage | None = None
    loaded: set[tuple[str, str]] = set()
    for now in runs:
        verdict = Verdict("projects")
        verdict.judge_coverage(now, recorded)
        loaded |= rows(now)
        if verdict.complete and now.reaches:
            assert loaded <= rows(now)
        recorded = Coverage.of_bookmark({"coverage": json.loads(json.dumps(now.joined_to(recorded).as_bookmark()))})
        assert recorded is not None


@given(coverages)
def test_stable_coverage_allows_activation_from_the_second_run_on(now: Coverage) -> None:
    verdict = Verdict("projects")
    verdict.add(Cause.REFUSED, "GET /x", workspace="w4")
    verdict.add(Cause.PLAN, "GET /x", workspace="w5")
    verdict.judge_coverage(now, now)
    assert verdict.complete


@pytest.mark.parametrize("bookmark", [None, {}, "x", {"coverage": None}, {"coverage": {"workspaces": ["w"]}}, [1]])
def test_a_bookmark_of_somebody_else_records_nothing(bookmark: Any) -> None:
    assert Coverage.of_bookmark(bookmark) is None


def test_an_owner_follows_deletions_from_the_first_run_on(sandbox: StartSandbox, night: Nights) -> None:
    box = sandbox(scale="tiny")
    assert night(box.origin, streams=STREAMS).activated == set(STREAMS)
    assert night(box.origin, streams=STREAMS).activated == set(STREAMS)


def test_a_key_that_sees_less_than_the_last_one_removes_nothing(sandbox: StartSandbox, night: Nights) -> None:
    box = sandbox(scale="tiny")
    assert night(box.origin, streams=STREAMS).activated == set(STREAMS)
    for _ in range(2):
        less = night(box.origin, streams=STREAMS, api_key="sandbox-east-key")
        assert less.code == 0
        assert not less.activated
        lost = [line for line in less.complaints if "less is covered than before" in line]
        assert {line.split(" is incomplete")[0] for line in lost} == set(STREAMS)
    assert night(box.origin, streams=STREAMS).activated == set(STREAMS)


def test_a_members_key_follows_deletions_from_the_second_run_on(sandbox: StartSandbox, night: Nights) -> None:
    box = sandbox(scale="tiny")
    first, second = (night(box.origin, streams=["projects", "tags"], api_key="sandbox-east-key") for _ in range(2))
    assert not first.activated
    assert all("keep STATE between runs" in line for line in first.complaints)
    assert len(first.complaints) >= 2
    assert second.activated == {"projects", "tags"}


def test_a_stream_that_the_plan_never_included_does_not_prevent_activation(
    sandbox: StartSandbox, night: Nights
) -> None:
    box = sandbox(scale="tiny")
    poor = box.workspace_ids[1]
    box.faults([{"route": f"GET /workspaces/{poor}/holidays", "nth": "every", "status": 403}])
    first, second = (night(box.origin, streams=["holidays"]) for _ in range(2))
    assert not first.activated
    assert second.activated == {"holidays"}
    box.faults([{"route": "GET /workspaces/*/holidays", "nth": "every", "status": 403}])
    third = night(box.origin, streams=["holidays"])
    assert not third.activated
    assert any(
        f"in workspace {box.workspace_ids[0]}, no rows are removed: less is covered" in one for one in third.complaints
    )


def test_workspace_ids_are_the_scope_and_leaving_one_out_later_removes_nothing(
    sandbox: StartSandbox, night: Nights
) -> None:
    box = sandbox(scale="tiny")
    one, other = box.workspace_ids[:2]
    assert night(box.origin, streams=["tags"], workspace_ids=[one]).activated == {"tags"}
    assert night(box.origin, streams=["tags"], workspace_ids=[one, other]).activated == {"tags"}
    fewer = night(box.origin, streams=["tags"], workspace_ids=[one])
    assert not fewer.activated
    (line,) = fewer.complaints
    assert f"in workspace {other}" in line


def test_a_window_that_starts_later_than_before_removes_nothing(sandbox: StartSandbox, night: Nights) -> None:
    box = sandbox(scale="empty")
    wide = {"streams": ["report_attendance"], "report_start_date": "2023-12-01"}
    assert night(box.origin, **wide).activated == {"report_attendance"}
    later = night(box.origin, streams=["report_attendance"])
    assert not later.activated
    assert any("from 2023-12-01 on" in line for line in later.complaints)


@pytest.mark.parametrize("settings", [{"verify_time_entries": False}, {"requests_per_hour": 1000}, {}])
def test_people_who_left_are_kept_if_a_later_run_does_not_search_for_them(
    sandbox: StartSandbox, night: Nights, settings: dict[str, Any]
) -> None:
    box = sandbox(scale="tiny")
    assert night(box.origin, streams=["time_entries"]).activated == {"time_entries"}
    if not settings:
        box.faults([{"route": "POST /workspaces/{ws}/reports/summary", "nth": "every", "status": 403}])
    later = night(box.origin, streams=["time_entries"], **settings)
    assert later.code == 0
    assert not later.activated
    assert all("an earlier run looked for people who have left" in line for line in later.complaints)


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"bookmarks": {}},
        {"bookmarks": None},
        {"bookmarks": {"tags": None}},
        {"bookmarks": {"tags": {"replication_key": "x", "partitions": []}, "somebody_elses": {"a": 1}}},
        {"bookmarks": {"tags": {"coverage": "x"}}},
        {"currently_syncing": "tags"},
    ],
)
def test_a_state_of_the_first_edition_or_of_another_tap_is_accepted(
    sandbox: StartSandbox, run_tap: Callable[..., Run], tmp_path: Path, state: Any
) -> None:
    file = tmp_path / "state.json"
    file.write_text(json.dumps(state))
    run = run_tap(sandbox(scale="tiny").origin, streams=["tags"], options=["--state", str(file)])
    assert run.code == 0, run.log
    assert run.activated == {"tags"}
    assert "Traceback" not in run.log


def test_somebody_who_loses_a_role_removes_nothing(sandbox: StartSandbox, night: Nights) -> None:
    box = sandbox(scale="tiny")
    key = "sandbox-project-manager-key"
    me = box.ok("GET", "/user", key=key)["id"]
    streams = ["projects", "time_entries"]
    night(box.origin, streams=streams, api_key=key)
    assert night(box.origin, streams=streams, api_key=key).activated >= {"projects"}
    for workspace in box.dump()["workspaces"]:
        for member in workspace["members"]:
            if member["userId"] == me:
                for role in member["roles"]:
                    body = {"role": role["role"], "entityId": role["entityId"]}
                    box.ok("DELETE", f"/workspaces/{workspace['id']}/users/{me}/roles", body)
    assert not night(box.origin, streams=streams, api_key=key).activated


def test_the_row_of_an_account_that_may_not_be_read_is_kept(sandbox: StartSandbox, night: Nights) -> None:
    box = sandbox(scale="tiny")
    assert night(box.origin, streams=["current_user"]).activated == {"current_user"}
    box.faults([{"route": "GET /user", "nth": "every", "status": 403}])
    refused = night(box.origin, streams=["current_user"])
    assert not refused.records["current_user"]
    assert not refused.activated


def test_a_list_that_broke_off_counts_as_covered(sandbox: StartSandbox, night: Nights) -> None:
    box = sandbox(scale="tiny")
    one = box.workspace_ids[0]
    tags = f"GET /workspaces/{one}/tags"
    box.faults([{"route": tags, "nth": [2, 3, 4, 5, 6, 7], "status": 403}])
    broken = night(box.origin, streams=["tags"], page_size=2)
    assert any(row["workspaceId"] == one for row in broken.records["tags"])
    assert not broken.activated
    box.faults([{"route": tags, "nth": "every", "status": 403}])
    assert not night(box.origin, streams=["tags"], page_size=2).activated


@pytest.mark.parametrize("reserved", [{"onlyAdminsSeeAllTimeEntries": True}, {"adminOnlyPages": ["TEAM", "REPORTS"]}])
def test_rows_that_become_admin_only_do_not_count_as_deleted(
    sandbox: StartSandbox, night: Nights, reserved: dict[str, Any]
) -> None:
    box = sandbox(scale="tiny")
    key = "sandbox-member-key"
    streams = ["tags", "projects"]
    night(box.origin, streams=streams, api_key=key)
    assert night(box.origin, streams=streams, api_key=key).activated == set(streams)
    workspaces = box.ok("GET", "/workspaces", key=key)
    for workspace in workspaces:
        workspace["workspaceSettings"] |= reserved
    box.faults([{"route": "GET /workspaces", "nth": 1, "status": 200, "body": json.dumps(workspaces)}])
    less = night(box.origin, streams=streams, api_key=key)
    assert (less.code, less.activated) == (0, set())
    assert any("less is covered than before" in line for line in less.complaints)
    owner = night(box.origin, streams=streams)
    assert owner.activated == set(streams)


def test_equal_reasons_of_many_workspaces_are_summarised() -> None:
    verdict = Verdict("tags")
    workspaces = [f"{number:024x}" for number in range(40)]
    last = Coverage(dict.fromkeys(workspaces, EVERYTHING))
    verdict.judge_coverage(Coverage({workspaces[0]: EVERYTHING}), last)
    lines = [line for _, line in verdict.lines()]
    assert len(lines) == 4
    assert all(f"in workspace {workspace}" in line for workspace, line in zip(workspaces[1:4], lines, strict=False))
    assert "tags is incomplete in 36 more workspaces" in lines[3]


def test_workspaces_of_two_plans_follow_deletions_each_by_its_own(sandbox: StartSandbox, night: Nights) -> None:
    box = sandbox(scale="tiny")
    paid, free = box.workspace_ids
    workspaces = box.ok("GET", "/workspaces")
    for workspace in workspaces:
        if workspace["id"] == free:
            workspace["features"] = [one for one in workspace["features"] if one != "EXPENSES"]
    listed = {"route": "GET /workspaces", "nth": "every", "status": 200, "body": json.dumps(workspaces)}
    words = json.dumps({"message": "Only the owner may see them", "code": 501})
    refused = {"route": f"GET /workspaces/{free}/expenses*", "nth": "every", "status": 400, "body": words}
    streams = ["expenses", "tags"]
    box.faults([listed, refused])
    first = night(box.origin, streams=streams)
    assert (first.code, first.activated) == (0, {"tags"})
    (line,) = first.complaints
    assert f"in workspace {free}" in line
    assert "the plan of the workspace does not include it" in line
    assert "EXPENSES is not among the workspace's features" in line
    assert "owner may see" not in line
    assert {row["workspaceId"] for row in first.records["expenses"]} == {paid}
    assert night(box.origin, streams=streams).activated == set(streams)
    box.faults([])
    upgraded = night(box.origin, streams=streams)
    assert upgraded.activated == set(streams)
    assert {row["workspaceId"] for row in upgraded.records["expenses"]} <= {paid, free}
    box.faults([listed, refused])
    for _ in range(2):
        assert night(box.origin, streams=streams).activated == {"tags"}, "rows of the free one may have been loaded"
