"""`python -m tests.hostile.resources [RUNS]`: runs the programs many times, and counts leaked resources.

The numbers of open files, threads, processes and temporary files must not grow after the first few runs, in which
libraries create what they keep.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner
from clockify_client import Client, FanOut, Hosts, Settings, endpoints
from clockify_sandbox.testing import SandboxProcess
from tap_clockify.tap import TapClockify
from target_clockify.target import TargetClockify

from tests.target.conftest import Messages

if TYPE_CHECKING:
    from collections.abc import Callable

_WARM, _TRIES = 3, 1000


def held(temporary: Path) -> dict[str, Any]:
    """Return the resources of this process: open files by path, threads, child processes, temporary files."""
    links = [str(one.readlink()) for one in Path("/proc/self/fd").iterdir() if one.is_symlink()]
    kinds = Counter(link.partition(":")[0] if link[0] != "/" else link for link in links)
    threads = len(list(Path("/proc/self/task").iterdir()))
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split()
    files = sorted(str(one.relative_to(temporary)) for one in temporary.rglob("*"))
    return {"open": dict(kinds), "threads": threads, "children": len(children), "files": files}


def _is_no_more(after: Any, before: Any) -> bool:
    """Return whether something has not grown; before, something may still have been about to end."""
    if isinstance(after, int):
        return bool(after <= before)
    return Counter(after) <= Counter(before)


def works(origin: Any, folder: Path) -> dict[str, Callable[[int], None]]:
    """Return the runs by name: successful, failing and interrupted ones."""
    access = {"api_key": "sandbox-key", "api_url": origin.api_url, "requests_per_second": 1000}
    own = {"ledger_url": f"sqlite:///{folder / 'ledger.db'}", "rejects_path": str(folder / "rejects")}
    _write(folder / "tap", access)
    _write(folder / "no key", access | {"api_key": "nobody's"})
    _write(folder / "target", access | own | {"workspace_id": origin.workspace_ids[0]})

    def run(program: Any, words: list[str], lines: list[dict[str, Any]], expected: int) -> None:
        given = b"".join(json.dumps(one).encode() + b"\n" for one in lines)
        outcome = CliRunner().invoke(program.get_singer_command(), words, input=given)
        assert outcome.exit_code == expected, outcome.output

    def target(number: int) -> None:
        row = Messages.record("tags", id=number % 5, name=f"tag {number % 7} of {number % 5}")
        run(TargetClockify, ["--config", str(folder / "target")], [Messages.schema("tags"), row], 0)

    def rejected(_: int) -> None:
        (folder / "rejects").unlink(missing_ok=True)
        bad = Messages.record("tags", id="bad", name="")
        run(TargetClockify, ["--config", str(folder / "target")], [Messages.schema("tags"), bad], 1)
        (folder / "rejects").unlink()

    def broken(_: int) -> None:
        nonsense = [Messages.schema("tags"), Messages.record("tags", id=1, name="x"), Messages.schema("nonsense")]
        run(TargetClockify, ["--config", str(folder / "target"), "--dry-run"], nonsense, 1)

    def client(_: int) -> None:
        connection = Client(Settings(hosts=Hosts.of(api_url=origin.api_url), api_key="sandbox-key"))
        fan_out = FanOut(connection)
        assert list(connection.rows(endpoints.WORKSPACES, {}))
        fan_out.close()

    return {
        "tap": lambda _: run(TapClockify, ["--config", str(folder / "tap")], [], 0),
        "tap that is refused": lambda _: run(TapClockify, ["--config", str(folder / "no key")], [], 1),
        "target": target,
        "target that rejects": rejected,
        "target that is broken off": broken,
        "client": client,
    }


def _write(path: Path, config: dict[str, Any]) -> None:
    path.write_text(json.dumps(config), encoding="utf-8")


def main(runs: int) -> int:
    """Run each of them a number of times, print leaked resources, and return the number of runs that leak."""
    logging.disable()
    leaking = 0
    with tempfile.TemporaryDirectory() as name, SandboxProcess(scale="empty", rate_per_second=0) as origin:
        folder, temporary = Path(name) / "work", Path(name) / "temporary"
        folder.mkdir()
        temporary.mkdir()
        tempfile.tempdir = str(temporary)
        os.environ["SQLITE_TMPDIR"] = str(temporary)
        for what, work in works(origin, folder).items():
            for number in range(_WARM):
                work(number)
            before, began = held(temporary), time.monotonic()
            for number in range(runs):
                work(number)
            for _ in range(_TRIES):
                gc.collect()
                after = held(temporary)
                if is_no_more := all(_is_no_more(after[kind], before[kind]) for kind in before):
                    break
                threading.Event().wait(0.01)  # threads that were told to end do so a moment later
            leaking += not is_no_more
            said = "nothing left" if is_no_more else f"LEFT {before} -> {after}"
            sys.stdout.write(f"{runs} runs of {what} in {time.monotonic() - began:.0f} s: {said}\n")
        tempfile.tempdir = None
    return leaking


if __name__ == "__main__":
    sys.exit(min(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000), 1))
