"""The cost of a file in a layout: loading its rows at the rate limit, and the memory for a large file."""

from __future__ import annotations

import csv
import json
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from clockify_sandbox.testing import SandboxProcess

from benchmarks.stage import BIN, run, target

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGE = 100_000
_RATE = 50
_SMALL = 100
_PEOPLE = ("ada", "ben", "kenji", "lia", "mia")
_A_DAY = 8


def loading(rows: int) -> Iterator[tuple[str, ...]]:
    """Load a file at the rate limit, with 200 ms of latency; Clockify creates entries one by one."""
    with (
        SandboxProcess(scale="tiny", latency_ms=200, rate_per_second=_RATE) as sandbox,
        tempfile.TemporaryDirectory() as name,
    ):
        messages = _read(Path(name), rows)
        config = {"workspace_id": sandbox.workspace_ids[0], "streams": {"export": {"layout": "toggl"}}}
        for what in ("new", "again"):
            sandbox.reset_stats()
            ended = target(sandbox, messages, Path(name), **config)
            stats = sandbox.stats()
            bound = stats["requests"] / _RATE
            yield (
                f"{rows:,} rows, {what}",
                f"{stats['requests']:,}",
                str(stats["by_status"].get("429", 0)),
                f"{ended.seconds:.1f}",
                f"{bound:.1f}",
                f"{ended.seconds / bound:.3f}" if what == "new" else "",
                f"{ended.peak_mib:.0f}",
            )


def rehearsing() -> Iterator[tuple[str, ...]]:
    """Do a dry run with a small and a large file, to measure memory by number of rows."""
    smallest = 0.0
    for rows in (_SMALL, LARGE):
        with SandboxProcess(scale="tiny") as sandbox, tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            ended = target(
                sandbox,
                _read(folder, rows),
                folder,
                workspace_id=sandbox.workspace_ids[0],
                streams={"export": {"layout": "toggl"}},
                dry_run=True,
                plan_path=str(folder / "plan.jsonl"),
            )
            requests = sandbox.stats()["requests"]
        smallest = smallest or ended.peak_mib
        above = f" ({ended.peak_mib - smallest:+.0f})" if rows > _SMALL else ""
        seconds, memory = f"{ended.seconds:.1f}", f"{ended.peak_mib:.0f}{above}"
        yield f"{rows:,} rows, dry run", f"{requests:,}", "0", seconds, "", "", memory


def _read(folder: Path, rows: int) -> Path:
    """Write an export with this number of rows, read it with tap-csv, and return the messages."""
    with (folder / "export.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, _row(0))
        writer.writeheader()
        writer.writerows(map(_row, range(rows)))
    settings = folder / "tap.json"
    settings.write_text(json.dumps({"path": str(folder / "export.csv"), "files": {"export": {"key": []}}}))
    tap = Path(__file__).parents[1] / "demo" / "tap_csv.py"
    read = run([BIN / "python", tap, "--config", settings], stdout=folder / "export.jsonl")
    assert read.code == 0, read.log  # noqa: S101 - else there is nothing to measure
    return folder / "export.jsonl"


def _row(number: int) -> dict[str, str]:
    """Return a row of an export of Toggl Track."""
    person, turn = _PEOPLE[number % len(_PEOPLE)], number // len(_PEOPLE)
    day, hour = str(date(2020, 1, 1) + timedelta(days=turn // _A_DAY)), 9 + turn % _A_DAY
    return {
        "User": person,
        "Email": f"{person}@tiny.example",
        "Client": f"Client {turn % 20}",
        "Project": f"Project {turn % 100}",
        "Task": f"Task {turn % 7}",
        "Description": f"Piece of work no. {number}",
        "Billable": "Yes",
        "Start date": day,
        "Start time": f"{hour}:00:00",
        "End date": day,
        "End time": f"{hour}:45:00",
        "Duration": "00:45:00",
        "Tags": f"label {turn % 5}",
    }
