"""No unnecessary requests: lists by pages, many changes in one call, nothing requested twice."""

from __future__ import annotations

from typing import Any


def test_inserts_cost_one_request_each(target: Any, singer: Any) -> None:
    rows = [singer.record("tags", id=n, name=f"tag {n}") for n in range(300)]
    result = target([singer.schema("tags"), *rows])
    assert result.requests == {"GET /workspaces/{ws}/tags": 1, "POST /workspaces/{ws}/tags": 300}
    again = target([singer.schema("tags"), *rows])
    assert again.requests == {"GET /workspaces/{ws}/tags": 1}


def test_entries_change_and_go_in_bulk(target: Any, singer: Any) -> None:
    me = target.box.ok("GET", "/user")["id"]

    def entries(text: str, **more: Any) -> list[dict[str, Any]]:
        times = {"start": "2026-01-05T08:00:00Z", "end": "2026-01-05T09:00:00Z"}
        rows = [
            singer.record("time_entries", id=n, userId=me, description=f"{text} {n}", **times, **more)
            for n in range(150)
        ]
        return [singer.schema("time_entries"), *rows]

    target(entries("first"))
    changed = target(entries("second"))
    assert changed.counts["time_entries"] == {"updated": 150}
    assert changed.writes == {"PUT /workspaces/{ws}/user/{userId}/time-entries": 2}
    gone = target(entries("second", _sdc_deleted_at="2026-02-01"))
    assert gone.counts["time_entries"] == {"deleted": 150}
    assert gone.writes == {"DELETE /workspaces/{ws}/user/{userId}/time-entries": 2}


def test_many_at_once_but_in_order(target: Any, singer: Any) -> None:
    """Children wait for their parents, a second record of a key for the first, whatever order they come in."""
    messages = [singer.schema("clients"), singer.schema("projects"), singer.schema("tasks")]
    for n in range(20):
        messages += [
            singer.record("tasks", id=n, projectId=f"p{n}", name="Task"),
            singer.record("projects", id=f"p{n}", clientId=f"c{n}", name=f"Project {n}"),
            singer.record("clients", id=f"c{n}", name=f"Client {n}"),
            singer.record("clients", id=f"c{n}", name=f"Client {n}", note="later"),
            singer.record("clients", id=f"c{n}", name=f"Client {n}", note="last"),
        ]
    result = target(messages, max_workers=8)
    assert result.code == 0, result.log
    assert result.counts["clients"] == {"inserted": 20, "superseded": 40}
    tables = target.tables()
    rows = {
        name: list(t.values()) if isinstance(t, dict) else t
        for name, t in tables.items()
        if name in {"clients", "tasks"}
    }
    assert {client["note"] for client in rows["clients"]} == {"last"}
    assert len(rows["tasks"]) == 20


def test_a_state_waits_for_earlier_records(target: Any, singer: Any) -> None:
    """A STATE is not emitted until a project before it, and the client it waits for, are written."""
    result = target(
        [
            singer.schema("projects"),
            singer.schema("clients"),
            singer.record("projects", id="p", name="Site", clientId="c"),
            singer.state(after="project"),
            singer.record("clients", id="c", name="Acme"),
            singer.state(after="client"),
        ]
    )
    assert result.states == [{"after": "client"}]
