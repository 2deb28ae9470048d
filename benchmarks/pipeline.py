"""A whole run at the rate limit, from Clockify through a loader into a database, and the time of each part."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import yaml
from clockify_sandbox.testing import SandboxProcess
from psycopg.conninfo import conninfo_to_dict

from benchmarks.stage import BIN, catalog_of
from demo.pipeline import HOUSE, environment, tap_clockify, target_postgres
from demo.sandbox import Sandbox
from demo.warehouse import postgres_running

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from clockify_sandbox.testing import Origin

    from demo.warehouse import Warehouse

HEADER = (
    *("Run", "Seconds", "Bound", "Ratio", "To the first request", "Reading", "After the last request"),
    *("CPU: tap", "Loader", "Meltano", "Database", "Sandbox"),
)
_RATE, _LATENCY_MS = 50, 200
_LOOK = 0.25  # seconds between two samples of the processes and the sandbox
_PATIENCE = 900.0  # seconds for one run
_TICKS = os.sysconf("SC_CLK_TCK")
_PROCESSES = Path("/proc")
_DATABASE = "<the database server>"
_PLUGINS = HOUSE / ".meltano" / "loaders"
_POSTGRES = _PLUGINS / "target-postgres" / "venv" / "bin" / "target-postgres"
_JSONL = _PLUGINS / "target-jsonl" / "venv" / "bin" / "target-jsonl"
_ANOTHER = HOUSE / ".loaders" / "pipelinewise-target-postgres" / "bin" / "target-postgres"
_MELTANO = HOUSE / ".venv-meltano" / "bin" / "meltano"


@dataclass(frozen=True)
class _Way:
    """A variant of the pipeline.

    Attributes:
        name: Its name in the table.
        loader: The program that reads the pipe; None if there is none, or if Meltano starts it.
        settings: Settings of the loader.
        keeps: Whether the data of the previous run is kept.
        catalog: Additionally selected fields, as breadcrumbs by stream.
        meltano: Whether Meltano runs tap and loader.
    """

    name: str
    loader: Path | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    keeps: bool = False
    catalog: Mapping[str, str] = field(default_factory=dict)
    meltano: bool = False


@dataclass
class _Seen:
    """Measurements of a run: seconds since its start, and seconds of CPU by process and command."""

    seconds: float = 0.0
    first: float = 0.0
    last: float = 0.0
    requests: int = 0
    cpu: dict[int, tuple[str, float]] = field(default_factory=dict)

    def of(self, command: str) -> str:
        """Return the CPU time of the processes whose command contains this text; empty if there are none."""
        found = [seconds for told, seconds in self.cpu.values() if command in told]
        return f"{sum(found):.1f}" if found else ""


def runs() -> Iterator[tuple[str, ...]]:
    """Run all variants with `agency`, each with an empty schema unless its name says otherwise."""
    with tempfile.TemporaryDirectory() as name, postgres_running(Path(name, "postgres")) as warehouse:
        shipped = _settings_in_meltano_yml() | dict(target_postgres(warehouse).settings)
        bare = {name: shipped[name] for name in ("sqlalchemy_url", "default_target_schema", "hard_delete")}
        ways = [
            _Way("tap-clockify > /dev/null"),
            _Way("tap-clockify \\| target-postgres", _POSTGRES, shipped),
            _Way("the same a second time", _POSTGRES, shipped, keeps=True),
            _Way(
                "the same with approval_requests.entries", _POSTGRES, shipped, catalog={"approval_requests": "entries"}
            ),
            _Way("the same with the loader's own defaults", _POSTGRES, bare),
            _Way("meltano run tap-clockify target-postgres", meltano=True),
            _Way("tap-clockify \\| target-jsonl", _JSONL, {"destination_path": name}),
        ]
        if _ANOTHER.exists():
            ways.append(_Way("tap-clockify \\| pipelinewise-target-postgres", _ANOTHER, _location(warehouse)))
        for way in ways:
            yield _row(way, _run(way, Path(name), warehouse))


def _settings_in_meltano_yml() -> dict[str, Any]:
    plugins = yaml.safe_load((HOUSE / "meltano.yml").read_text(encoding="utf-8"))["plugins"]["loaders"]
    settings = next(one["settings"] for one in plugins if one["name"] == "target-postgres")
    return {one["name"]: one["value"] for one in settings if "value" in one}


def _location(warehouse: Warehouse) -> dict[str, Any]:
    parts = conninfo_to_dict(warehouse.uri)
    return {
        "host": parts["host"],
        "port": int(parts.get("port") or 5432),
        "user": parts["user"],
        "password": parts.get("password") or "none",
        "dbname": parts["dbname"],
        "default_target_schema": warehouse.schema,
        "hard_delete": True,
    }


def _row(way: _Way, seen: _Seen) -> tuple[str, ...]:
    bound = seen.requests / _RATE
    return (
        way.name,
        f"{seen.seconds:.1f}",
        f"{bound:.1f}",
        f"{seen.seconds / bound:.2f}",
        f"{seen.first:.1f}",
        f"{seen.last - seen.first:.1f}",
        f"{seen.seconds - seen.last:.1f}",
        seen.of("bin/tap-clockify"),
        seen.of("bin/target-"),
        seen.of("bin/meltano "),
        seen.of(_DATABASE),
        seen.of("clockify_sandbox"),
    )


def _run(way: _Way, folder: Path, warehouse: Warehouse) -> _Seen:
    if not way.keeps:
        with psycopg.connect(warehouse.uri, autocommit=True) as connection:
            connection.execute(f'drop schema if exists "{warehouse.schema}" cascade')
    with SandboxProcess(scale="agency", latency_ms=_LATENCY_MS, rate_per_second=_RATE) as sandbox:
        log = folder / "log"
        with log.open("wb") as said:
            begun = time.monotonic()
            processes = _meltano(sandbox, warehouse, folder, said) if way.meltano else _pipe(way, sandbox, folder, said)
            seen = _watched(processes, begun, sandbox, _postmaster(folder))
        if any(process.returncode for process in processes):
            sys.exit(f"{way.name} failed:\n{log.read_text(encoding='utf-8')[-2000:]}")
        return seen


def _pipe(way: _Way, sandbox: Origin, folder: Path, said: Any) -> list[subprocess.Popen[bytes]]:
    config = folder / "tap.json"
    config.write_text(json.dumps({"api_key": sandbox.key, "api_url": sandbox.api_url}))
    command: list[str | Path] = [BIN / "tap-clockify", "--config", config]
    if way.catalog:
        catalog = folder / "catalog.json"
        catalog.write_text(json.dumps(catalog_of(fields=way.catalog)))
        command += ["--catalog", catalog]
    if way.loader is None:
        return [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said)]
    settings = folder / "loader.json"
    settings.write_text(json.dumps(dict(way.settings)))
    tap = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said)
    loader = subprocess.Popen(
        [way.loader, "--config", settings], stdin=tap.stdout, stdout=subprocess.DEVNULL, stderr=said
    )
    assert tap.stdout is not None  # noqa: S101 - it was asked for
    tap.stdout.close()
    return [tap, loader]


def _meltano(sandbox: Origin, warehouse: Warehouse, folder: Path, said: Any) -> list[subprocess.Popen[bytes]]:
    states = folder / "states"
    states.mkdir()
    settings = environment(tap_clockify(Sandbox(sandbox)), target_postgres(warehouse))
    command: list[str | Path] = [
        _MELTANO,
        "run",
        "--force",
        "--full-refresh",
        "--state-id-suffix=bench",
        "tap-clockify",
        "target-postgres",
    ]
    return [
        subprocess.Popen(
            command,
            cwd=HOUSE,
            env=settings | {"MELTANO_STATE_BACKEND_URI": states.as_uri()},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
    ]


def _watched(processes: list[subprocess.Popen[bytes]], begun: float, sandbox: Origin, postmaster: int) -> _Seen:
    """Watch processes, and all processes that they start, until all have ended."""
    seen, before = _Seen(), _of_server(postmaster, _processes())
    while any(process.poll() is None for process in processes):
        now = time.monotonic() - begun
        if now > _PATIENCE:
            for process in processes:
                process.terminate()
        if (requests := sandbox.stats()["requests"]) != seen.requests:
            seen.first, seen.last, seen.requests = seen.first or now, now, requests
        for pid, (command, seconds, _) in _below(os.getpid(), _processes()).items():
            seen.cpu[pid] = command or seen.cpu.get(pid, ("", 0.0))[0], seconds  # it has none once it has ended
        time.sleep(_LOOK)
    seen.seconds = time.monotonic() - begun
    seen.cpu[postmaster] = _DATABASE, _of_server(postmaster, _processes()) - before
    return seen


_Processes = dict[int, tuple[str, float, int]]
"""By id: the command, the seconds of CPU, and the id of the parent."""


def _processes() -> _Processes:
    """Return all processes; none on a system without Linux's /proc."""
    found: _Processes = {}
    for folder in _PROCESSES.glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text().rpartition(")")[2].split()
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:  # it has just ended
            continue
        found[int(folder.name)] = command, (int(stat[11]) + int(stat[12])) / _TICKS, int(stat[1])
    return found


def _below(root: int, processes: _Processes) -> _Processes:
    children = defaultdict(list)
    for pid, (_, _, parent) in processes.items():
        children[parent].append(pid)
    found, left = {}, children[root]
    while left:
        pid = left.pop()
        found[pid] = processes[pid]
        left += children[pid]
    return found


def _postmaster(folder: Path) -> int:
    return int((folder / "postgres" / "postmaster.pid").read_text().split()[0])


def _of_server(postmaster: int, processes: _Processes) -> float:
    """Return the CPU time of a server: of its current processes, and of those that have ended."""
    if postmaster not in processes:
        return 0.0
    stat = (_PROCESSES / str(postmaster) / "stat").read_text().rpartition(")")[2].split()
    ended = (int(stat[13]) + int(stat[14])) / _TICKS
    return ended + processes[postmaster][1] + sum(one[1] for one in _below(postmaster, processes).values())
