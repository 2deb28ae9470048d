"""Runs leave no resources behind, even after SIGKILL. `make hostile` runs each a thousand times."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_TRIES = 6000


def test_many_runs_in_one_process_leave_nothing() -> None:
    command = [sys.executable, "-m", "tests.hostile.resources", "20"]
    ended = subprocess.run(
        command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False, timeout=600
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.count("nothing left") == 6


def test_killed_programs_leave_no_file() -> None:
    """`make hostile` kills a thousand times."""
    command = [sys.executable, "-m", "tests.hostile.kills", "12"]
    ended = subprocess.run(
        command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False, timeout=600
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.count("nothing left") == 2


def _unnamed_files(pid: int, folder: Path) -> Iterator[int]:
    """The sizes of the open files of a process that are in a folder and have no name."""
    for one in Path(f"/proc/{pid}/fd").iterdir():
        try:
            link = os.readlink(one)  # noqa: PTH115 - it leads nowhere
            if link.startswith(str(folder)) and link.endswith("(deleted)"):
                yield one.stat().st_size
        except FileNotFoundError:
            continue


def test_a_killed_tap_leaves_no_page_on_disk(sandbox: Any, forks: Any, tmp_path: Path) -> None:
    """Its output is not read, and pages that it has read ahead wait on disk."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    config = {"api_key": "sandbox-key", "api_url": sandbox(scale="tiny").api_url, "page_size": 1}
    (tmp_path / "config").write_text(json.dumps(config | {"requests_per_second": 1000}))
    ours, theirs = os.pipe()
    with os.fdopen(theirs, "wb") as out, (tmp_path / "log").open("w+b") as log, Path(os.devnull).open("rb") as nothing:
        streams = {"stdin": nothing, "stdout": out, "stderr": log}
        around = {**os.environ, "TMPDIR": str(temporary)}
        process = forks("tap-clockify").start(["--config", str(tmp_path / "config")], **streams, environment=around)
        waiting = named = 0
        for _ in range(_TRIES):
            waiting = max([waiting, *_unnamed_files(process.pid, temporary)])
            named = max(named, len(list(temporary.iterdir())))
            if waiting or process.wait(0.01) is not None:
                break
        process.send_signal(signal.SIGKILL)
        code = process.wait(60)
    os.close(ours)
    assert (code, named) == (-signal.SIGKILL, 0), (tmp_path / "log").read_text()
    assert waiting, "no page was on disk when it was killed"
    assert list(temporary.iterdir()) == []
