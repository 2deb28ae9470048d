"""Webhooks: what a create insists on, how tokens change, what deliveries leave behind."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from clockify_sandbox.seed import ADDON_ID, ADDON_TOKEN

if TYPE_CHECKING:
    from conftest import Sandbox, StartSandbox

WEBHOOKS = "/workspaces/{ws}/webhooks"
LIMITED = "sandbox-limited-key"
NEW: dict[str, Any] = {
    "name": "New tags",
    "url": "https://hooks.example/tags",
    "webhookEvent": "NEW_TAG",
    "triggerSourceType": "WORKSPACE_ID",
    "triggerSource": [],
}


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in NEW.items() if name != key}


def test_a_webhook_lives_through_all_its_calls(empty: Sandbox) -> None:
    answer = empty.call("POST", WEBHOOKS, NEW)
    assert answer.status_code == 201
    hook = answer.json()
    assert set(hook) == {*NEW, "id", "workspaceId", "userId", "enabled", "deliveryEnabled", "planEnabled", "authToken"}
    assert len(hook["authToken"]) == 32
    path = f"{WEBHOOKS}/{hook['id']}"
    assert empty.ok("GET", path) == hook
    assert empty.ok("GET", WEBHOOKS) == {"workspaceWebhookCount": 1, "webhooks": [hook]}
    changed = empty.ok("PUT", path, {**NEW, "name": "Old tags", "webhookEvent": "TAG_DELETED"})
    assert changed == {**hook, "name": "Old tags", "webhookEvent": "TAG_DELETED"}
    rotated = empty.ok("PATCH", f"{path}/token")
    assert rotated["authToken"] != hook["authToken"]
    assert empty.ok("GET", path) == rotated
    assert empty.refused("PUT", f"{path}/token", {}) == (405, 3000)
    gone = empty.call("DELETE", path)
    assert (gone.status_code, gone.content) == (200, b"")
    answer = empty.call("GET", path)
    assert (answer.status_code, answer.json()) == (400, {"message": "Webhook doesn't belong to Workspace", "code": 501})


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (without("url"), (400, 501)),
        (without("webhookEvent"), (400, 501)),
        (without("triggerSource"), (400, 501)),
        ({**NEW, "name": "x"}, (400, 501)),
        ({**NEW, "name": "x" * 31}, (400, 501)),
        ({**NEW, "url": "hooks.example"}, (400, 501)),
        ({**NEW, "webhookEvent": "TAG_PAINTED"}, (400, 3002)),
        ({**NEW, "triggerSourceType": "PROJECT_ID", "triggerSource": ["0" * 24]}, (400, 501)),
        ({**NEW, "webhookEvent": "USER_UPDATED"}, (400, 501)),
        ({**NEW, "webhookEvent": "USER_EMAIL_CHANGED", "triggerSourceType": "USER_ID"}, (400, 501)),
    ],
)
def test_creates_are_refused_for_what_they_contain(
    empty: Sandbox, body: dict[str, Any], expected: tuple[int, int]
) -> None:
    assert empty.refused("POST", WEBHOOKS, body) == expected
    assert empty.ok("GET", WEBHOOKS)["workspaceWebhookCount"] == 0


def test_a_missing_name_is_called_something_else(empty: Sandbox) -> None:
    answer = empty.call("POST", WEBHOOKS, without("name"))
    assert (answer.status_code, answer.json()) == (400, {"message": "Webhook already exists", "code": 501})


def test_user_events_need_users(empty: Sandbox) -> None:
    user = empty.ok("GET", "/user")["id"]
    body = {**NEW, "webhookEvent": "USER_UPDATED", "triggerSourceType": "USER_ID", "triggerSource": [user]}
    assert empty.ok("POST", WEBHOOKS, body)["triggerSource"] == [user]


def test_the_list_ignores_paging_and_breaks_on_system(sandbox: StartSandbox) -> None:
    box = sandbox(scale="tiny")
    answer = box.call("GET", f"{WEBHOOKS}?page=2&page-size=1")
    assert answer.json()["workspaceWebhookCount"] == len(answer.json()["webhooks"]) == 3
    assert "Last-Page" not in answer.headers
    assert box.refused("GET", f"{WEBHOOKS}?type=SYSTEM") == (500, 500)
    assert box.refused("GET", f"{WEBHOOKS}?type=OTHER") == (400, 3000)
    (addon,) = box.ok("GET", f"{WEBHOOKS}?type=ADDON")["webhooks"]
    assert box.ok("GET", f"/workspaces/{{ws}}/addons/{ADDON_ID}/webhooks")["webhooks"] == [addon]
    assert addon["userId"] is None
    assert box.refused("GET", f"/workspaces/{{ws}}/addons/{'0' * 24}/webhooks") == (400, 501)


def test_addons_and_strangers_are_kept_out(sandbox: StartSandbox) -> None:
    box = sandbox(scale="tiny")
    for method, path in (
        ("GET", WEBHOOKS),
        ("POST", WEBHOOKS),
        ("GET", f"/workspaces/{{ws}}/addons/{ADDON_ID}/webhooks"),
    ):
        assert box.call(method, path, NEW, key=None, headers={"X-Addon-Token": ADDON_TOKEN}).status_code == 401
    assert box.ok("GET", WEBHOOKS, key=LIMITED)["webhooks"] == []
    other = box.ok("GET", WEBHOOKS)["webhooks"][0]["id"]
    assert box.refused("DELETE", f"{WEBHOOKS}/{other}", key=LIMITED) == (403, 403)


def test_free_workspaces_have_three(sandbox: StartSandbox) -> None:
    box = sandbox(scale="empty", plan="FREE")
    for number in range(3):
        box.ok("POST", WEBHOOKS, {**NEW, "name": f"hook {number}"})
    assert box.refused("POST", WEBHOOKS, NEW) == (400, 4033)


def test_deliveries_are_logged_and_paged_from_zero(empty: Sandbox) -> None:
    path = f"{WEBHOOKS}/{empty.ok('POST', WEBHOOKS, NEW)['id']}"
    for name in ("a", "b", "c"):
        empty.ok("POST", "/workspaces/{ws}/tags", {"name": name})
        empty.clock(advance_seconds=60)
    empty.origin.flush_webhooks()
    assert empty.refused("GET", f"{path}/logs") == (405, 3000)
    logs = empty.ok("POST", f"{path}/logs", {"status": "ALL"})
    assert all(row["statusCode"] == 0 and row["responseBody"].startswith("refused") for row in logs)
    assert len(logs) == 3
    assert all(row["respondedAt"].endswith("+00:00") for row in logs)
    assert empty.ok("POST", f"{path}/logs?page=0&size=2") == logs[:2]
    assert empty.ok("POST", f"{path}/logs?page=1&size=2") == logs[2:]
    assert empty.ok("POST", f"{path}/logs?page=0&page-size=2") == logs
    assert empty.ok("POST", f"{path}/logs", {"sortByNewest": True}) == logs[::-1]
    assert empty.ok("POST", f"{path}/logs", {"status": "SUCCEEDED"}) == []
    assert empty.ok("POST", f"{path}/logs", {"from": "2026-11-20T09:31:00Z", "to": "2026-11-20T09:31:30Z"}) == logs[1:2]
    statuses = empty.ok("GET", f"{path}/statuses?page=0&size=2&statuses=FAILED")
    assert [row["webhookLogId"] for row in statuses] == [logs[2]["id"], logs[1]["id"]]
    assert empty.ok("GET", f"{path}/statuses?statuses=SUCCEEDED,RETRYING") == []
    empty.ok("DELETE", path)
    assert empty.dump()["workspaces"][0]["webhook_logs"] in ({}, [])


class Receiver(ThreadingHTTPServer):
    """Somebody else's receiver of webhooks; answers with the given statuses, then with 200."""

    def __init__(self, *statuses: int) -> None:
        super().__init__(("127.0.0.1", 0), Post)
        self.statuses = list(statuses)
        self.received: list[tuple[dict[str, str], Any]] = []
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://localhost:{self.server_port}/hook?of=tests"

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


