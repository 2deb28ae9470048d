"""Webhooks: required fields, tokens, and logs of deliveries."""

from __future__ import annotations

import json
import ssl
import threading
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from clockify_sandbox.seed import ADDON_ID, ADDON_TOKEN

from tests.sandbox.receiver import Receiver

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Sandbox, StartSandbox

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
def test_invalid_creates_are_refused(empty: Sandbox, body: dict[str, Any], expected: tuple[int, int]) -> None:
    assert empty.refused("POST", WEBHOOKS, body) == expected
    assert empty.ok("GET", WEBHOOKS)["workspaceWebhookCount"] == 0


def test_a_missing_name_has_an_unusual_error_message(empty: Sandbox) -> None:
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


def test_a_delivery_under_way_shows_that_it_is_tried_again(empty: Sandbox) -> None:
    shown: list[list[tuple[str, int]]] = []
    with Receiver(503, 503) as receiver:
        hook = empty.ok("POST", WEBHOOKS, {**NEW, "url": receiver.url})

        def look() -> None:
            statuses = empty.ok("GET", f"{WEBHOOKS}/{hook['id']}/statuses")
            shown.append([(row["status"], row["retryCount"]) for row in statuses])

        receiver.before_answer = look
        empty.ok("POST", "/workspaces/{ws}/tags", {"name": "slow"})
        empty.origin.flush_webhooks()
    assert shown == [[], [("RETRYING", 0)], [("RETRYING", 1)]]


def test_a_failed_delivery_does_not_delay_others(launch: Callable[..., Sandbox]) -> None:
    box, arrived = launch(webhook_retry_delay=3600), threading.Event()
    with Receiver(500) as down, Receiver() as up:
        up.before_answer = arrived.set
        for receiver in (down, up):
            box.ok("POST", WEBHOOKS, {**NEW, "url": receiver.url, "name": f"port {receiver.server_port}"})
        box.ok("POST", "/workspaces/{ws}/tags", {"name": "news"})
        assert arrived.wait(30)
        assert len(down.received) == 1
        box.origin.flush_webhooks()
        assert len(down.received) == 2


def test_a_fresh_world_knows_nothing_of_earlier_deliveries(launch: Callable[..., Sandbox]) -> None:
    box, arrived = launch(webhook_retry_delay=3600), threading.Event()
    with Receiver(500) as receiver:
        receiver.before_answer = arrived.set
        box.ok("POST", WEBHOOKS, {**NEW, "url": receiver.url})
        box.ok("POST", "/workspaces/{ws}/tags", {"name": "old"})
        assert arrived.wait(30)
        box.reset()
        box.origin.flush_webhooks()
        box.reset()
        box.origin.flush_webhooks()
        assert len(receiver.received) == 1


def test_receivers_may_speak_https_with_a_certificate_of_their_own(empty: Sandbox) -> None:
    proof = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("receiver.example").configure_cert(proof)
    with Receiver(tls=proof) as receiver:
        hook = empty.ok("POST", WEBHOOKS, {**NEW, "url": receiver.url})
        empty.ok("POST", "/workspaces/{ws}/tags", {"name": "secret"})
        empty.origin.flush_webhooks()
        assert [body["name"] for body in receiver.bodies] == ["secret"]
    (status,) = empty.ok("GET", f"{WEBHOOKS}/{hook['id']}/statuses")
    assert (status["status"], status["statusCode"]) == ("SUCCEEDED", 200)


def test_addresses_are_read_like_any_url(empty: Sandbox) -> None:
    with Receiver() as receiver:
        url = receiver.url.replace("http://", "HTTP://") + "/rés umé?q=a b"
        empty.ok("POST", WEBHOOKS, {**NEW, "url": url, "webhookEvent": "NEW_TAG"})
        empty.ok("POST", "/workspaces/{ws}/tags", {"name": "anywhere"})
        empty.origin.flush_webhooks()
        assert len(receiver.received) == 1
    for wrong in ("http://127.0.0.1:99999/x", "http:///x", "https://"):
        assert empty.refused("POST", WEBHOOKS, {**NEW, "url": wrong, "webhookEvent": "NEW_TAG"})[0] == 400
