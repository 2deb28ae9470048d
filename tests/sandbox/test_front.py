"""The layers in front of the API: credentials, routes, limits, faults, statistics, the clock."""

from __future__ import annotations

import gzip
import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from tests.conftest import Sandbox, StartSandbox

CLIENTS = "/workspaces/{ws}/clients"
PROJECTS = "/workspaces/{ws}/projects"
ADDON = "sandbox-addon-token"
UNKNOWN = "0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, 1000),
        ({"X-Api-Key": ""}, 1000),
        ({"X-Api-Key": "sandbox-key", "X-Addon-Token": ADDON}, 1000),
        ({"Authorization": "Bearer sandbox-key"}, 1000),
        ({"X-Api-Key": "nobody"}, 4003),
        ({"X-Addon-Token": "sandbox-key"}, 4017),
    ],
)
def test_exactly_one_known_credential_comes_before_everything(
    empty: Sandbox, headers: dict[str, str], code: int
) -> None:
    assert empty.refused("GET", "/user", key=None, headers=headers) == (401, code)
    assert empty.refused("GET", "/no/such/route", key=None, headers=headers) == (401, code)


def test_addon_tokens_can_use_only_their_scopes(sandbox: StartSandbox) -> None:
    box = sandbox()
    as_addon: dict[str, Any] = {"key": None, "headers": {"X-Addon-Token": ADDON}}
    reader: dict[str, Any] = {"key": None, "headers": {"X-Addon-Token": "sandbox-addon-readonly-token"}}
    assert box.ok("GET", CLIENTS, **as_addon) == box.ok("GET", CLIENTS)
    assert box.ok("GET", "/workspaces/{ws}/custom-fields", **reader)
    assert box.refused("GET", "/workspaces", **as_addon)[0] == 401
    assert box.refused("POST", "/workspaces/{ws}/custom-fields", {"name": "x"}, **as_addon)[0] == 401
    refusal = box.call("POST", CLIENTS, {"name": "New"}, **reader)
    assert refusal.status_code == 401
    assert "does not have permission CLIENT_WRITE" in refusal.json()["message"]
    assert box.refused("GET", f"/workspaces/{box.workspace_ids[1]}/clients", **as_addon) == (403, 501)


def test_workspaces_are_denied_unknown_or_somebody_elses(sandbox: StartSandbox) -> None:
    box = sandbox()
    assert box.refused("GET", "/workspaces/abc/clients") == (403, 501)
    assert box.refused("GET", f"/workspaces/{UNKNOWN[:23]}/clients") == (403, 501)
    missing = box.call("GET", f"/workspaces/{UNKNOWN}/clients")
    assert (missing.status_code, missing.content) == (404, b"")
    assert missing.headers["content-type"] == "application/json"
    assert box.refused("GET", f"/workspaces/{box.workspace_ids[1]}/clients", key="sandbox-limited-key") == (403, 501)


def test_routes_and_verbs(empty: Sandbox) -> None:
    assert empty.refused("GET", "/workspaces/{ws}/nothing") == (404, 3000)
    wrong = empty.call("PUT", "/workspaces/{ws}/clients", {})
    assert (wrong.status_code, wrong.json()["code"], wrong.headers["Allow"]) == (405, 3000, "GET, POST")
    head = empty.call("HEAD", CLIENTS)
    assert (head.status_code, head.content, head.headers["Last-Page"]) == (200, b"", "true")
    assert empty.ok("GET", f"{CLIENTS}/") == []


def test_each_host_has_its_own_errors_and_routes(empty: Sandbox) -> None:
    assert list(empty.call("GET", "/workspaces/{ws}/nothing", host="report").json()) == ["code", "message"]
    audit = empty.call("GET", "/nothing", host="auditlog").json()
    assert set(audit) == {"timestamp", "status", "error", "path"}
    assert empty.refused("GET", "/workspaces/{ws}/shared-reports") == (404, 3000)
    assert empty.refused("GET", CLIENTS, host="report")[0] == 404


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", 3002),
        (b"{", 3002),
        (b"[]", 3002),
        (b'{"name": {}}', 3002),
        (b'{"name": "\xff"}', 3002),
        (b"[" * 5000, 3002),
        (b"{}", 501),
        (b'{"name": null}', 501),
        (b'{"name": ""}', 501),
        (b'{"name": "%s"}' % (b"x" * 101), 501),
    ],
)
def test_invalid_bodies_are_refused_with_the_reason(empty: Sandbox, body: bytes, code: int) -> None:
    headers = {"Content-Type": "application/json"}
    assert empty.refused("POST", CLIENTS, data=body, headers=headers) == (400, code)


