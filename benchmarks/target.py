"""What the target costs: rows that change nothing, and changes at the rate limit."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.stage import Sandbox, serving, tap, target

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHANGES = 1_000
_RATE = 50


def unchanged(rows: int, scale: str) -> Iterator[tuple[str, ...]]:
    """Write back what was just read, twice: the second run knows every row from its ledger."""
    with serving(scale, "--rate-per-second", "0") as sandbox, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        workspace = _workspace(sandbox)
        read, some = folder / "all.jsonl", folder / "some.jsonl"
        tap(sandbox, streams=["time_entries"], stdout=read, requests_per_second=1000)
        taken = _first(read, some, rows)
        for run in ("first run", "run with a ledger"):
            sandbox.ask("reset", {"stats": True})
            ended = target(sandbox, some, folder, workspace_id=workspace, requests_per_second=1000)
            stats = sandbox.ask("stats")
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
    """Insert a thousand tags and tasks at the rate limit, with 200 ms of latency."""
    with serving("tiny", "--latency-ms", "200", "--rate-per-second", str(_RATE)) as sandbox:
        workspace = sandbox.ask("dump")["workspaces"][0]
        project = next(one["id"] for one in workspace["projects"] if not one["archived"])
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            rows = folder / "rows.jsonl"
            rows.write_text("\n".join(map(json.dumps, _mixed(project))) + "\n")
            ended = target(sandbox, rows, folder, workspace_id=workspace["id"])
        stats = sandbox.ask("stats")
        bound = stats["requests"] / _RATE
        yield (
            f"{_CHANGES:,} inserts, {_RATE}/s allowed, 200 ms",
            f"{stats['requests']:,}",
            str(stats["by_status"].get("429", 0)),
            f"{ended.seconds:.1f}",
            f"{bound:.1f}",
            f"{ended.seconds / bound:.3f}",
        )


def _mixed(project: str) -> Iterator[dict[str, object]]:
    text = {"type": "string"}
    yield {
        "type": "SCHEMA",
        "stream": "tags",
        "key_properties": ["key"],
        "schema": {"properties": {"key": text, "name": text}},
    }
    yield {
        "type": "SCHEMA",
        "stream": "tasks",
        "key_properties": ["key"],
        "schema": {"properties": {"key": text, "name": text, "projectId": text}},
    }
    for number in range(_CHANGES // 2):
        yield {"type": "RECORD", "stream": "tags", "record": {"key": f"g{number}", "name": f"Tag {number}"}}
        task = {"key": f"t{number}", "name": f"Task {number}", "projectId": project}
        yield {"type": "RECORD", "stream": "tasks", "record": task}


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


def _workspace(sandbox: Sandbox) -> str:
    """Return the id of the first workspace, without dumping a million entries for it."""
    with tempfile.NamedTemporaryFile() as out:
        tap(sandbox, streams=["workspaces"], stdout=Path(out.name))
        with Path(out.name).open("rb") as lines:
            workspace: str = next(json.loads(line)["record"]["id"] for line in lines if b'"RECORD"' in line)
            return workspace
