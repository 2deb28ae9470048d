"""The command line: what it prints, what it refuses, what it keeps."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Sandbox, StartSandbox

COMMAND = [sys.executable, "-m", "clockify_sandbox", "serve", "--port", "0", "--scale", "empty"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=30, check=False)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_prints_its_origin_and_ends_cleanly(number: signal.Signals) -> None:
    process = subprocess.Popen(COMMAND, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    origin = process.stdout.readline()
    assert origin.startswith("http://127.0.0.1:")
    process.send_signal(number)
    rest, errors = process.communicate(timeout=10)
    assert (process.returncode, rest) == (0, "")
    assert [line.split() for line in errors.splitlines()] == [["sandbox-key", "OWNER", "Olive", "Owner"]]


ROLES = {
    "sandbox-key": "OWNER",
    "sandbox-admin-key": "WORKSPACE_ADMIN",
    "sandbox-project-manager-key": "PROJECT_MANAGER",
    "sandbox-team-manager-key": "TEAM_MANAGER",
    "sandbox-member-key": "MEMBER",
    "sandbox-limited-account-key": "LIMITED",
}


@pytest.mark.parametrize("scale", ["tiny", "agency"])
def test_every_role_has_a_key_that_stats_list(sandbox: StartSandbox, scale: str) -> None:
    box = sandbox(scale=scale)
    holders = {holder["key"]: holder for holder in box.stats()["keys"]}
    assert {key: holders[key]["role"] for key in ROLES} == ROLES
    assert len({holders[key]["userId"] for key in ROLES}) == len(ROLES)
    for key in ROLES:
        account = box.ok("GET", "/user", key=key)
        assert (account["id"], account["name"]) == (holders[key]["userId"], holders[key]["name"])
        assert box.ok("GET", "/workspaces", key=key)[0]["id"] == box.workspace_id


def test_wrong_arguments_are_one_clear_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run("--port", port)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr
    bad = tmp_path / "faults.json"
    bad.write_text('[{"nth": "never"}]')
    done = run("--faults", str(bad))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert '"never" is no value of nth; known are whole numbers from 1 on, lists of whole numbers, every' in done.stderr
    done = run("--faults", str(tmp_path / "none.json"))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    bad.write_text("no state")
    done = run("--state", str(bad))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "not a saved state" in done.stderr
    assert run("--state", str(tmp_path / "no" / "folder")).returncode == 2
    assert "invalid choice: 'huge'" in run("--scale", "huge").stderr
    assert run("--latency-ms", "-1").returncode == 2


def test_faults_can_be_given_at_the_start(tmp_path: Path, launch: Callable[..., Sandbox]) -> None:
    faults = tmp_path / "faults.json"
    faults.write_text(json.dumps([{"route": "GET /user", "status": 503}]))
    assert launch(faults=json.loads(faults.read_text())).call("GET", "/user").status_code == 503


def test_state_survives_a_restart(tmp_path: Path, launch: Callable[..., Sandbox]) -> None:
    state = str(tmp_path / "world.json")
    names = ("clients", "projects", "tags", "users?memberships=ALL", "custom-fields")
    paths = [f"/workspaces/{{ws}}/{name}" for name in names]
    first = launch(state=state, scale="tiny")
    first.ok("POST", "/workspaces/{ws}/clients", {"name": "Kept"})
    first.ok("POST", "/workspaces/{ws}/time-entries", {"start": "2026-11-20T08:00:00Z", "end": "2026-11-20T09:00:00Z"})
    first.clock(advance_seconds=90)
    answers, dump = [first.ok("GET", path) for path in paths], first.dump()
    first.stop()
    second = launch(state=state)
    assert second.dump() == dump
    assert [second.ok("GET", path) for path in paths] == answers
    known = {client["id"] for client in second.ok("GET", paths[0])}
    assert second.ok("POST", "/workspaces/{ws}/clients", {"name": "New"})["id"] not in known
