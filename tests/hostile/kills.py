"""`python -m tests.hostile.kills [KILLS] [SEED]`: kills tap and target at random times, and lists leaked files.

They must leave no temporary file, and only the ledger's own files next to the ledger.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clockify_sandbox.testing import SandboxProcess

from tests.prefork import Prefork
from tests.target.conftest import Messages

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST = 0.8  # seconds before a kill: most runs have ended by then
_TRIES = 10  # runs for each kill: some end before it
_OWN = ("", "-wal", "-shm", "-journal")


def _rows(count: int) -> bytes:
    rows = [Messages.schema("tags"), *(Messages.record("tags", id=n, name=f"tag {n}") for n in range(count))]
    return b"".join(json.dumps(one).encode() + b"\n" for one in rows)


def _killed(program: Prefork, folder: Path, instant: float) -> bool:
    """Start a program and kill it after some seconds; return whether it was still running."""
    around = {**os.environ, "TMPDIR": str(folder / "temporary"), "SQLITE_TMPDIR": str(folder / "temporary")}
    with (folder / "input").open("rb") as given, Path(os.devnull).open("wb") as nothing:
        streams: dict[str, Any] = {"stdin": given, "stdout": nothing, "stderr": nothing}
        process = program.start(["--config", str(folder / "config")], **streams, environment=around)
        ended = process.wait(instant) is not None
        if not ended:
            process.send_signal(signal.SIGKILL)
            process.wait(60)
    return not ended


def _left(folder: Path, workspace: str) -> Iterator[str]:
    yield from (f"temporary/{one.name}" for one in (folder / "temporary").iterdir())
    own = {"input", "config", "temporary", "rejects", *(f"ledger.db{end}" for end in _OWN)}
    own |= {f"ledger.db.{workspace}.lock{end}" for end in _OWN}
    yield from (one.name for one in folder.iterdir() if one.name not in own)


def main(kills: int, seed: int) -> int:
    """Kill both programs a number of times, print leaked files, and return the number of programs that leaked some."""
    chance, leaving = random.Random(seed), 0
    with tempfile.TemporaryDirectory() as name, SandboxProcess(scale="tiny", rate_per_second=0) as origin:
        workspace = origin.workspace_ids[0]
        access = {"api_key": "sandbox-key", "api_url": origin.api_url, "requests_per_second": 1000}
        for program in ("tap-clockify", "target-clockify"):
            folder, began, left, killed = Path(name) / program, time.monotonic(), set[str](), 0
            (folder / "temporary").mkdir(parents=True)
            own = {"ledger_url": f"sqlite:///{folder / 'ledger.db'}", "rejects_path": str(folder / "rejects")}
            target = program.startswith("target")
            config = {**access, **own, "workspace_id": workspace} if target else {**access, "page_size": 1}
            (folder / "config").write_text(json.dumps(config), encoding="utf-8")
            (folder / "input").write_bytes(_rows(2000) if target else b"")
            with closing(Prefork(program)) as forks:
                for _ in range(_TRIES * kills):
                    killed += _killed(forks, folder, chance.uniform(0, _LONGEST))
                    left.update(_left(folder, workspace))
                    if killed == (kills + 1) // 2:
                        break
            leaving += bool(left) or killed < (kills + 1) // 2
            said = f"LEFT {', '.join(sorted(left))}" if left else "nothing left"
            sys.stdout.write(f"{killed} kills of {program} in {time.monotonic() - began:.0f} s: {said}\n")
    return leaving


if __name__ == "__main__":
    chosen = [int(word) for word in sys.argv[1:]]
    sys.exit(min(main(*(chosen + [1000, 1][len(chosen) :])), 1))