@pytest.mark.parametrize(
    ("path", "body", "field", "allowed"),
    [
        (
            "/invoices/info",
            {"statuses": ["PAID", "LATE"]},
            "statuses[1]",
            "OVERDUE, PAID, PARTIALLY_PAID, SENT, UNSENT, VOID",
        ),
        (
            "/invoices/info",
            {"clients": {"contains": "?"}},
            "clients.contains",
            "CONTAINS, CONTAINS_ONLY, DOES_NOT_CONTAIN",
        ),
        ("/time-entries", {"type": "LUNCH"}, "type", "BREAK, REGULAR"),
    ],
)
def test_an_unknown_value_is_answered_with_the_known_ones(
    empty: Sandbox, path: str, body: dict[str, Any], field: str, allowed: str
) -> None:
    refused = empty.call("POST", "/workspaces/{ws}" + path, body)
    told = f"You entered invalid value for field: [{field}]. Value must be from the following set: {allowed}"
    assert (refused.status_code, refused.json()) == (400, {"message": told, "code": 3002})


def test_other_content_types_are_refused(empty: Sandbox) -> None:
    assert empty.refused("POST", CLIENTS, data="name=x", headers={"Content-Type": "text/plain"}) == (415, 3000)
    assert empty.refused("POST", "/file/image", {}) == (415, 3000)
    picture = empty.ok("POST", "/file/image", files={"file": ("me.png", b"png")})
    assert picture["name"] == "me.png"


def test_answers_are_compressed_when_they_are_large(sandbox: StartSandbox) -> None:
    box = sandbox()
    assert box.call("GET", PROJECTS, headers={"Accept-Encoding": "gzip"}).headers["content-encoding"] == "gzip"
    assert "content-encoding" not in box.call("GET", PROJECTS, headers={"Accept-Encoding": "identity"}).headers
    small = box.call("GET", f"{CLIENTS}?page-size=1", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in small.headers


def test_the_rate_limit_answers_429_without_a_body_and_recovers(sandbox: StartSandbox) -> None:
    box = sandbox("empty", rate_per_second=3)
    statuses = [box.call("GET", CLIENTS) for _ in range(8)]
    limited = [answer for answer in statuses if answer.status_code == 429]
    assert [answer.status_code for answer in statuses[:3]] == [200] * 3
    assert limited
    assert (limited[0].content, "Retry-After" in limited[0].headers) == (b"", False)
    box.clock(advance_seconds=1)
    assert box.call("GET", CLIENTS).status_code == 200


def test_the_hourly_limit_is_the_workspaces_and_follows_the_clock(sandbox: StartSandbox) -> None:
    box = sandbox("tiny", rate_per_hour=2, retry_after=True)
    other = f"/workspaces/{box.workspace_ids[1]}/clients"
    assert [box.call("GET", CLIENTS).status_code for _ in range(3)] == [200, 200, 429]
    limited = box.call("GET", CLIENTS, key="sandbox-limited-key")
    assert limited.status_code == 429
    assert int(limited.headers["Retry-After"]) > 1000
    assert box.call("GET", other).status_code == 200
    box.clock(advance_seconds=3600)
    assert box.call("GET", CLIENTS).status_code == 200


def test_statistics_count_requests_and_nothing_of_the_control(empty: Sandbox) -> None:
    with ThreadPoolExecutor(5) as pool:
        list(
            pool.map(lambda _: requests.get(empty.api_url + "/user", headers={"X-Api-Key": "no"}, timeout=9), range(5))
        )
    empty.ok("GET", CLIENTS)
    empty.refused("GET", "/nothing")
    stats = empty.stats()
    assert stats["requests"] == 7
    assert stats["by_route"] == {"GET /user": 5, "GET /workspaces/{ws}/clients": 1, "GET (no such route)": 1}
    assert stats["by_status"] == {"200": 1, "401": 5, "404": 1}
    assert stats["repeated"] == 4
    assert 1 <= stats["max_in_flight"] <= stats["per_second_peak"] <= 7
    empty.ok("POST", CLIENTS, {"name": "kept"})
    empty.reset(stats=True)
    assert empty.stats()["requests"] == 0
    assert [client["name"] for client in empty.ok("GET", CLIENTS)] == ["kept"]


def test_latency_keeps_many_requests_in_flight(sandbox: StartSandbox) -> None:
    box = sandbox("empty", latency_ms=300)
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda _: requests.get(box.api_url + "/user", headers={"X-Api-Key": "no"}, timeout=9), range(20)))
    assert box.stats()["max_in_flight"] > 10


