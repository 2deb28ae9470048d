"""Measures the target: with rows that change nothing, and with changes at the rate limit."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from clockify_sandbox.testing import SandboxProcess
from target_clockify.model.declaration import Operation
from target_clockify.model.objects import BY_NAME
from target_clockify.understand.validation import check

from benchmarks.stage import tap, target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clockify_sandbox.testing import Origin

_CHANGES = 1_000
_RATE = 50


def unchanged(rows: int, scale: str) -> Iterator[tuple[str, ...]]:
    """Load rows that were just read, twice: in the second run, the ledger knows every row."""
    with SandboxProcess(scale=scale) as sandbox, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        workspace = _workspace(sandbox)
        read, some = folder / "all.jsonl", folder / "some.jsonl"
        tap(sandbox, streams=["time_entries"], stdout=read, requests_per_second=1000)
        taken = _first(read, some, rows)
        for run in ("first run", "run with a ledger"):
            sandbox.reset_stats()
            ended = target(sandbox, some, folder, workspace_id=workspace, requests_per_second=1000)
            stats = sandbox.stats()
            writes = sum(n for route, n in stats["by_route"].items() if not route.startswith("GET"))
            yield (
                f"{taken:,} unchanged entries, {run}",
                f"{stats['requests']:,}",
                str(writes),
                f"{ended.seconds:.1f}",
                f"{taken / ended.seconds:,.0f}",
                f"{ended.peak_mib:.0f}",
            )


def changes() -> Iterator[tuple[str, ...]]:
    """Write a thousand rows at the rate limit, with 200 ms of latency: first only new rows, then a mixture."""
    with (
        SandboxProcess(latency_ms=200, rate_per_second=_RATE) as sandbox,
        tempfile.TemporaryDirectory() as name,
    ):
        workspace = sandbox.dump()["workspaces"][0]
        project = next(one["id"] for one in workspace["projects"] if not one["archived"])
        rows = Path(name, "rows.jsonl")
        for what, numbers in (("inserts", range(_CHANGES // 2)), ("inserts, updates, deletions", range(250, 750))):
            rows.write_text("\n".join(map(json.dumps, _tags_and_tasks(project, numbers, again=numbers[0] > 0))) + "\n")
            sandbox.reset_stats()
            ended = target(sandbox, rows, Path(name), workspace_id=workspace["id"])
            stats = sandbox.stats()
            bound = stats["requests"] / _RATE
            yield (
                f"{_CHANGES:,} {what}; {_RATE}/s allowed, 200 ms",
                f"{stats['requests']:,}",
                str(stats["by_status"].get("429", 0)),
                f"{ended.seconds:.1f}",
                f"{bound:.1f}",
                f"{ended.seconds / bound:.3f}",
            )


def _tags_and_tasks(project: str, numbers: range, *, again: bool) -> Iterator[dict[str, object]]:
    """Yield rows for a tag and a task per number; `again` renames the existing ones, and deletes every fourth."""
    text = {"type": ["string", "null"]}
    for stream, more in (("tags", {}), ("tasks", {"projectId": text})):
        properties = {"key": text, "name": text, "_sdc_deleted_at": text, **more}
        yield {"type": "SCHEMA", "stream": stream, "key_properties": ["key"], "schema": {"properties": properties}}
    for number in numbers:
        before = again and number < _CHANGES // 2
        record = {"name": f"No. {number}{' renamed' * before}"}
        if before and number % 4 == 0:
            record["_sdc_deleted_at"] = "2026-01-01T00:00:00Z"
        yield {"type": "RECORD", "stream": "tags", "record": {"key": f"g{number}", **record}}
        yield {"type": "RECORD", "stream": "tasks", "record": {"key": f"t{number}", "projectId": project, **record}}


_CHECKED: dict[str, dict[str, object]] = {
    "tags": {"name": "urgent", "archived": False},
    "tasks": {"name": "Design", "projectId": "a", "assigneeIds": ["b", "c"], "estimate": "PT8H", "status": "ACTIVE"},
    "time_entries": {
        "userId": "a",
        "timeInterval": {"start": "2026-01-01T08:00:00Z", "end": "2026-01-01T09:00:00Z"},
        "billable": True,
        "description": "Design",
        "projectId": "b",
        "taskId": "c",
        "tagIds": ["d"],
        "type": "REGULAR",
    },
}


def validation() -> Iterator[tuple[str, ...]]:
    """Validate rows as before an insert."""
    for name, given in _CHECKED.items():
        check(BY_NAME[name], Operation.INSERT, given, read_shape=False)
        began = time.perf_counter()
        for _ in range(_CHANGES):
            check(BY_NAME[name], Operation.INSERT, given, read_shape=False)
        seconds = (time.perf_counter() - began) / _CHANGES
        yield name, f"{seconds * 1e6:.0f}", f"{seconds * _RATE:.2%}"


def _first(read: Path, some: Path, rows: int) -> int:
    taken = 0
    with read.open("rb") as lines, some.open("wb") as kept:
        for line in lines:
            record = line.startswith(b'{"type":"RECORD"')
            taken += record
            if record and taken > rows:
                return rows
            if record or line.startswith(b'{"type":"SCHEMA"'):
                kept.write(line)
    return taken


def _workspace(sandbox: Origin) -> str:
    """Return the id of the first workspace, without dumping a million entries."""
    with tempfile.NamedTemporaryFile() as out:
        tap(sandbox, streams=["workspaces"], stdout=Path(out.name))
        with Path(out.name).open("rb") as lines:
            workspace: str = next(json.loads(line)["record"]["id"] for line in lines if b'"RECORD"' in line)
            return workspace
