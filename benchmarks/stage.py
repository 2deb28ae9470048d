"""Runs programs as separate processes against a sandbox, for benchmarks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clockify_sandbox.testing import Origin

BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Run:
    """Measurements of a process: wall time in seconds, and peak memory."""

    code: int
    seconds: float
    peak_mib: float
    log: str


# The peak memory of a program includes that of its parent at the start, so the parent here imports almost nothing.
_STARTER = """
import os, sys, time
began = time.monotonic()
process = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(process, 0)
told = f"{os.waitstatus_to_exitcode(status)} {time.monotonic() - began} {usage.ru_maxrss}"
os.write(int(sys.argv[1]), told.encode())
"""


def run(command: Sequence[str | Path], *, stdin: Path | None = None, stdout: Path | None = None) -> Run:
    """Run a program until it ends."""
    with (
        open(stdin or os.devnull, "rb") as given,  # noqa: PTH123  one of the two is no Path
        open(stdout or os.devnull, "wb") as written,  # noqa: PTH123
        tempfile.TemporaryFile() as log,
        tempfile.TemporaryFile() as told,
    ):
        starter = [sys.executable, "-I", "-S", "-c", _STARTER, str(told.fileno()), *command]
        subprocess.run(starter, stdin=given, stdout=written, stderr=log, pass_fds=[told.fileno()], check=True)
        told.seek(0)
        code, seconds, kilobytes = told.read().split()
        log.seek(0)
        return Run(int(code), float(seconds), int(kilobytes) / 1024, log.read().decode())


def tap(sandbox: Origin, *, streams: Sequence[str] | None = None, stdout: Path | None = None, **settings: Any) -> Run:
    """Run the tap against a sandbox, with the default selection or exactly the named streams.

    Raises:
        SystemExit: The tap failed, so there is nothing to measure.
    """
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "config.json")
        # The verification of time entries is measured separately.
        given = {
            "api_key": sandbox.key,
            "api_url": sandbox.api_url,
            "verify_time_entries": False,
            **settings,
        }
        config.write_text(json.dumps(given))
        command: list[str | Path] = [BIN / "tap-clockify", "--config", config]
        if streams is not None:
            catalog = Path(folder, "catalog.json")
            catalog.write_text(json.dumps(catalog_of(streams)))
            command += ["--catalog", catalog]
        ended = run(command, stdout=stdout)
    if ended.code:
        sys.exit(f"the tap ended with {ended.code}:\n{ended.log[-2000:]}")
    return ended


def target(sandbox: Origin, rows: Path, folder: Path, **settings: Any) -> Run:
    """Run the target on rows, with its ledger in a folder.

    Raises:
        SystemExit: The target failed.
    """
    given = {
        "api_key": sandbox.key,
        "api_url": sandbox.api_url,
        "ledger_url": f"sqlite:///{folder / 'ledger.db'}",
        "rejects_path": str(folder / "rejects.jsonl"),
        **settings,
    }
    config = folder / "target.json"
    config.write_text(json.dumps(given))
    ended = run([BIN / "target-clockify", "--config", config], stdin=rows)
    if ended.code:
        sys.exit(f"the target ended with {ended.code}:\n{ended.log[-2000:]}")
    return ended


def catalog_of(streams: Sequence[str] | None = None, fields: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the tap's catalog.

    Args:
        streams: The selected streams; None for the default.
        fields: An additionally selected field, by stream.
    """
    found = subprocess.run(
        [BIN / "tap-clockify", "--discover"], capture_output=True, check=True, stdin=subprocess.DEVNULL
    )
    catalog: dict[str, Any] = json.loads(found.stdout)
    for stream in catalog["streams"]:
        root = next(entry for entry in stream["metadata"] if not entry["breadcrumb"])
        if streams is not None:
            root["metadata"]["selected"] = stream["tap_stream_id"] in streams
        for entry in stream["metadata"]:
            if entry["breadcrumb"] == ["properties", (fields or {}).get(stream["tap_stream_id"])]:
                entry["metadata"]["selected"] = True
    return catalog