def test_faults_affect_the_named_calls(empty: Sandbox) -> None:
    html = {"route": "GET /workspaces/{workspaceId}/clients", "nth": [2, 3], "status": 502, "body": "html"}
    empty.faults([html, {"route": "* /user", "nth": 1, "status": 429, "retry_after": 7}])
    assert [empty.call("GET", CLIENTS).status_code for _ in range(4)] == [200, 502, 502, 200]
    limited = empty.call("GET", "/user")
    assert (limited.status_code, limited.content, limited.headers["Retry-After"]) == (429, b"", "7")
    assert empty.call("GET", "/user").status_code == 200


def test_faults_can_affect_only_calls_for_one_object(sandbox: StartSandbox) -> None:
    box = sandbox("tiny")
    first, second = box.workspace_ids
    box.faults([{"route": f"GET /workspaces/{first}/tags", "nth": [1, 3], "status": 400}])
    asked = [box.call("GET", f"/workspaces/{one}/tags").status_code for one in (second, first, second, first, first)]
    assert asked == [200, 400, 200, 200, 400]


def test_faults_can_truncate_and_reset_and_commit_first(empty: Sandbox) -> None:
    empty.faults([{"route": "POST *", "nth": 1, "reset": True, "commit_then": True}])
    with pytest.raises(requests.ConnectionError):
        empty.call("POST", CLIENTS, {"name": "Written"})
    empty.faults([{"route": "POST *", "nth": 1, "status": 503}, {"route": "POST *", "nth": 2, "reset": True}])
    assert empty.call("POST", CLIENTS, {"name": "Lost"}).status_code == 503
    with pytest.raises(requests.ConnectionError):
        empty.call("POST", CLIENTS, {"name": "Lost, too"})
    empty.faults([])
    assert [client["name"] for client in empty.ok("GET", CLIENTS)] == ["Written"]
    empty.faults([{"route": "GET *", "body": "truncated"}])
    cut = empty.call("GET", CLIENTS)
    assert cut.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        cut.json()


@pytest.mark.parametrize(
    ("faults", "said"),
    [
        ({}, "expected a list of objects; known for each fault are route, nth"),
        (
            [{"nth": "sometimes"}],
            '"sometimes" is no value of nth; known are whole numbers from 1 on, lists of whole numbers, every',
        ),
        ([{"what": 1}], "unknown key of a fault 'what'; known are route, nth"),
        (["GET *"], "expected an object; known for key of a fault are route, nth"),
        ([{"route": "GET /clients", "status": 500}], "no call is named by route 'GET /clients'; the nearest are "),
        ([{"route": "get *", "status": 500}], "no call is named by route 'get *'; the nearest are "),
        ([{"route": "GET /api/v1/user", "status": 500}], "no call is named by route 'GET /api/v1/user'; the nearest"),
        ([{"route": "GET /workspaces/{ws}/*/nowhere", "status": 500}], "no call is named by route 'GET /workspaces/"),
        ([{"route": "GET /workspaces/{ws}/clients/1", "status": 500}], "no call is named by route 'GET /workspaces/"),
        ([{"route": "GET *", "body": "html"}], "the fault of 'GET *' changes nothing: set status, reset, delay_ms"),
        ([{"nth": 0, "status": 500}], "0 is no value of nth; known are whole numbers from 1 on"),
        ([{"nth": [], "status": 500}], "[] is no value of nth; known are whole numbers from 1 on"),
        ([{"status": 100}], "100 is no value of status; known are whole numbers from 200 to 599"),
        ([{"status": 500, "delay_ms": -1}], "-1 is no value of delay_ms; known are numbers from 0 on"),
        ([{"status": 429, "retry_after": -1}], "-1 is no value of retry_after; known are whole numbers from 0 on"),
        ([{"status": 500, "headers": {"X": "a\nb"}}], '{"X":"a\\nb"} is no value of headers'),
    ],
)
def test_bad_faults_are_refused_with_the_known_ones(empty: Sandbox, faults: object, said: str) -> None:
    answer = requests.post(f"{empty.origin}/__sandbox/faults", json=faults, timeout=9)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(said)