class Post(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.received.append((dict(self.headers), json.loads(body)))
        self.send_response(self.server.statuses.pop(0) if self.server.statuses else 200)
        self.send_header("Location", "http://hooks.example/elsewhere")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        pass


def test_events_reach_a_receiver_on_this_machine(empty: Sandbox) -> None:
    with Receiver() as receiver:
        entry = {**NEW, "url": receiver.url, "webhookEvent": "NEW_TIME_ENTRY"}
        hook = empty.ok("POST", WEBHOOKS, entry)
        made = empty.ok(
            "POST", "/workspaces/{ws}/time-entries", {"start": "2026-11-20T08:00:00Z", "end": "2026-11-20T09:00:00Z"}
        )
        empty.ok("POST", "/workspaces/{ws}/tags", {"name": "no event of it"})
        empty.origin.flush_webhooks()
        ((headers, body),) = receiver.received
    assert headers["Clockify-Signature"] == hook["authToken"]
    assert headers["Clockify-Webhook-Event-Type"] == "NEW_TIME_ENTRY"
    assert body["id"] == made["id"]
    assert {"project", "task", "user", "tags"} < set(body)
    assert not {"taskId", "tagIds"} & set(body)
    (log,) = empty.ok("POST", f"{WEBHOOKS}/{hook['id']}/logs", {"status": "SUCCEEDED"})
    assert (log["statusCode"], log["responseBody"], json.loads(log["requestBody"])) == (200, "ok", body)


def test_failed_deliveries_are_tried_again_and_shown(empty: Sandbox) -> None:
    with Receiver(500, 302) as receiver:
        hook = empty.ok("POST", WEBHOOKS, {**NEW, "url": receiver.url, "webhookEvent": "NEW_TAG"})
        empty.ok("POST", "/workspaces/{ws}/tags", {"name": "late"})
        empty.origin.flush_webhooks()
        keys = {headers["Idempotency-Key"] for headers, _ in receiver.received}
        assert len(receiver.received) == len(keys) == 3
    logs = empty.ok("POST", f"{WEBHOOKS}/{hook['id']}/logs", {"status": "ALL"})
    assert sorted(log["statusCode"] for log in logs) == [200, 302, 500]
    (status,) = empty.ok("GET", f"{WEBHOOKS}/{hook['id']}/statuses")
    assert (status["status"], status["retryCount"]) == ("SUCCEEDED", 2)
    empty.ok("POST", "/workspaces/{ws}/tags", {"name": "nobody is there"})
    empty.origin.flush_webhooks()
    assert len(empty.ok("GET", f"{WEBHOOKS}/{hook['id']}/statuses?statuses=FAILED")) == 1
