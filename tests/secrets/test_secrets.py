"""Keys and values of records appear only where they belong, and in no other byte of output."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.secrets.conftest import KEY, SECONDS, VALUE, holds_key, within_limits
from tests.target.conftest import TargetRunner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Sandbox
    from tests.secrets.conftest import Programs

_HOUR = {"start": "2026-01-05T08:00:00Z", "end": "2026-01-05T09:00:00Z"}
_BIN = Path(sys.executable).parent


def _plant(box: Sandbox) -> None:
    """Put the value into what people type."""

    def made(path: str, **body: Any) -> str:
        return str(box.ok("POST", f"/workspaces/{{ws}}/{path}", body, key=KEY)["id"])

    client = made("clients", name=f"{VALUE} client", note=f"{VALUE} note", email=f"{VALUE}@acme.example".lower())
    project = made("projects", name=f"{VALUE} project", clientId=client, note=VALUE)
    made(f"projects/{project}/tasks", name=f"{VALUE} task")
    made("tags", name=f"{VALUE} tag")
    made("time-entries", description=f"{VALUE} did this", projectId=project, **_HOUR)


def _answers(box: Sandbox) -> None:
    """Have Clockify repeat values where it refuses, fail, and answer what is no JSON."""
    said = json.dumps({"code": 501, "message": f"{VALUE} is not allowed, {KEY} neither"})
    box.faults(
        [
            {"route": "GET /workspaces/{ws}/tags", "nth": [*range(1, 9)], "status": 400, "body": said},
            {"route": "GET /workspaces/{ws}/clients", "nth": 1, "status": 500, "body": said},
            {
                "route": "GET /workspaces/{ws}/holidays",
                "nth": [*range(1, 9)],
                "status": 200,
                "body": f"<p>{VALUE} {KEY}",
            },
            {
                "route": "GET /workspaces/{ws}/expenses",
                "nth": [*range(1, 9)],
                "status": 200,
                "body": json.dumps([{"error": VALUE}]),
            },
            {"route": "GET /workspaces/{ws}/user-groups", "nth": 1, "reset": True},
            {"route": "POST /workspaces/{ws}/tags", "nth": [*range(1, 9)], "status": 400, "body": said},
        ]
    )


def test_the_tap_outputs_no_key_and_logs_no_value(programs: Programs, box: Sandbox) -> None:
    _plant(box)
    config = programs.settings(api_key=KEY, api_url=box.api_url, requests_per_second=1000)
    for words in (["--about"], ["--about", "--format=json"], ["--discover"], ["--config", config, "--test"]):
        assert programs("tap-clockify", *words).code == 0
    whole = programs("tap-clockify", "--config", config)
    assert whole.code == 0
    assert VALUE.encode() in whole.out
    _answers(box)
    assert programs("tap-clockify", "--config", config).code == 1
    box.faults([])
    for wrong in ({"api_key": f"{KEY}x"}, {"api_key": [KEY]}, {"api_key": KEY, "addon_token": KEY}, {"api-key": KEY}):
        refused = programs.settings(**{"api_key": KEY, "api_url": box.api_url, **wrong})
        assert programs("tap-clockify", "--config", refused).code == 1
    _is_silent(programs)


def test_the_target_outputs_no_key_and_logs_no_value(programs: Programs, box: Sandbox, singer: Any) -> None:
    url = f"sqlite:///{programs.folder / 'ledger.db'}"
    settings: dict[str, Any] = {"api_key": KEY, "api_url": box.api_url, "ledger_url": url}
    settings |= {
        "workspace_id": box.workspace_id,
        "rejects_path": "rejects.jsonl",
        "plan_path": "plan.jsonl",
        "requests_per_second": 1000,
    }
    config = programs.settings(**settings)
    me = box.ok("GET", "/user", key=KEY)["id"]
    given = list(_input(singer, me))
    assert programs("target-clockify", "--about").code == 0
    assert programs("target-clockify", "--config", config, "--dry-run", given=given).code in {0, 1}
    _answers(box)
    assert programs("target-clockify", "--config", config, given=given).code == 1
    box.faults([])
    assert programs("target-clockify", "--config", config, given=given).code == 1
    assert programs("target-clockify", "--config", config, "--report", "last").code == 0
    assert programs("target-clockify", "--config", config, "--undo", "last").code in {0, 1}
    broken = [*given[:3], {"type": "RECORD", "stream": "clients", "record": VALUE}, {"type": "STATE", "record": VALUE}]
    assert programs("target-clockify", "--config", config, given=broken).code == 1
    unknown = [{"type": "RECORD", "stream": "unknown", "record": {"name": VALUE}}]
    assert programs("target-clockify", "--config", config, given=unknown).code == 1
    for wrong in (
        {"api_key": [KEY]},
        {"addon_token": KEY},
        {"ledger_url": f"postgresql+psycopg://{KEY.replace('/', '%2F')}:{KEY.replace('/', '%2F')}@127.0.0.1:1/x"},
        {"streams": {"clients": {"object": KEY}}},
    ):
        refused = programs.settings(**{**settings, **wrong})
        assert programs("target-clockify", "--config", refused, given=given).code == 1
    for name in ("ledger.db", "rejects.jsonl", "plan.jsonl"):
        assert VALUE.encode() in (programs.folder / name).read_bytes(), f"{name} is where values belong"
    programs.settings()
    _is_silent(programs)


def _input(singer: Any, me: str) -> Iterator[dict[str, Any]]:
    """Rows that are written, rejected by the target, refused by Clockify, unresolved, or malformed."""
    for stream in ("clients", "projects", "tags", "time_entries", "invoices", "users"):
        yield singer.schema(stream)
    yield singer.record("clients", id=f"{VALUE}1", name=f"{VALUE} inc", note=VALUE, address=VALUE)
    yield singer.record("clients", id=f"{VALUE}2", name=[VALUE])
    yield singer.record("clients", id=f"{VALUE}3", name=f"{VALUE}" * 40)
    yield singer.record("clients", id=[VALUE], name=VALUE)
    yield singer.record("projects", id=f"{VALUE}4", name=f"{VALUE} site", clientId=f"{VALUE}1", color=VALUE)
    yield singer.record("projects", id=f"{VALUE}5", name=f"{VALUE} two", clientId=f"{VALUE} nobody")
    yield singer.record("tags", id=f"{VALUE}6", name=f"{VALUE} tag")
    yield singer.record("time_entries", id=f"{VALUE}7", userId=me, description=VALUE, timeInterval=_HOUR)
    yield singer.record("time_entries", id=f"{VALUE}8", userId=f"{VALUE}@acme.example", timeInterval=_HOUR)
    yield singer.record("time_entries", id=f"{VALUE}9", userId=me, start=VALUE, end=VALUE, description=VALUE)
    yield singer.record("time_entries", id=f"{VALUE}a", userId="../" + VALUE, **_HOUR)
    yield singer.record(
        "invoices", id=f"{VALUE}b", number=VALUE, currency=VALUE, clientId=f"{VALUE}1", issuedDate=VALUE
    )
    yield singer.record("users", id=f"{VALUE}c", email=VALUE)
    yield singer.state(done=True)


def _is_silent(programs: Programs) -> None:
    """No key in any byte, and no value on stderr."""
    for line in programs.errors.splitlines():
        assert VALUE.encode().lower() not in line.lower(), line
        assert b"Traceback" not in line
    assert not holds_key(programs.errors), [line for line in programs.errors.splitlines() if holds_key(line)]
    assert not holds_key(programs.outputs)
    for file in programs.folder.iterdir():
        if file.name not in {"config.json", "log.json"}:
            assert not holds_key(file.read_bytes()), file


def test_a_call_outputs_no_key(box: Sandbox, tmp_path: Path) -> None:
    around = {**os.environ, "TARGET_CLOCKIFY_API_KEY": KEY, "LOGLEVEL": "DEBUG"}
    command: list[str | Path] = [
        _BIN / "clockify-call",
        "ArchiveProject",
        "--workspace-id",
        box.workspace_id,
        "--api-url",
        box.api_url,
    ]

    def run(*words: str, **more: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [*command, *words],
            env={**around, **more},
            cwd=tmp_path,
            capture_output=True,
            check=False,
            timeout=SECONDS,
        )

    _plant(box)
    for ended, code in (
        (run(f"--projectId={VALUE} project"), 0),
        (run("--projectId=Nowhere"), 1),
        (run("--projectId=Nowhere", TARGET_CLOCKIFY_API_KEY=f"{KEY}x"), 1),
        (run("--projectId=Nowhere", TARGET_CLOCKIFY_ADDON_TOKEN=KEY), 1),
    ):
        assert ended.returncode == code, ended.stderr
        assert not holds_key(ended.stdout + ended.stderr)
        assert VALUE.encode() not in ended.stderr
    assert list(tmp_path.iterdir()) == [], "it writes no file"


def test_the_sandbox_keeps_no_key_that_is_not_its_own(tmp_path: Path) -> None:
    """Somebody may send the real one."""
    state = tmp_path / "state"
    command: list[str | Path] = [_BIN / "clockify-sandbox", "serve", "--scale=tiny", "--port=0", f"--state={state}"]
    with (
        (tmp_path / "log").open("wb") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log) as process,
        within_limits(process),
    ):
        assert process.stdout is not None
        origin = process.stdout.readline().decode().strip()
        for headers in ({"X-Api-Key": KEY}, {"X-Addon-Token": KEY}, {"Authorization": f"Bearer {KEY}"}):
            for place in (f"/api/v1/user?api_key={KEY}", f"/api/v1/workspaces/x?token={KEY}", "/nowhere"):
                assert requests.get(origin + place, headers=headers, timeout=30).status_code in {400, 401, 404}
        told = b"".join(
            requests.get(f"{origin}/__sandbox/{one}", timeout=30).content for one in ("requests", "stats", "dump")
        )
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert not holds_key(told + out + (tmp_path / "log").read_bytes() + state.read_bytes())


# -- files -----------------------------------------------------------------------------------------


@pytest.fixture
def _everybody_may() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def _modes(folder: Path) -> dict[str, int]:
    return {file.name: stat.S_IMODE(file.lstat().st_mode) for file in folder.iterdir() if file.name != "config.json"}


@pytest.fixture
def target(empty: Sandbox, tmp_path: Path) -> TargetRunner:
    return TargetRunner(empty, tmp_path)


@pytest.mark.usefixtures("_everybody_may")
def test_files_with_values_are_for_their_owner_alone(target: Any, singer: Any) -> None:
    messages = [singer.schema("tags"), singer.record("tags", id=1, name="a"), singer.record("tags", id=2, name="")]
    for settings in ({}, {}, {"dry_run": True}):
        assert target(messages, **settings).counts["tags"]["rejected"] == 1
    modes = _modes(target.folder)
    lock = f"ledger.db.{target.workspace}.lock"
    assert modes == dict.fromkeys(("ledger.db", lock, "rejects.jsonl", "rejects.jsonl.1", "plan.jsonl"), 0o600) | (
        {"rejects.jsonl.2": 0o600} if "rejects.jsonl.2" in modes else {}
    )
    for file in target.folder.iterdir():
        file.chmod(0o666)  # as the first edition left them
    assert target(messages, dry_run=True).code == target(messages).code == 1
    assert set(_modes(target.folder).values()) == {0o600}


@pytest.mark.parametrize("name", ["rejects.jsonl", "plan.jsonl"])
@pytest.mark.parametrize("kind", ["symbolic", "hard", "dangling"])
def test_no_value_goes_through_a_link(target: Any, singer: Any, name: str, kind: str) -> None:
    messages = [singer.schema("tags"), singer.record("tags", id=1, name="a"), singer.record("tags", id=2, name="")]
    victim, link, theirs = target.folder / "victim", target.folder / name, '{"type": "theirs"}'
    if kind != "dangling":
        victim.write_text(theirs)
        victim.chmod(0o644)
    link.hardlink_to(victim) if kind == "hard" else link.symlink_to(victim)
    result = target(messages, dry_run=name == "plan.jsonl")
    assert (result.code, result.writes) == (1, {}), result.log
    assert f"{name} " + ("has several names" if kind == "hard" else "is a symbolic link") in result.log
    assert (victim.read_text() if victim.exists() else "") == ("" if kind == "dangling" else theirs)
    assert kind == "dangling" or stat.S_IMODE(victim.stat().st_mode) == 0o644


def test_files_of_a_killed_target_are_private(target: Any, singer: Any, tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    around = {**os.environ, "TMPDIR": str(temporary), "SQLITE_TMPDIR": str(temporary)}
    command = target.command(api_key="sandbox-key")
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=log, env=around, umask=0
        ) as process,
        within_limits(process),
    ):
        assert process.stdin is not None
        lines = [singer.schema("tags"), *(singer.record("tags", id=n, name=f"{VALUE} {n}") for n in range(1200))]
        process.stdin.write(b"".join(json.dumps(one).encode() + b"\n" for one in lines))
        process.stdin.flush()
        for _ in range(3000):
            if _has_begun(tmp_path / "ledger.db") or process.poll() is not None:
                break
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.01)
        words = Path(f"/proc/{process.pid}/cmdline")
        assert not words.exists() or b"sandbox-key" not in words.read_bytes()
        while_running = _modes(tmp_path)
        process.kill()
    assert "ledger.db-wal" in while_running
    assert list(temporary.iterdir()) == []
    for modes in (while_running, _modes(tmp_path)):
        assert {name: mode for name, mode in modes.items() if mode != 0o600 and name != "temporary"} == {}


def _has_begun(ledger: Path) -> bool:
    """Return whether a write has entered the journal."""
    if not ledger.exists():
        return False
    with contextlib.closing(sqlite3.connect(ledger, timeout=0.01)) as connection, contextlib.suppress(sqlite3.Error):
        return bool(connection.execute("SELECT count(*) FROM clockify_journal").fetchone()[0])
    return False
