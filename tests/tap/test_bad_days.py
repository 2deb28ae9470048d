"""Bad input and failures, through the command line: one clear line, the right exit code, no lost or repeated row."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections import Counter
from math import nan
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    Runs = Callable[..., Any]
    Sandboxes = Callable[..., Any]

TAP = Path(sys.executable).parent / "tap-clockify"


def _errors(run: Any) -> list[str]:
    return [line for line in run.log.splitlines() if "ERROR" in line or "Traceback" in line]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"api_key": "wrong"}, "the key was not accepted; check api_key or addon_token"),
        ({"api_key": None}, "exactly one of api_key and addon_token must be set: neither is set"),
        ({"addon_token": "t", "workspace_ids": ["0" * 24]}, "exactly one of api_key and addon_token must be set: both"),
        ({"api_key": None, "addon_token": "t"}, "workspace_ids must be set with an addon_token"),
        ({"workspace_ids": ["0123456789abcdef01234567"]}, "no such workspace for this key; check workspace_ids"),
        ({"api_url": "http://example.com/api/v1"}, "api_url must use https: the key would travel in clear text"),
        ({"api_url": "nonsense"}, "api_url must be a URL such as"),
        ({"start_date": "2026-02-01", "end_date": "2026-01-01"}, "must lie before end_date"),
        ({"start_date": "last week"}, "start_date must be a moment such as 2026-01-31T00:00:00Z"),
        ({"start_date": "0001-01-01"}, "start_date (0001-01-01) must lie in the years 1970 to 2100"),
        ({"end_date": "9999-12-31T23:59:59Z"}, "must lie in the years 1970 to 2100"),
        ({"start_date": "2026-01-01T00:00:00 Europe/Berlin"}, "start_date must be a moment such as"),
        ({"report_groups": ["USER", "CATEGORY"]}, "report_groups[1] must be one of CLIENT, PROJECT"),
        ({"report_groups": []}, "report_groups must name one to 3 groups, not 0"),
        ({"api_url": "https://example.com:port/api/v1"}, "api_url must be a URL such as"),
        ({"stream_maps": {"clients": {"name": "md5("}}}, "Failed to parse expression md5("),
        ({"region": "mars"}, "region must be one of global, euc1"),
        ({"requests_per_second": 0}, "requests_per_second must be at least 0.001"),
        ({"requests_per_hour": 10**30}, "requests_per_hour must be at most 3600000"),
        ({"timeout_seconds": 10**30}, "timeout_seconds must be at most 86400"),
        ({"api_key": ["wrong"]}, "api_key must be text"),
        ({"addon_token": {"wrong": "wrong"}}, "addon_token must be text"),
        ({"workspace_id": "0" * 24}, "workspace_id is not a setting; write workspace_ids"),
    ],
)
def test_a_mistake_in_the_settings_is_one_line_and_sends_no_record(
    sandbox: Sandboxes, run_tap: Runs, settings: dict[str, Any], says: str
) -> None:
    run = run_tap(sandbox(scale="tiny").origin, **settings)
    assert run.code == 1
    (error, *more) = _errors(run)
    assert says in error
    assert [line for line in more if "Config validation failed" not in line] == []
    assert not run.records
    assert not run.activated
    assert "wrong" not in run.log


def test_an_unreachable_host_is_one_line(run_tap: Runs) -> None:
    with socket.socket() as taken:  # bound, not listening: every connection is refused
        taken.bind(("127.0.0.1", 0))
        run = run_tap(f"http://127.0.0.1:{taken.getsockname()[1]}", timeout_seconds=1)
    assert run.code == 1
    (error,) = _errors(run)
    assert "Clockify cannot be reached; check api_url or region, and the network [no connection]" in error


def test_a_plan_without_a_feature_skips_its_streams_and_reads_the_rest(sandbox: Sandboxes, run_tap: Runs) -> None:
    run = run_tap(sandbox(scale="tiny", plan="FREE").origin)
    assert run.code == 0
    skipped = {line.split(" is incomplete")[0] for line in run.complaints if "does not include it" in line}
    assert skipped >= {"holidays", "time_off_policies", "invoices", "expenses", "assignments", "user_capacity_totals"}
    assert not skipped & {"clients", "projects", "tasks", "tags", "time_entries", "users", "workspaces"}
    assert run.activated.isdisjoint(skipped)
    assert run.activated >= {"clients", "projects", "tasks", "tags", "time_entries"}
    workspaces = {line.split(" in workspace ")[1].split(",")[0] for line in run.complaints}
    assert len(run.complaints) == len(skipped) * len(workspaces)


def test_a_stream_missing_in_one_workspace_is_read_from_the_others(sandbox: Sandboxes, run_tap: Runs) -> None:
    world = sandbox(scale="tiny")
    world.faults([{"route": "GET /workspaces/{ws}/holidays", "nth": 1, "status": 403}])
    run = run_tap(world.origin, streams=["holidays", "tags"])
    assert run.code == 0
    (lacking,) = set(world.workspace_ids) - {row["workspaceId"] for row in run.records["holidays"]}
    (complaint,) = run.complaints
    assert complaint.startswith(
        f"holidays is incomplete in workspace {lacking}, no rows are removed: Clockify does not "
    )
    assert run.activated == {"tags"}


def test_streams_without_a_workspace_are_skipped(sandbox: Sandboxes, run_tap: Runs) -> None:
    world = sandbox(scale="tiny")
    world.faults([{"route": "GET /user", "nth": "every", "status": 403}])
    (complaint,) = run_tap(world.origin, streams=["current_user"]).complaints
    assert complaint.startswith(
        "current_user is incomplete, no rows are removed: Clockify does not permit reading it: GET"
    )


@pytest.mark.parametrize("message", ["User doesn't belong to Workspace", "No pertenece", ""])
@pytest.mark.parametrize("status", [400, 404])
def test_no_row_of_an_unreadable_workspace_counts_as_deleted(
    sandbox: Sandboxes, run_tap: Runs, status: int, message: str
) -> None:
    world = sandbox(scale="tiny")
    left = {"message": message, "code": 501}
    fault = {"nth": "every", "status": status, "body": json.dumps(left)}
    world.faults([{"route": "GET /workspaces/{ws}/projects", **fault}])
    run = run_tap(world.origin, streams=["projects", "tasks", "tags"])
    assert run.code == 1
    assert {line.split(" is incomplete")[0] for line in run.complaints} == {"projects", "tasks"}
    assert all(any(one in line for line in run.complaints) for one in world.workspace_ids)
    assert run.activated == {"tags"}


def test_a_key_that_is_revoked_meanwhile_is_one_line_and_removes_nothing(sandbox: Sandboxes, run_tap: Runs) -> None:
    world = sandbox(scale="tiny")
    revoked = {"message": "Api key does not exist", "code": 4003}
    routes = ["projects", "tags", "clients", "projects/{id}/tasks"]
    fault = {"nth": "every", "status": 401, "body": json.dumps(revoked)}
    world.faults([{"route": f"GET /workspaces/{{ws}}/{route}", **fault} for route in routes])
    run = run_tap(world.origin, streams=["clients", "projects", "tasks", "tags"])
    assert run.code == 1
    (error,) = _errors(run)
    assert "the key was not accepted" in error
    assert not run.activated
    named = "complete: 0; incomplete: clients (broken), projects (broken), tasks (broken), tags (broken)"
    assert run.log.rstrip().endswith(named)


def test_an_unknown_workspace_is_noticed_whatever_is_read(sandbox: Sandboxes, run_tap: Runs) -> None:
    run = run_tap(sandbox(scale="tiny").origin, streams=["workspaces"], workspace_ids=["0" * 24])
    assert run.code == 1
    (error,) = _errors(run)
    assert error.endswith(f"no such workspace for this key; check workspace_ids, and the region: {'0' * 24}")


def test_a_key_with_few_rights_reads_what_is_permitted(sandbox: Sandboxes, run_tap: Runs) -> None:
    run = run_tap(sandbox(scale="tiny").origin, api_key="sandbox-limited-key")
    assert run.code == 0
    assert len(run.records["workspaces"]) == 1
    assert run.records["projects"]
    assert "time_entries" not in run.activated
    owners = {entry["userId"] for entry in run.records["time_entries"]}
    assert len(owners) == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 503, "nth": 1},
        {"status": 429, "nth": [1, 2]},
        {"status": 429, "nth": 1, "retry_after": 1},
        {"reset": True, "nth": 1},
        {"status": 200, "body": "truncated", "nth": 1},
        {"status": 200, "body": "html", "nth": 1},
    ],
    ids=lambda fault: "-".join(f"{name}={value}" for name, value in fault.items()),
)
def test_temporary_failures_are_retried(sandbox: Sandboxes, run_tap: Runs, fault: dict[str, Any]) -> None:
    world = sandbox(scale="tiny")
    calm = run_tap(world.origin, streams=["clients", "tags"])
    world.faults([{"route": "GET /workspaces/{ws}/tags", **fault}])
    stormy = run_tap(world.origin, streams=["clients", "tags"])
    assert stormy.code == 0
    assert stormy.records == calm.records
    assert stormy.activated == {"clients", "tags"}


@pytest.mark.parametrize("body", ["html", "empty"])
def test_a_failed_stream_ends_with_exit_code_1_and_removes_nothing(
    sandbox: Sandboxes, run_tap: Runs, body: str
) -> None:
    world = sandbox(scale="tiny")
    world.faults([{"route": "GET /workspaces/{ws}/tags", "nth": "every", "status": 500, "body": body}])
    run = run_tap(world.origin, streams=["clients", "tags", "users"])
    assert run.code == 1
    errors = _errors(run)
    assert len(errors) == len(world.workspace_ids)
    assert all("tags is incomplete in workspace" in error for error in errors)
    assert all("it could not be read: GET /workspaces/{workspaceId}/tags" in error for error in errors)
    assert run.activated == {"clients", "users"}


@pytest.mark.parametrize(
    ("stream", "route", "body"),
    [
        ("tags", "tags", {"message": "maintenance"}),
        ("tags", "tags", {}),
        ("tags", "tags", [{}]),
        ("tags", "tags", [{"id": None, "name": "n"}]),
        ("tags", "tags", [None]),
        ("users", "users", [{"name": "n"}]),
        ("user_roles", "users", [{"id": "u", "roles": ["OWNER"]}]),
        ("memberships", "users", [{"id": "u", "memberships": [None]}]),
        ("memberships", "users", [{"id": "u", "memberships": {}}]),
        ("user_roles", "users", [{"id": "u", "roles": {}}]),
        ("invoices", "invoices/{id}", {"message": "maintenance"}),
        ("invoice_items", "invoices/{id}", {"id": "i", "items": {"order": 1}}),
        ("invoice_settings", "invoices/settings", {"message": "maintenance"}),
        ("invoice_settings", "invoices/settings", {}),
        ("member_profiles", "member-profile/{id}", {"email": "e", "workingDays": "MONDAY"}),
        ("time_entries", "users", [{"name": "n"}]),
        ("time_entries", "user/{id}/time-entries", [{"id": "e", "timeInterval": None}]),
        ("approval_requests", "approval-requests", [{"approvalRequest": "a"}]),
    ],
)
def test_json_of_another_shape_counts_as_no_row_and_removes_none(
    sandbox: Sandboxes, run_tap: Runs, stream: str, route: str, body: Any
) -> None:
    world = sandbox(scale="tiny")
    fault = {"route": f"GET /workspaces/{{ws}}/{route}", "status": 200, "body": json.dumps(body)}
    world.faults([fault])
    settings = {"start_date": "2026-01-01", "verify_time_entries": False}
    run = run_tap(world.origin, streams=[stream, "clients"], **settings)
    assert run.code == 1
    assert run.complaints
    assert all(line.startswith(f"{stream} is incomplete") for line in run.complaints)
    assert stream not in run.records
    assert run.activated == {"clients"}


@pytest.mark.parametrize(("stream", "body"), [("memberships", {"memberships": None}), ("user_roles", {"roles": None})])
def test_null_in_place_of_a_list_proves_no_row_gone(
    sandbox: Sandboxes, run_tap: Runs, stream: str, body: dict[str, Any]
) -> None:
    world = sandbox(scale="tiny")
    users = [{**user, **body} for user in world.ok("GET", "/workspaces/{ws}/users?memberships=ALL&includeRoles=true")]
    whole = {"status": 200, "body": json.dumps(users), "headers": {"Last-Page": "true"}}
    world.faults([{"route": "GET /workspaces/{ws}/users", **whole}])
    run = run_tap(world.origin, streams=[stream, "clients"], workspace_ids=world.origin.workspace_ids[:1])
    assert (run.code, run.activated) == (0, {"clients"})
    assert [line.partition(" in workspace")[0] for line in run.complaints] == [f"{stream} is incomplete"]


def test_an_account_without_a_workspace_empties_nothing(sandbox: Sandboxes, run_tap: Runs) -> None:
    world = sandbox(scale="tiny")
    world.faults([{"route": "GET /workspaces", "status": 200, "body": "[]"}])
    run = run_tap(world.origin)
    assert run.code == 1
    (error,) = _errors(run)
    assert error.endswith("the key sees no workspace at all")
    assert not run.activated


def test_a_list_that_repeats_its_page_is_not_complete(sandbox: Sandboxes, run_tap: Runs) -> None:
    world = sandbox(scale="tiny")
    page = json.dumps([{"id": str(number), "name": "n" * 20} for number in range(20)])
    again = {"status": 200, "body": page, "headers": {"Last-Page": "false"}}
    world.faults([{"route": "GET /workspaces/{ws}/tags", **again}])
    run = run_tap(world.origin, streams=["tags", "clients"])
    assert run.code == 1
    assert run.complaints
    assert all(line.startswith("tags is incomplete in workspace") for line in run.complaints)
    assert all("[the same page came twice]" in line for line in run.complaints)
    assert len(run.records["tags"]) == 20 * len(world.workspace_ids)
    assert run.activated == {"clients"}


def test_a_list_that_changes_while_it_is_read_yields_no_row_twice(sandbox: Sandboxes, run_tap: Runs) -> None:
    world = sandbox(scale="tiny")
    ids = world.workspace_ids[0]
    whole = run_tap(world.origin, streams=["users", "time_entries"], workspace_ids=[ids], verify_time_entries=False)
    first, second, *others = whole.records["users"]
    pages = ([first, second], [second, *others])
    world.faults(
        [
            {
                "route": "GET /workspaces/{ws}/users",
                "nth": number + 1,
                "status": 200,
                "body": json.dumps(page),
                "headers": {"Last-Page": str(bool(number)).lower()},
            }
            for number, page in enumerate(pages)
        ]
    )
    world.reset(stats=True)
    shifted = run_tap(world.origin, streams=["users", "time_entries"], workspace_ids=[ids], verify_time_entries=False)
    assert shifted.records == whole.records
    asked = world.stats()["by_route"]["GET /workspaces/{ws}/user/{userId}/time-entries"]
    assert asked == len(whole.records["users"])


def test_an_unreadable_workspace_does_not_affect_others(sandbox: Sandboxes, run_tap: Runs) -> None:
    world = sandbox(scale="tiny")
    bad = world.workspace_ids[1]
    world.faults([{"route": f"* /workspaces/{bad}/*", "status": 404}])
    streams = ["clients", "projects", "tasks", "tags", "time_entries"]
    run = run_tap(world.origin, streams=streams)
    assert run.code == 1
    assert not run.activated
    assert {line.split(" is incomplete")[0] for line in run.complaints} == set(streams)
    assert all(bad in line for line in run.complaints)
    for stream in streams:
        assert {row["workspaceId"] for row in run.records[stream]} == {world.workspace_ids[0]}


@pytest.mark.parametrize("made", [[], {"stream": []}, {"streams": "all"}])
def test_an_invalid_catalog_is_reported_in_one_line(
    sandbox: Sandboxes, run_tap: Runs, made: Any, tmp_path: Path
) -> None:
    file = tmp_path / "catalog.json"
    file.write_text(json.dumps(made))
    run = run_tap(sandbox(scale="tiny").origin, options=["--catalog", str(file)])
    assert run.code == 1
    (error,) = _errors(run)
    assert f"--catalog {file} must hold an " in error
    assert "Traceback" not in run.log


@pytest.mark.parametrize("expression", ["1 / 0", "no_such_name", "name.no_such_method()"])
def test_a_failing_stream_map_ends_its_stream(sandbox: Sandboxes, run_tap: Runs, expression: str) -> None:
    maps = {"tags": {"name": expression}}
    run = run_tap(sandbox(scale="tiny").origin, streams=["tags", "users"], stream_maps=maps)
    assert run.code == 1
    (complaint,) = run.complaints
    assert complaint.startswith("tags is incomplete, no rows are removed: it could not be read: ")
    assert "Traceback" not in run.log
    assert run.activated == {"users"}


_WORDS = [
    "Project doesn't belong to Workspace",
    "USER with id u doesn't belong to PROJECT with id p",
    "No pertenece",
    "",
]


@pytest.mark.parametrize("message", _WORDS)
@pytest.mark.parametrize(("status", "code"), [(400, 501), (403, 501), (404, 501), (404, None)])
def test_a_child_that_is_refused_while_its_parent_is_listed_keeps_its_rows(
    sandbox: Sandboxes, run_tap: Runs, status: int, code: int | None, message: str
) -> None:
    world = sandbox(scale="tiny")
    calm = run_tap(world.origin, streams=["tasks"])
    body = "empty" if code is None else json.dumps({"message": message, "code": code})
    refused = {"nth": "every", "status": status, "body": body}
    project = calm.records["tasks"][0]["projectId"]
    world.faults([{"route": f"GET /workspaces/*/projects/{project}/tasks", **refused}])
    run = run_tap(world.origin, streams=["tasks"])
    assert run.code == 0
    assert not run.activated
    (complaint,) = run.complaints
    assert complaint.startswith(f"tasks is incomplete of {project} in workspace ")
    assert [row for row in calm.records["tasks"] if row["projectId"] != project] == run.records["tasks"]


@pytest.mark.parametrize("message", _WORDS)
def test_a_child_whose_parent_has_left_the_list_is_gone(sandbox: Sandboxes, run_tap: Runs, message: str) -> None:
    world = sandbox(scale="tiny")
    one = world.workspace_ids[0]
    listed = run_tap(world.origin, streams=["projects", "tasks"], workspace_ids=[one])
    project = listed.records["tasks"][0]["projectId"]
    others = [row for row in listed.records["projects"] if row["id"] != project]
    fault = {"status": 400, "body": json.dumps({"message": message, "code": 501})}
    shorter = {"status": 200, "body": json.dumps(others), "headers": {"Last-Page": "true"}}
    world.faults(
        [
            {"route": f"GET /workspaces/*/projects/{project}/tasks", "nth": "every", **fault},
            {"route": "GET /workspaces/{ws}/projects", "nth": 2, **shorter},
        ]
    )
    run = run_tap(world.origin, streams=["tasks"], workspace_ids=[one])
    assert (run.code, run.complaints) == (0, [])
    assert run.activated == {"tasks"}
    assert [row for row in listed.records["tasks"] if row["projectId"] != project] == run.records["tasks"]


def test_a_failed_parent_affects_only_its_rows_and_is_named(sandbox: Sandboxes, run_tap: Runs) -> None:
    world = sandbox(scale="tiny")
    calm = run_tap(world.origin, streams=["invoices"])
    bad = calm.records["invoices"][2]["id"]
    world.faults([{"route": f"GET /workspaces/*/invoices/{bad}", "nth": "every", "status": 500}])
    run = run_tap(world.origin, streams=["invoices", "invoice_items"])
    assert run.code == 1
    assert [row for row in calm.records["invoices"] if row["id"] != bad] == run.records["invoices"]
    assert [line.split(" in workspace")[0] for line in run.complaints] == [
        f"invoices is incomplete of {bad}",
        f"invoice_items is incomplete of {bad}",
    ]
    assert not run.activated


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"error": "busy"},
        {"id": None, "name": "n"},
        {"id": "", "name": "n"},
        {"id": 17, "name": "n"},
        None,
        "busy",
        7,
        {"id": "x", "n": nan},
    ],
)
@pytest.mark.parametrize("place", [0, 1, -1])
def test_a_malformed_row_affects_only_itself(sandbox: Sandboxes, run_tap: Runs, odd: Any, place: int) -> None:
    world = sandbox(scale="tiny")
    one = world.workspace_ids[0]
    tags = run_tap(world.origin, streams=["tags"], workspace_ids=[one]).records["tags"]
    answer = [*tags[:place], odd, *tags[place:]]
    fault = {"status": 200, "body": json.dumps(answer), "headers": {"Last-Page": "true"}}
    world.faults([{"route": "GET /workspaces/{ws}/tags", "nth": "every", **fault}])
    run = run_tap(world.origin, streams=["tags", "clients"], workspace_ids=[one])
    assert run.code == 1
    assert run.records["tags"] == tags
    assert run.activated == {"clients"}
    (complaint,) = run.complaints
    assert "rows without a usable key or of another shape were left out: 1 of GET " in complaint


@pytest.mark.parametrize("body", [{"message": "Sin suscripción activa", "code": 501}, {"message": "", "code": 501}])
@pytest.mark.parametrize("status", [400, 402, 403])
def test_a_list_that_the_plan_lacks_is_refused_in_any_words(
    sandbox: Sandboxes, run_tap: Runs, status: int, body: dict[str, Any]
) -> None:
    world = sandbox(scale="tiny", plan="FREE")
    world.faults(
        [{"route": "GET /workspaces/{ws}/expenses", "nth": "every", "status": status, "body": json.dumps(body)}]
    )
    run = run_tap(world.origin, streams=["expenses", "tags"])
    assert run.code == 0
    assert all("expenses is incomplete in workspace" in line for line in run.complaints)
    assert all("the plan of the workspace does not include it" in line for line in run.complaints)
    assert run.activated == {"tags"}


def test_a_member_who_may_not_list_users_reads_their_own_data(sandbox: Sandboxes, run_tap: Runs) -> None:
    world = sandbox(scale="tiny")
    whole = run_tap(world.origin, streams=["time_entries"]).records["time_entries"]
    key = "sandbox-member-key"
    me = world.ok("GET", "/user", key=key)["id"]
    refused = {"status": 403, "body": json.dumps({"message": "Access Denied", "code": 501})}
    world.faults([{"route": "GET /workspaces/{ws}/users", "nth": "every", **refused}])
    run = run_tap(world.origin, streams=["users", "time_entries"], api_key=key)
    assert run.code == 0
    own = [row["id"] for row in whole if row["userId"] == me]
    assert own
    assert sorted(row["id"] for row in run.records["time_entries"]) == sorted(own)
    assert not run.activated


def test_a_shared_report_arrives_whole(sandbox: Sandboxes, run_tap: Runs) -> None:
    world = sandbox(scale="tiny")
    one = world.workspace_ids[0]
    report = run_tap(world.origin, streams=["shared_reports"], workspace_ids=[one]).records["shared_reports"][0]["id"]
    pages = [[{"_id": f"{page}-{row}"} for row in range(200 if page < 2 else 7)] for page in range(3)]
    world.faults(
        [
            {
                "route": f"GET /shared-reports/{report}",
                "nth": page + 1,
                "status": 200,
                "body": json.dumps({"totals": [None], "timeentries": rows}),
                "headers": {"Last-Page": str(page == 2).lower()},
            }
            for page, rows in enumerate(pages)
        ]
    )
    run = run_tap(world.origin, streams=["shared_report_data"], workspace_ids=[one])
    mine = [row for row in run.records["shared_report_data"] if row["sharedReportId"] == report]
    assert [row["page"] for row in mine] == [1, 2, 3]
    assert [row["timeentries"] for row in mine] == pages


@pytest.mark.parametrize("stated", [9, 1_000])
def test_a_list_with_fewer_rows_than_it_states_is_not_complete(sandbox: Sandboxes, run_tap: Runs, stated: int) -> None:
    world = sandbox(scale="tiny")
    requests = run_tap(world.origin, streams=["time_off_requests"]).records["time_off_requests"][:3]
    body = {"requests": requests, "count": stated}
    nothing = {"requests": [], "count": stated}
    world.faults(
        [
            {"route": "POST /workspaces/{ws}/time-off/requests", "nth": nth, "status": 200, "body": json.dumps(answer)}
            for nth, answer in ((1, body), (2, nothing), (3, body), (4, nothing))
        ]
    )
    run = run_tap(world.origin, streams=["time_off_requests"])
    assert run.code == 1
    assert not run.activated
    assert any("a list is not whole" in line for line in run.complaints)


def test_a_limited_run_does_not_activate_limited_streams(sandbox: Sandboxes, run_tap: Runs) -> None:
    world = sandbox(scale="tiny")
    streams = ["time_entries", "assignments", "time_off_policies", "clients"]
    run = run_tap(world.origin, streams=streams, start_date="2026-11-01T00:00:00Z", policy_status="ARCHIVED")
    assert run.activated == {"clients"}
    one = world.dump()["workspaces"][0]["id"]
    assert run_tap(world.origin, streams=streams, workspace_ids=[one]).activated == set(streams)
    assert run_tap(world.origin, streams=streams, shared_destination=True).activated == set()
    assert run_tap(world.origin, streams=streams).activated == set(streams)
    assert run_tap(world.origin, streams=streams, emit_activate_version_messages=False).activated == set()


@pytest.mark.parametrize("key", ["sandbox-west-key", "sandbox-east-key", "sandbox-key"])
def test_a_window_holds_exactly_its_entries_whatever_the_zone_of_the_account(
    sandbox: Sandboxes, run_tap: Runs, key: str
) -> None:
    world = sandbox(scale="tiny")
    whole = run_tap(world.origin, api_key=key, streams=["time_entries"]).records["time_entries"]
    starts = sorted({entry["timeInterval"]["start"] for entry in whole})
    assert len(starts) > 3
    windows = list(zip(starts[::3], starts[1::3], strict=False))
    for start, end in windows[:: max(1, len(windows) // 8)]:
        window = run_tap(world.origin, api_key=key, streams=["time_entries"], start_date=start, end_date=end)
        kept = {one["id"] for one in window.records["time_entries"]}
        assert kept == {one["id"] for one in whole if start <= one["timeInterval"]["start"] < end}


def test_small_pages_yield_the_same_rows_once(sandbox: Sandboxes, run_tap: Runs) -> None:
    world = sandbox(scale="tiny")
    streams = ["users", "projects", "time_entries", "expenses", "invoices", "time_off_requests", "expense_categories"]
    whole = run_tap(world.origin, streams=streams)
    small = run_tap(world.origin, streams=streams, page_size=3)
    for stream in streams:
        key = ("workspaceId", "id") if stream == "users" else ("id",)
        ids = Counter(tuple(row[name] for name in key) for row in small.records[stream])
        assert max(ids.values()) == 1, stream
        assert ids == Counter(tuple(row[name] for name in key) for row in whole.records[stream]), stream


@pytest.fixture
def started(sandbox: Sandboxes, tmp_path: Path) -> Callable[..., subprocess.Popen[bytes]]:
    """Start the tap in the background, with further arguments of `Popen`."""

    def start(world: Any = None, **more: Any) -> subprocess.Popen[bytes]:
        world = world or sandbox(scale="tiny")
        config = tmp_path / "config.json"
        config.write_text(json.dumps({"api_key": "sandbox-key", "api_url": f"{world.origin}/api/v1"}))
        return subprocess.Popen([TAP, "--config", config], **{"stdout": subprocess.PIPE, **more})

    return start


def test_an_interrupted_run_says_so_and_activates_nothing_more(sandbox: Sandboxes, started: Runs) -> None:
    world = sandbox(scale="tiny")
    world.faults([{"route": "GET /workspaces/{ws}/tags", "nth": 1, "delay_ms": 20_000}])
    with started(world, stderr=subprocess.DEVNULL) as tap:
        lines = []
        for line in tap.stdout:
            lines.append(json.loads(line))
            if lines[-1]["type"] == "SCHEMA" and lines[-1]["stream"] == "tags":
                tap.terminate()
        tap.wait(timeout=30)
    assert tap.returncode == 128 + 15
    assert "tags" not in {line["stream"] for line in lines if line["type"] == "ACTIVATE_VERSION"}


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_an_interruption_never_cuts_a_message_in_two(started: Runs, unbuffered: str) -> None:
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    with started(stderr=subprocess.PIPE, env=environment) as tap:
        for line in tap.stderr:  # nobody reads stdout: soon the pipe is full, and the tap waits in the middle of a page
            if b"Beginning sync of 'memberships'" in line or b"Beginning sync of 'users'" in line:
                break
        tap.terminate()
        lines = tap.stdout.read().splitlines()
    assert tap.returncode == 128 + 15
    assert {json.loads(line)["type"] for line in lines} >= {"SCHEMA", "RECORD"}


def test_a_target_that_died_is_one_line(started: Runs) -> None:
    with started(stderr=subprocess.PIPE) as tap:
        tap.stdout.close()
        log = tap.stderr.read().decode()
    assert tap.returncode == 1
    (error,) = [line for line in log.splitlines() if "INFO" not in line]
    assert error.endswith("Nobody reads the output any more: the program behind the pipe has ended")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no disk that is always full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_is_one_line(started: Runs, unbuffered: str) -> None:
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    with Path("/dev/full").open("wb") as full, started(stdout=full, stderr=subprocess.PIPE, env=environment) as tap:
        log = tap.stderr.read().decode()
    assert tap.returncode == 1
    (error,) = [line for line in log.splitlines() if "INFO" not in line]
    assert error.endswith("The output cannot be written: No space left on device")


def test_the_log_is_short_and_contains_no_secret_at_any_level(sandbox: Sandboxes, run_tap: Runs) -> None:
    world = sandbox(scale="tiny")
    run = run_tap(world.origin)
    for stream in {one["stream"] for one in run.messages if one["type"] == "SCHEMA"}:
        assert sum(f"'{stream}'" in line or f'"stream":"{stream}"' in line for line in run.log.splitlines()) <= 3
    assert "http" not in run.log
    told = run_tap(world.origin, environment={"LOGLEVEL": "DEBUG"})
    assert "DEBUG" in told.log
    tokens = [hook["authToken"] for workspace in world.dump()["workspaces"] for hook in workspace["webhooks"]]
    assert not [secret for secret in ("sandbox-key", *tokens) if secret in told.log]
    people = {row["email"] for row in run.records["users"]} | {row["name"] for row in run.records["users"]}
    assert not [one for one in people if one and one in told.log]