@pytest.mark.parametrize(
    "route",
    [
        "*",
        "* /user",
        "HEAD /user",
        "GET /workspaces/{anything}/clients",
        "GET /workspaces/*/clients",
        "GET /workspaces/0123/expenses*",
        "* /workspaces/0123/*",
        "GET /workspaces/*/projects/0123/tasks",
        "GET /workspaces/0123/projects/4567/tasks",
        "POST /workspaces/{ws}/reports/*",
    ],
)
def test_faults_may_name_calls_by_route_by_path_and_by_pattern(empty: Sandbox, route: str) -> None:
    empty.faults([{"route": route, "nth": [1, 2], "status": 500}])


def test_requests_are_listed_with_the_role_of_the_key_and_without_secrets(empty: Sandbox) -> None:
    empty.ok("POST", CLIENTS, {"name": "Secret"})
    empty.call("GET", "/user?include-memberships=true", key="nobody's key")
    empty.call("GET", "/nowhere", key=None)
    empty.faults([{"route": "GET /user", "reset": True}])
    with pytest.raises(requests.ConnectionError):
        empty.call("GET", "/user")
    seen = empty.origin.requests()
    shared = {"host": "api", "query": ""}
    path = CLIENTS.replace("{ws}", empty.workspace_id)
    assert seen == [
        {**shared, "method": "POST", "path": path, "status": 201, "role": "OWNER"},
        {**shared, "method": "GET", "path": "/user", "query": "include-memberships=true", "status": 401, "role": None},
        {**shared, "method": "GET", "path": "/nowhere", "status": 401, "role": None},
        {**shared, "method": "GET", "path": "/user", "status": None, "role": "OWNER"},
    ]
    assert not {"Secret", "nobody's key", "sandbox-key"} & set(str(seen).replace('"', "'").split("'"))
    empty.faults([])
    empty.reset(stats=True)
    assert empty.origin.requests() == []


def test_the_list_of_requests_is_bounded(empty: Sandbox) -> None:
    for number in range(1002):
        empty.call("GET", f"/{number}", key=None)
    seen = empty.origin.requests()
    assert (len(seen), seen[0]["path"], seen[-1]["path"]) == (1000, "/2", "/1001")


def test_the_refusal_of_an_unknown_control_request_lists_the_known_ones(empty: Sandbox) -> None:
    answer = requests.get(f"{empty.origin}/__sandbox/request", timeout=9)
    assert answer.status_code == 404
    assert "known are GET /__sandbox/stats, POST /__sandbox/reset, POST /__sandbox/snapshot" in answer.json()["error"]


def test_ids_begin_with_the_clock_and_come_again_after_a_reset(empty: Sandbox) -> None:
    def run() -> list[str]:
        empty.reset(scale="empty")
        now = empty.clock(now="2027-01-02T03:04:05Z")["now"]
        assert now == "2027-01-02T03:04:05Z"
        return [empty.ok("POST", CLIENTS, {"name": name})["id"] for name in "abc"]

    first, second = run(), run()
    assert first == second
    assert all(re.fullmatch("[0-9a-f]{24}", one) and int(one[:8], 16) == 1798859045 for one in first)


