"""The options of the world: each of them over HTTP, set at the start, while the server runs, and by a reset."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import requests
from clockify_sandbox import testing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.conftest import Sandbox, StartSandbox

LIMITED_KEY = "sandbox-limited-key"
PLAIN: dict[str, Any] = {
    "language": "en",
    "plan_refusal": "403-empty",
    "users_list": "everyone",
    "group_access": "full",
    "page_cap": 0,
    "without_last_page": False,
    "totals": "all",
    "former_members": "listed",
}
OTHER: dict[str, Any] = {
    "language": "es",
    "plan_refusal": "400",
    "users_list": "admins",
    "group_access": "without-tasks",
    "page_cap": 2,
    "without_last_page": True,
    "totals": "none",
    "former_members": "hidden",
}
GONE = {"DELETED", "LIMITED_DELETED"}
CLIENTS = "/workspaces/{ws}/clients"
USERS = "/workspaces/{ws}/users"
REFUSED_USERS = (403, {"message": "Access Denied", "code": 501})


def control(box: Sandbox, method: str, name: str, body: Any = None) -> requests.Response:
    return requests.request(method, f"{box.origin}/__sandbox/{name}", json=body, timeout=30)


def pages(box: Sandbox, path: str, size: int = 200) -> list[list[Any]]:
    """The pages of a bare list, up to the first empty one."""
    found: list[list[Any]] = []
    for number in range(1, 100):
        rows = box.ok("GET", path, params={"page": number, "page-size": size})
        if not rows:
            return found
        found.append(rows)
    raise AssertionError("the list has no end")


# -- how they are set -------------------------------------------------------------------------------------------------


def test_the_options_are_set_by_the_command_line_and_while_the_server_runs() -> None:
    with testing.SandboxProcess(world=OTHER) as origin:
        assert origin.control("GET", "world") == OTHER
        assert origin.world(page_cap=3) == {**OTHER, "page_cap": 3}
        assert origin.world() == {**OTHER, "page_cap": 3}
        answer = requests.get(
            f"{origin.api_url}{CLIENTS.format(ws=origin.workspace_ids[0])}",
            headers={"X-Api-Key": origin.key},
            timeout=9,
        )
        assert len(answer.json()) == 3
        origin.reset_stats()
        assert origin.control("GET", "world") == {**OTHER, "page_cap": 3}
        origin.reset(scale="tiny")
        assert origin.control("GET", "world") == OTHER
        origin.reset(scale="tiny", world={"totals": "page"})
        assert origin.control("GET", "world") == {**OTHER, "totals": "page"}


def test_without_options_the_world_is_plain(untouched: Sandbox) -> None:
    assert control(untouched, "GET", "world").json() == PLAIN


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("world", {"totls": "es"}, "unknown world option 'totls'; known are language, plan_refusal, users_list"),
        ("world", {"language": "fr"}, '"fr" is no value of language; known are en, es, de'),
        ("world", {"page_cap": -1}, "-1 is no value of page_cap; known are whole numbers from 0 on"),
        ("world", {"page_cap": "2"}, '"2" is no value of page_cap; known are whole numbers from 0 on'),
        ("world", {"page_cap": True}, "true is no value of page_cap; known are whole numbers from 0 on"),
        ("world", {"without_last_page": "yes"}, '"yes" is no value of without_last_page; known are true, false'),
        ("world", {"totals": None}, "null is no value of totals; known are all, page, none"),
        ("world", ["totals"], "expected an object; known for world option are language, plan_refusal"),
        ("reset", {"world": {"former": "hidden"}}, "unknown world option 'former'; known are language"),
        ("reset", {"scale": "huge"}, '"huge" is no value of scale; known are empty, tiny, agency, large'),
        ("clock", {"now": "noon"}, '"noon" is no value of now; known are moments with a time zone'),
        ("clock", {"now": "9999-12-31T23:59:59Z"}, '"9999-12-31T23:59:59Z" is no value of now; known are moments'),
        ("clock", {"advance_seconds": 1e18}, "1e18 is no value of advance_seconds; known are numbers from 0 to"),
        ("clock", {"hours": 2}, "unknown key 'hours'; known are now, advance_seconds"),
        ("webhooks/announce", {}, "missing key 'event'; known are event, id"),
        ("reset", {"size": "tiny"}, "unknown key 'size'; known are scale, seed, plan, world, stats"),
    ],
)
def test_an_unknown_key_or_value_is_refused_with_the_known_ones(
    untouched: Sandbox, name: str, body: Any, said: str
) -> None:
    answer = control(untouched, "POST", name, body)
    assert answer.status_code == 400
    assert said in answer.json()["error"]
    assert "\n" not in answer.json()["error"]
    assert control(untouched, "GET", "world").json() == PLAIN


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--totls", "es"), ("unknown argument --totls", "--totals", "--port", "--former-members")),
        (("--language", "fr"), ("--language", "'fr'", "en", "es", "de")),
        (("--plan-refusal", "404"), ("--plan-refusal", "'404'", "403-empty", "402", "400")),
        (("--page-cap", "-1"), ("--page-cap", '"-1"', "whole numbers from 0 on")),
        (("--page-cap", "many"), ("--page-cap", '"many"', "whole numbers from 0 on")),
        (("--port", "99999"), ("--port", '"99999"', "whole numbers from 0 to 65535")),
        (("--seed", "x"), ("--seed", "known are whole numbers")),
        (("--clock", "noon"), ("--clock", "known are moments with a time zone")),
        (("--clock", "0001-01-01T00:00:00Z"), ("--clock", "known are moments with a time zone from 2000 to 2100")),
        (("--latency-ms", "inf"), ("--latency-ms", "known are numbers from 0 on")),
        (("--api-key", ""), ("--api-key", "known are texts that are not empty")),
        (("--tls=yes",), ("--tls", "takes no value")),
        (("--page", "2"), ("unknown argument --page;", "--page-cap")),
    ],
)
def test_a_wrong_option_is_one_line_with_the_known_ones(arguments: tuple[str, ...], said: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "clockify_sandbox", "serve", "--port", "0", "--scale", "empty", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert [part for part in said if part not in done.stderr] == []


# -- what they do -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("face", "status", "code"),
    [("403-empty", 403, None), ("403", 403, 403), ("403-501", 403, 501), ("402", 402, 402), ("400", 400, 501)],
)
def test_a_missing_feature_is_refused_in_the_way_of_the_world(
    sandbox: StartSandbox, face: str, status: int, code: int | None
) -> None:
    box = sandbox(plan="FREE")
    box.world(plan_refusal=face)
    for path in ("/workspaces/{ws}/expenses", "/workspaces/{ws}/holidays", "/workspaces/{ws}/invoices"):
        assert box.refused("GET", path) == (status, code)
    assert box.refused("POST", USERS, {"email": "new@tiny.example"}) == (status, code)  # no feature, but a paid plan
    features = box.ok("GET", "/workspaces/{ws}")["features"]
    assert "EXPENSES" not in features


def test_the_list_of_users_can_be_for_administrators(sandbox: StartSandbox) -> None:
    box = sandbox()
    assert box.call("GET", USERS, key=LIMITED_KEY).status_code == 200
    box.world(users_list="admins")
    answer = box.call("GET", USERS, key=LIMITED_KEY)
    assert (answer.status_code, answer.json()) == REFUSED_USERS
    own = box.ok("GET", "/user", key=LIMITED_KEY)["id"]
    assert own in {row["id"] for row in box.ok("GET", USERS)}
    assert box.call("GET", f"/workspaces/{{ws}}/user/{own}/time-entries", key=LIMITED_KEY).status_code == 200


def lengths(box: Sandbox) -> list[int]:
    """How many rows come where many are asked for, for each of the styles of paging."""
    days = {"start": "2026-10-22T00:00:00Z", "end": "2026-11-20T00:00:00Z"}
    report = {"dateRangeStart": days["start"], "dateRangeEnd": "2026-11-20T23:59:59.999Z"}
    detailed = {**report, "detailedFilter": {"page": 1, "pageSize": 1000}}
    attendance = {**report, "attendanceFilter": {"page": 1, "pageSize": 200}}
    log = {
        **days,
        "actions": ["UPDATE_CLIENT", "CREATE_EXPENSE", "UPDATE_TIME_FOR_OTHER", "CREATE_TIME_PERSONAL_MANUAL"],
        "authors": {"authorIds": [], "contains": "DOES_NOT_CONTAIN"},
        "page-size": 50,
    }
    feed = {**days, "type": "TIME_ENTRY", "limit": "50"}
    reports = "/workspaces/{ws}/reports"
    return [
        len(box.ok("GET", CLIENTS, params={"page-size": 200})),
        len(box.ok("POST", "/workspaces/{ws}/users/info", {"pageSize": 100})),
        len(box.ok("GET", "/workspaces/{ws}/shared-reports", params={"pageSize": 100}, host="report")["reports"]),
        len(box.ok("GET", "/workspaces/{ws}/entities/created", params=feed)),
        len(box.ok("POST", "/workspaces/{ws}/audit-log", log, host="auditlog")),
        len(box.ok("POST", f"{reports}/detailed", detailed, host="report")["timeentries"]),
        len(box.ok("POST", f"{reports}/attendance", attendance, host="report")["entities"]),
        len(box.ok("POST", f"{reports}/expenses/detailed", {**report, "pageSize": 100}, host="report")["expenses"]),
    ]


def test_pages_can_be_smaller_than_requested(sandbox: StartSandbox) -> None:
    box = sandbox()
    whole, plain = box.ok("GET", CLIENTS), lengths(box)
    assert min(plain) > 2
    box.world(page_cap=2)
    cut = pages(box, CLIENTS)
    assert [len(page) for page in cut[:-1]] == [2] * (len(cut) - 1)
    assert [row for page in cut for row in page] == whole
    assert lengths(box) == [2] * len(plain)
    first = box.call("GET", CLIENTS, params={"page-size": 200})
    assert (first.headers["Last-Page"], first.headers["total-count"]) == ("false", str(len(whole)))
    assert len(box.ok("GET", CLIENTS, params={"page-size": 1})) == 1
    unpaged = [len(box.ok("GET", path)) for path in ("/workspaces/{ws}/custom-fields", "/workspaces/{ws}/holidays")]
    assert min(unpaged) > 2, "lists without pages are not cut"


def test_the_header_of_the_last_page_can_be_omitted(sandbox: StartSandbox) -> None:
    box = sandbox()
    report = {
        "dateRangeStart": "2026-11-01T00:00:00Z",
        "dateRangeEnd": "2026-11-20T23:59:59Z",
        "detailedFilter": {"page": 1, "pageSize": 10},
    }
    calls: list[tuple[str, str, Any, str]] = [
        ("GET", CLIENTS, None, "api"),
        ("GET", USERS, None, "api"),
        ("POST", "/workspaces/{ws}/reports/detailed", report, "report"),
    ]
    said = [box.call(method, path, body, host=host).headers for method, path, body, host in calls]
    assert all("Last-Page" in headers for headers in said)
    box.world(without_last_page=True)
    unsaid = [box.call(method, path, body, host=host).headers for method, path, body, host in calls]
    assert not any("Last-Page" in headers for headers in unsaid)


def test_totals_count_all_rows_or_those_of_the_page_or_are_absent(sandbox: StartSandbox) -> None:
    box = sandbox()
    one = {"page-size": 1}
    policy = box.ok("GET", "/workspaces/{ws}/time-off/policies")[0]["id"]

    def stated() -> list[int | None]:
        requested = {"statuses": ["ALL"], "pageSize": 1}
        shared = box.ok("GET", "/workspaces/{ws}/shared-reports", params={"pageSize": 1}, host="report")
        number = box.call("GET", CLIENTS, params=one).headers.get("total-count")
        return [
            box.ok("GET", "/workspaces/{ws}/expenses", params=one)["expenses"].get("count"),
            box.ok("GET", "/workspaces/{ws}/expenses/categories", params=one).get("count"),
            box.ok("GET", "/workspaces/{ws}/invoices", params=one).get("total"),
            box.ok("POST", "/workspaces/{ws}/invoices/info", {"pageSize": 1}).get("total"),
            box.ok("POST", "/workspaces/{ws}/time-off/requests", requested).get("count"),
            box.ok("GET", f"/workspaces/{{ws}}/time-off/balance/policy/{policy}", params=one).get("count"),
            shared.get("count"),
            None if number is None else int(number),
        ]

    assert all(count is not None and count > 1 for count in stated())
    box.world(totals="page")
    assert stated() == [1] * 8
    box.world(totals="none")
    assert stated() == [None] * 8


def test_people_who_left_are_listed_on_request_or_never(sandbox: StartSandbox) -> None:
    box = sandbox()
    dump = box.dump()
    members = {row["userId"] for row in dump["workspaces"][0]["members"]}
    gone = {row["id"] for row in dump["users"] if row["status"] in GONE} & members
    assert gone

    def listed() -> tuple[set[str], set[str]]:
        statuses = "ACTIVE,PENDING_EMAIL_VERIFICATION,DELETED,NOT_REGISTERED,LIMITED,LIMITED_DELETED"
        searched = box.ok("POST", "/workspaces/{ws}/users/info", {"accountStatuses": sorted(GONE)})
        return ids(box.ok("GET", USERS, params={"account-statuses": statuses})), ids(searched)

    def reported() -> set[str]:
        report = {
            "dateRangeStart": "2026-01-01T00:00:00Z",
            "dateRangeEnd": "2026-11-20T23:59:59Z",
            "summaryFilter": {"groups": ["USER"]},
        }
        return {
            row["_id"] for row in box.ok("POST", "/workspaces/{ws}/reports/summary", report, host="report")["groupOne"]
        }

    everyone, only_gone = listed()
    assert everyone == members
    assert only_gone == gone <= reported()
    assert not ids(box.ok("GET", USERS)) & gone
    box.world(former_members="hidden")
    assert listed() == (members - gone, set())
    assert gone <= reported()


def test_access_by_a_group_may_not_reach_the_tasks(sandbox: StartSandbox) -> None:
    box = sandbox()
    me = box.ok("GET", "/user", key=LIMITED_KEY)["id"]
    project = box.ok("POST", "/workspaces/{ws}/projects", {"name": "By group", "isPublic": False})["id"]
    group = box.ok("POST", "/workspaces/{ws}/user-groups", {"name": "Group"})["id"]
    box.ok("POST", f"/workspaces/{{ws}}/user-groups/{group}/users", {"userId": me})
    members = {"memberships": [], "userGroups": {"contains": "CONTAINS", "ids": [group], "status": "ALL"}}
    box.ok("PATCH", f"/workspaces/{{ws}}/projects/{project}/memberships", members)
    tasks = f"/workspaces/{{ws}}/projects/{project}/tasks"
    assert box.ok("GET", tasks, key=LIMITED_KEY) == []
    box.world(group_access="without-tasks")
    assert box.refused("GET", tasks, key=LIMITED_KEY) == (400, 501)
    assert project in {row["id"] for row in box.ok("GET", "/workspaces/{ws}/projects", key=LIMITED_KEY)}
    assert box.ok("GET", tasks) == []
    box.ok("POST", f"/workspaces/{{ws}}/projects/{project}/memberships", {"userIds": [me]})
    assert box.ok("GET", tasks, key=LIMITED_KEY) == []


# -- who sees what ----------------------------------------------------------------------------------------------------


class Seen:
    """The ids of what a key sees in the first workspace, list by list."""

    def __init__(self, box: Sandbox, key: str) -> None:
        ws = "/workspaces/{ws}"
        requested = {"statuses": ["ALL"], "pageSize": 200}
        self.projects = ids(box.ok("GET", f"{ws}/projects?page-size=200", key=key))
        self.users = ids(box.ok("GET", f"{ws}/users?page-size=200", key=key))
        self.expenses = ids(box.ok("GET", f"{ws}/expenses?page-size=200", key=key)["expenses"]["expenses"])
        self.requests = ids(box.ok("POST", f"{ws}/time-off/requests", requested, key=key)["requests"])
        approvals = box.ok("GET", f"{ws}/approval-requests?page-size=200", key=key)
        self.approvals = ids(row["approvalRequest"] for row in approvals)
        self.clients = ids(box.ok("GET", f"{ws}/clients?page-size=200", key=key))


def ids(rows: Iterable[dict[str, Any]]) -> set[str]:
    return {row["id"] for row in rows}


def cast(box: Sandbox) -> tuple[dict[str, Any], str, str, str]:
    """The stored first workspace, the plain member, and a person and a private project for the member to manage."""
    workspace, me = box.dump()["workspaces"][0], box.ok("GET", "/user", key=LIMITED_KEY)["id"]
    spent = {row["userId"] for row in workspace["expenses"]}
    person = next(row["ownerId"] for row in workspace["approval_requests"] if row["ownerId"] in spent - {me})
    project = next(
        row["id"]
        for row in workspace["projects"]
        if not row["public"] and me not in {one["userId"] for one in row["memberships"]}
    )
    return workspace, me, person, project


def own(workspace: dict[str, Any], table: str, people: set[str], projects: frozenset[str] = frozenset()) -> set[str]:
    """The ids of what these people did, or was done on these projects."""
    rows = workspace[table]
    return ids(
        row for row in rows if row.get("userId", row.get("ownerId")) in people or row.get("projectId") in projects
    )


def test_a_plain_member_sees_fewer_rows_with_200(sandbox: StartSandbox) -> None:
    box = sandbox()
    workspace, me, _, project = cast(box)
    everything, mine = Seen(box, "sandbox-key"), Seen(box, LIMITED_KEY)
    assert mine.projects < everything.projects
    assert project not in mine.projects
    active = {row["userId"] for row in workspace["members"] if row["membershipStatus"] == "ACTIVE"}
    assert mine.users == everything.users & active < everything.users
    assert mine.expenses == own(workspace, "expenses", {me}) < everything.expenses
    assert mine.requests == own(workspace, "time_off_requests", {me}) < everything.requests
    assert mine.approvals == own(workspace, "approval_requests", {me}) < everything.approvals
    assert mine.clients == everything.clients


def test_a_team_manager_sees_the_work_of_managed_people(sandbox: StartSandbox) -> None:
    box = sandbox()
    workspace, me, person, _ = cast(box)
    before = Seen(box, LIMITED_KEY)
    role = {"role": "TEAM_MANAGER", "entityId": person}
    box.ok("POST", f"/workspaces/{{ws}}/users/{me}/roles", role)
    seen = Seen(box, LIMITED_KEY)
    assert seen.projects == before.projects
    assert seen.users > before.users
    assert seen.expenses == own(workspace, "expenses", {me, person}) > before.expenses
    assert seen.requests == own(workspace, "time_off_requests", {me, person})
    assert seen.approvals == own(workspace, "approval_requests", {me, person}) > before.approvals
    receipt = next(row["id"] for row in workspace["expenses"] if row["userId"] == person)
    assert box.ok("GET", f"/workspaces/{{ws}}/expenses/{receipt}", key=LIMITED_KEY)["id"] == receipt
    assert box.refused("DELETE", f"/workspaces/{{ws}}/expenses/{receipt}", key=LIMITED_KEY) == (403, 403)


def test_a_project_manager_sees_the_work_on_managed_projects(sandbox: StartSandbox) -> None:
    box = sandbox()
    workspace, me, _, project = cast(box)
    before = Seen(box, LIMITED_KEY)
    path, entries = f"/workspaces/{{ws}}/users/{me}/roles", "/workspaces/{ws}/user/{user}/time-entries?page-size=1000"
    worker = next(row["userId"] for row in workspace["time_entries"] if row["projectId"] == project)
    theirs = entries.replace("{user}", worker)
    assert box.refused("GET", theirs, key=LIMITED_KEY) == (403, 403)
    box.ok("POST", path, {"role": "PROJECT_MANAGER", "entityId": project})
    seen = Seen(box, LIMITED_KEY)
    assert seen.projects == before.projects | {project}
    assert seen.expenses == own(workspace, "expenses", {me}, frozenset({project}))
    assert seen.approvals == before.approvals
    every, visible = box.ok("GET", theirs), box.ok("GET", theirs, key=LIMITED_KEY)
    assert visible == [row for row in every if row["projectId"] == project] != []
    assert len(visible) < len(every)
    assert (
        box.ok("GET", f"/workspaces/{{ws}}/time-entries/{visible[0]['id']}", key=LIMITED_KEY)["id"] == visible[0]["id"]
    )
    box.ok("DELETE", path, {"role": "PROJECT_MANAGER", "entityId": project})
    assert vars(Seen(box, LIMITED_KEY)) == vars(before)


def test_an_administrator_sees_what_the_owner_sees(sandbox: StartSandbox) -> None:
    box = sandbox()
    workspace, me, _, _ = cast(box)
    role = {"role": "WORKSPACE_ADMIN", "entityId": workspace["id"]}
    box.ok("POST", f"/workspaces/{{ws}}/users/{me}/roles", role)
    assert vars(Seen(box, LIMITED_KEY)) == vars(Seen(box, "sandbox-key"))


def test_every_role_sees_a_part_of_what_the_owner_sees(untouched: Sandbox) -> None:
    everything = vars(Seen(untouched, "sandbox-key"))
    fewer = {}
    for role in ("admin", "project-manager", "team-manager", "member", "limited-account"):
        seen = vars(Seen(untouched, f"sandbox-{role}-key"))
        assert [name for name in everything if not seen[name] <= everything[name]] == []
        fewer[role] = {name for name in everything if seen[name] < everything[name]}
    managers = {"projects", "expenses", "requests", "approvals"}
    assert fewer == {
        "admin": set(),
        "project-manager": managers,
        "team-manager": managers,
        "member": managers | {"users"},
        "limited-account": managers | {"users"},
    }
