"""The audit log and the entity feeds: closed lists, bounded pages, and what the feeds leave out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.conftest import Sandbox, StartSandbox

AUDIT = "/workspaces/{ws}/audit-log"
FEEDS = "/workspaces/{ws}/entities"
TAGS = "/workspaces/{ws}/tags"
SEARCH: dict[str, Any] = {
    "actions": ["CREATE_TAG", "UPDATE_TAG", "DELETE_TAG"],
    "authors": {"authorIds": [], "contains": "DOES_NOT_CONTAIN"},
    "start": "2026-11-01T00:00:00Z",
    "end": "2026-11-30T00:00:00Z",
}


def audit(box: Sandbox, **changes: Any) -> Any:
    return box.ok("POST", AUDIT, {**SEARCH, **changes}, host="auditlog")


def test_writes_show_in_the_audit_log_newest_first(empty: Sandbox) -> None:
    tag = empty.ok("POST", TAGS, {"name": "one"})["id"]
    empty.clock(advance_seconds=5)
    empty.ok("PUT", f"{TAGS}/{tag}", {"name": "two"})
    rows = audit(empty)
    assert [row["action"] for row in rows] == ["UPDATE_TAG", "CREATE_TAG"]
    assert set(rows[0]) == {
        "action", "content", "previousContent", "timestamp", "userId", "userName", "userEmail", "workspaceId",
    }  # fmt: skip
    assert (rows[0]["timestamp"], rows[1]["previousContent"]) == ("2026-11-20T09:30:05Z", "null")
    assert audit(empty, actions=["DELETE_TAG"]) == []
    me = empty.ok("GET", "/user")["id"]
    assert audit(empty, authors={"authorIds": [me], "contains": "CONTAINS"}) == rows
    assert audit(empty, authors={"authorIds": [me], "contains": "DOES_NOT_CONTAIN"}) == []
    assert audit(empty, start="2026-11-20T09:30:01Z") == rows[:1]


def test_audit_pages_hold_twenty_unless_asked_and_fifty_at_most(empty: Sandbox) -> None:
    for number in range(22):
        empty.ok("POST", TAGS, {"name": f"tag {number}"})
    assert len(audit(empty)) == 20
    assert len(audit(empty, pageSize=5)) == 20
    assert audit(empty, page=0) == audit(empty, page=1)
    every = audit(empty, **{"page-size": 50})
    assert len(every) == 22
    assert audit(empty, page=2) == every[20:]
    assert audit(empty, page=3) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"actions": []},
        {"actions": ["CREATE_TAG", "PAINT_TAG"]},
        {"authors": {"contains": "CONTAINS"}},
        {"authors": None},
        {"page-size": 51},
        {"page": -1},
        {"start": None},
        {"start": "2026-10-01T00:00:00Z"},
        {"start": "2026-12-01T00:00:00Z"},
    ],
)
def test_audit_searches_are_refused_in_the_shape_of_the_host(empty: Sandbox, changes: dict[str, Any]) -> None:
    answer = empty.call("POST", AUDIT, {**SEARCH, **changes}, host="auditlog")
    assert answer.status_code == 400
    assert set(answer.json()) == {"detail", "instance", "status", "title"}


def test_the_audit_log_is_for_administrators_of_enterprises(sandbox: StartSandbox) -> None:
    box = sandbox(scale="tiny")
    assert box.call("POST", AUDIT, SEARCH, host="auditlog", key="sandbox-limited-key").status_code == 403
    answer = box.call("GET", AUDIT, host="auditlog")
    assert (answer.status_code, set(answer.json())) == (405, {"timestamp", "status", "error", "path"})
    assert box.call("POST", AUDIT, SEARCH).status_code == 404  # the core host has none
    box.reset(scale="tiny", plan="PRO")
    answer = box.call("POST", AUDIT, SEARCH, host="auditlog")
    assert (answer.status_code, answer.content) == (403, b"")


def feed(box: Sandbox, kind: str, query: str = "type=TAGS") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = box.ok("GET", f"{FEEDS}/{kind}?{query}")
    return rows


def test_feeds_are_delayed_by_a_minute(empty: Sandbox) -> None:
    tag = empty.ok("POST", TAGS, {"name": "one"})["id"]
    assert feed(empty, "created") == []
    empty.clock(advance_seconds=61)
    (row,) = feed(empty, "created")
    assert (row["id"], row["documentType"], row["name"]) == (tag, "TAGS", "one")
    assert row["auditMetadata"]["createdAt"] == "2026-11-20T09:30:00Z"
    assert feed(empty, "created", "type=CLIENTS") == []


def test_repeated_changes_in_a_window_appear_once_or_never(empty: Sandbox) -> None:
    kept, lost = (empty.ok("POST", TAGS, {"name": name})["id"] for name in ("kept", "lost"))
    empty.clock(advance_seconds=3600)
    empty.ok("PUT", f"{TAGS}/{kept}", {"name": "changed"})
    empty.ok("DELETE", f"{TAGS}/{lost}")
    empty.clock(advance_seconds=3600)
    assert [row["id"] for row in feed(empty, "created")] == [kept]
    assert feed(empty, "updated") == []
    assert feed(empty, "deleted") == []
    later = "type=TAGS&start=2026-11-20T10:00:00Z"
    assert feed(empty, "created", later) == []
    (updated,) = feed(empty, "updated", later)
    assert (updated["id"], updated["name"]) == (kept, "changed")
    assert updated["auditMetadata"]["updatedAt"] == "2026-11-20T10:30:00Z"
    (deleted,) = feed(empty, "deleted", later)
    assert (deleted["documentCode"], deleted["document"]["id"], deleted["document"]["name"]) == ("TAGS", lost, "lost")
    assert deleted["document"]["auditMetadata"]["createdAt"] == "2026-11-20T09:30:00Z"
    assert deleted["deletedAt"] == "2026-11-20T10:30:00.000Z"
    assert deleted["id"] not in {kept, lost}
    assert int(deleted["id"][:8], 16) == int(lost[:8], 16) + 3600  # an id of the record of the deletion


def test_feeds_page_from_zero_and_say_whether_more_follows(sandbox: StartSandbox) -> None:
    box = sandbox(scale="tiny")
    types = "type=TIME_ENTRY&type=INVOICES,HOLIDAYS,APPROVAL_REQUESTS"
    every = feed(box, "created", f"{types}&limit=5000")
    assert len({row["documentType"] for row in every}) > 1
    seen: list[dict[str, Any]] = []
    for page in range(len(every)):
        answer = box.call("GET", f"{FEEDS}/created?{types}&page={page}&limit=7")
        assert "Last-Page" not in answer.headers
        seen += answer.json()
        if answer.headers["has-more-data"] == "false":
            break
    assert seen == every


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", 3001),
        ("type=tags", 501),
        ("type=TAGS&limit=5001", 501),
        ("type=TAGS&limit=0", 501),
        ("type=TAGS&limit=abc", 501),
        ("type=TAGS&page=1.5", 501),
        ("type=TAGS&start=yesterday", 3000),
    ],
)
def test_feeds_refuse_what_they_cannot_read(empty: Sandbox, query: str, code: int) -> None:
    assert empty.refused("GET", f"{FEEDS}/deleted?{query}") == (400, code)
