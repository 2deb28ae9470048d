"""Every object and operation: each `.singer` file is a scenario, whose STATE messages describe the expected state."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from target_clockify.model.objects import OBJECTS
from target_clockify.naming import folded

_STORIES = sorted(Path(__file__).with_name("data").glob("*.singer"))


def _chapters(text: str) -> list[tuple[list[dict[str, Any]], dict[str, Any]]]:
    """The messages up to each STATE, with every SCHEMA before, and what the STATE says."""
    schemas, records, chapters = [], [], []
    for line in text.splitlines():
        message = json.loads(line)
        if message["type"] == "SCHEMA":
            schemas.append(message)
        elif message["type"] == "RECORD":
            records.append(message)
        else:
            chapters.append(([*schemas, *records, message], message["value"]))
            records = []
    return chapters


def _holds(part: Any, whole: Any) -> bool:
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(_holds(value, whole.get(name)) for name, value in part.items())
    return bool(part == whole)


@pytest.mark.parametrize("story", _STORIES, ids=lambda path: path.stem)
def test_story(story: Path, target: Any) -> None:
    workspace = target.tables()
    facts = {
        "{me}": target.box.ok("GET", "/user")["id"],
        "{item}": workspace["item_types"][0],
        "{workspace}": target.workspace,
        "owner@sandbox.example": target.box.ok("GET", "/user")["email"],
    }
    text = story.read_text()
    for name, fact in facts.items():
        text = text.replace(name, fact)
    for messages, expected in _chapters(text):
        result = target(messages, allow_irreversible=True)
        assert result.code == 0, result.log + json.dumps(result.rejects)
        assert result.states == [expected]
        assert {stream: result.counts[stream] for stream in expected["counts"]} == expected["counts"]
        tables = target.tables()
        for name, wanted in expected["objects"].items():
            rows = list(tables[name].values()) if isinstance(tables[name], dict) else tables[name]
            if not wanted:
                assert rows == []
            for part in wanted:
                assert any(_holds(part, row) for row in rows), (part, rows)
        again = target(messages, allow_irreversible=True)
        assert again.writes == {}, "the same input again must write nothing"


def test_every_object_and_operation_has_a_story() -> None:
    streams = {
        folded(json.loads(line)["stream"])
        for story in _STORIES
        for line in story.read_text().splitlines()
        if '"stream"' in line
    }
    lacking = {one.name for one in OBJECTS if not streams & one.names}
    assert lacking <= {"approval_requests"}


@pytest.mark.parametrize("parents_first", [True, False])
def test_parents_are_deleted_after_what_is_archived_first(target: Any, singer: Any, *, parents_first: bool) -> None:
    rows = [
        *(singer.record("clients", id=key, name=f"Client {key}") for key in range(3)),
        *(singer.record("projects", id=key, clientId=str(key), name=f"Project {key}") for key in range(3)),
        *(singer.record("tasks", id=key, projectId=str(key), name=f"Task {key}") for key in range(3)),
    ]
    schemas = [singer.schema(one) for one in ("clients", "projects", "tasks")]
    assert target([*schemas, *rows]).code == 0
    gone = [
        singer.record(row["stream"], **{**row["record"], "_sdc_deleted_at": "2026-01-06T00:00:00Z"})
        for row in (rows if parents_first else reversed(rows))
    ]
    routes = ("PUT /workspaces/{ws}/projects/{projectId}", "PUT /workspaces/{ws}/projects/{projectId}/tasks/{taskId}")
    target.box.faults([{"route": route, "delay_ms": 100} for route in routes])
    done = target([*schemas, *gone])
    target.box.faults([])
    assert (done.code, done.rejects) == (0, []), done.log
    assert done.counts == {name: {"deleted": 3} for name in ("clients", "projects", "tasks")}