def test_the_dump_counts_what_lists_show(sandbox: StartSandbox) -> None:
    box = sandbox()
    workspace = box.dump()["workspaces"][0]
    assert workspace["id"] == box.workspace_id
    for table, path in (
        ("clients", "clients"),
        ("projects", "projects"),
        ("tags", "tags"),
        ("user_groups", "user-groups"),
    ):
        listed = box.ok("GET", f"/workspaces/{{ws}}/{path}?page-size=5000")
        assert {row["id"] for row in workspace[table]} == {row["id"] for row in listed}
    entries = [row for row in workspace["time_entries"] if row["userId"] == workspace["members"][0]["userId"]]
    path = f"/workspaces/{{ws}}/user/{workspace['members'][0]['userId']}/time-entries?page-size=5000"
    assert sorted(box.ok("GET", path), key=str) == sorted(entries, key=str)


def test_a_plan_without_a_feature_gets_an_empty_403(sandbox: StartSandbox) -> None:
    box = sandbox(plan="FREE")
    answer = box.call("GET", "/workspaces/{ws}/custom-fields")
    assert (answer.status_code, answer.content) == (403, b"")
    assert box.ok("GET", CLIENTS)


def test_a_compressed_response_is_the_same_response(sandbox: StartSandbox) -> None:
    box = sandbox()
    url = f"{box.api_url}/workspaces/{box.workspace_id}/projects"
    with requests.get(url, headers={"X-Api-Key": "sandbox-key"}, stream=True, timeout=9) as raw:
        content = raw.raw.read()
    assert gzip.decompress(content) == box.call("GET", PROJECTS, headers={"Accept-Encoding": "identity"}).content


def test_only_json_is_served(empty: Sandbox) -> None:
    assert empty.refused("GET", CLIENTS, headers={"Accept": "text/html"}) == (406, 3000)
    assert empty.call("GET", CLIENTS, headers={"Accept": "text/html, */*;q=0.8"}).ok


def test_the_root_describes_the_sandbox_and_the_addresses_of_the_api(empty: Sandbox) -> None:
    for accepted in ("text/html,*/*", "application/json"):
        answer = requests.get(f"{empty.origin}/", headers={"Accept": accepted}, timeout=9)
        assert answer.status_code == 200
        assert "clockify-sandbox" in answer.text
        assert f"{empty.api_url}/workspaces" in answer.text
    assert requests.head(f"{empty.origin}/", timeout=9).content == b""
    assert empty.stats()["requests"] == 0


def test_browsers_may_call_from_any_page(empty: Sandbox) -> None:
    page = {"Origin": "http://page.example"}
    preflight = requests.options(
        f"{empty.api_url}/workspaces/{empty.workspace_id}/clients",
        headers={**page, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-api-key"},
        timeout=9,
    )
    assert (preflight.status_code, preflight.content) == (204, b"")
    assert preflight.headers["Access-Control-Allow-Origin"] == "http://page.example"
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    assert preflight.headers["Access-Control-Allow-Headers"] == "x-api-key"
    for answer in (empty.call("GET", CLIENTS, headers=page), empty.call("GET", "/nothing", headers=page)):
        assert answer.headers["Access-Control-Allow-Origin"] == "http://page.example"
        assert "Last-Page" in answer.headers["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Origin" not in empty.call("GET", CLIENTS).headers
    assert empty.refused("OPTIONS", CLIENTS) == (405, 3000)


def test_the_host_header_selects_the_service(empty: Sandbox) -> None:
    headers = {"X-Api-Key": "sandbox-key"}
    path = f"{empty.origin}/v1/workspaces/{empty.workspace_id}"
    reports = requests.get(f"{path}/shared-reports", headers={**headers, "Host": "reports.api.clockify.me"}, timeout=9)
    assert reports.json() == {"reports": [], "count": 0}
    audit = requests.get(f"{path}/audit-log", headers={**headers, "Host": "auditlog-api.api.clockify.me"}, timeout=9)
    assert audit.status_code == 405
    unknown = requests.get(f"{path}/tags", headers=headers, timeout=9)
    assert unknown.status_code == 404
    assert unknown.json()["message"] == f"No static resource v1/workspaces/{empty.workspace_id}/tags."


def test_the_log_of_requests_holds_no_key_of_a_query(empty: Sandbox) -> None:
    empty.call("GET", "/user?api_key=SECRET1&page=1&access_token=SECRET2")
    rows = empty.origin.requests()
    assert rows[-1]["query"] == "api_key=***&page=1&access_token=***"
