"""`clockify_sandbox.testing` and the fixtures of pytest: a sandbox for other people's tests."""

from __future__ import annotations

import logging
import re
import signal
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import requests
from clockify_sandbox.testing import Origin, Sandbox, SandboxError, SandboxProcess

BOTH = pytest.mark.parametrize("kind", [Sandbox, SandboxProcess])


def ask(origin: Origin, path: str, key: str | None = None, **more: Any) -> requests.Response:
    url = f"{origin.api_url}{path}"
    return requests.get(url, headers={"X-Api-Key": key or origin.key}, timeout=9, **more)


def resources() -> tuple[set[str], set[str]]:
    """The names of the threads of this process, and what its file descriptors are; a listing holds one open itself."""
    links = [link for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    return {thread.name for thread in threading.enumerate()}, {str(link.readlink()) for link in links}


@BOTH
def test_it_serves_what_was_asked_for_until_the_block_ends(kind: type[Sandbox | SandboxProcess]) -> None:
    clock = datetime(2027, 3, 1, tzinfo=UTC)
    with kind(scale="tiny", seed=3, plan="FREE", world={"language": "es"}, clock=clock, api_key="mine") as origin:
        assert isinstance(origin, str)
        assert origin.clock() == "2027-03-01T00:00:00Z"
        workspaces = ask(origin, "/workspaces", "mine").json()
        assert [workspace["id"] for workspace in workspaces] == origin.workspace_ids
        refused = ask(origin, f"/workspaces/{origin.workspace_ids[0]}/tags/{'0' * 24}").json()
        assert "pertenece" in refused["message"]
        assert ask(origin, f"/workspaces/{origin.workspace_ids[0]}/custom-fields").status_code == 403
        assert set(origin.keys) == {
            "OWNER", "WORKSPACE_ADMIN", "PROJECT_MANAGER", "TEAM_MANAGER", "MEMBER", "LIMITED",
        }  # fmt: skip
        assert ask(origin, "/user", origin.keys["MEMBER"]).ok
    with pytest.raises(requests.ConnectionError):
        ask(origin, "/user")
    with pytest.raises(SandboxError, match="no sandbox answers at"):
        origin.stats()


@BOTH
def test_it_fails_on_request_and_can_be_reset(kind: type[Sandbox | SandboxProcess]) -> None:
    with kind(scale="empty", faults=[{"route": "GET /user", "nth": 1, "status": 502}]) as origin:
        assert [ask(origin, "/user").status_code for _ in range(2)] == [502, 200]
        assert origin.stats()["by_status"] == {"200": 1, "502": 1}
        origin.reset_stats()
        assert origin.stats()["requests"] == 0
        origin.faults([{"route": "GET /user", "status": 503}])
        assert ask(origin, "/user").status_code == 503
        origin.world(language="de")
        assert len(origin.reset(scale="tiny", world={"page_cap": 2})) == 2
        assert ask(origin, "/user").status_code == 200
        assert origin.world()["language"] == "en"
        assert origin.world()["page_cap"] == 2
        for refused, known in (
            (lambda: origin.world(tongue="es"), "known are language"),
            (lambda: origin.reset(plan="GRATIS"), "known are FREE, BASIC"),
            (
                lambda: origin.faults([{"nth": "often"}]),
                "known are whole numbers from 1 on, lists of whole numbers, every",
            ),
            (lambda: origin.clock(now="2026-01-01T00:00:00"), "known are moments with a time zone"),
        ):
            with pytest.raises(ValueError, match=known):
                refused()


@BOTH
def test_a_restored_snapshot_is_identical(kind: type[Sandbox | SandboxProcess]) -> None:
    with kind(scale="tiny") as origin:
        origin.snapshot("before")
        before = origin.dump()
        url, key = f"{origin.api_url}/workspaces/{origin.workspace_ids[0]}/tags", {"X-Api-Key": origin.key}
        made = [requests.post(url, json={"name": "once"}, headers=key, timeout=9).json()["id"]]
        assert origin.dump() != before
        assert origin.restore("before") == origin.workspace_ids
        assert origin.dump() == before
        made.append(requests.post(url, json={"name": "once"}, headers=key, timeout=9).json()["id"])
        assert made[0] == made[1], "ids are given as they were"
        with pytest.raises(ValueError, match="no world was kept as 'other'; known are 'before'"):
            origin.restore("other")


@BOTH
def test_the_clock_can_be_given_in_any_zone(kind: type[Sandbox | SandboxProcess]) -> None:
    clock = datetime(2027, 3, 1, 2, tzinfo=timezone(timedelta(hours=2)))
    with kind(clock=clock) as origin:
        assert origin.clock() == "2027-03-01T00:00:00Z"


@BOTH
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"sise": "tiny"}, "unknown option 'sise'; known are scale, seed, plan, world, clock"),
        ({"world": {"totls": "all"}}, "unknown world option 'totls'; known are language"),
        ({"world": {"language": "fr"}}, '"fr" is no value of language; known are en, es, de'),
        ({"scale": "huge"}, '"huge" is no value of scale; known are empty, tiny, agency, large'),
        ({"plan": "GRATIS"}, "known are FREE, BASIC, STANDARD, PRO, ENTERPRISE"),
        ({"seed": "seven"}, '"seven" is no value of seed; known are whole numbers'),
        ({"latency_ms": -1}, "-1 is no value of latency_ms; known are numbers from 0 on"),
        ({"clock": "2026-01-01T00:00:00"}, "no value of clock"),
        ({"latency_ms": float("inf")}, "is no value of latency_ms"),
        ({"port": 70000}, "70000 is no value of port; known are whole numbers from 0 to 65535"),
        ({"tls": "yes"}, '"yes" is no value of tls; known are true, false'),
        ({"state": 3}, "3 is no value of state; known are paths of files"),
        ({"api_key": ""}, '"" is no value of api_key; known are texts that are not empty'),
        ({"world": "es"}, "no value of world"),
        ({"faults": {}}, "expected a list of objects; known for each fault are route, nth, status"),
        ({"faults": [{"rout": "*"}]}, "unknown key of a fault 'rout'; known are route, nth, status"),
        ({"faults": [{"status": 99}]}, "99 is no value of status; known are whole numbers from 200 to 599"),
        ({"ca_file": "ca.pem"}, "ca_file is for https only"),
    ],
)
def test_unknown_options_and_values_are_one_line(
    kind: type[Sandbox | SandboxProcess], options: dict[str, Any], words: str
) -> None:
    with pytest.raises((ValueError, SandboxError), match=words) as refused, kind(**options):
        pytest.fail("it started")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"forceTag": True}, "unknown setting 'forceTag'; known are activeBillableHours, "),
        ({"forceTags": "yes"}, '"yes" is no value of forceTags; known are true, false'),
        ({"lockTimeEntries": 5}, "5 is no value of lockTimeEntries; known are texts"),
        ({"round": {"minutes": "15"}}, "is no value of round; known are objects"),
    ],
)
def test_only_existing_settings_of_a_workspace_can_be_changed(settings: dict[str, Any], words: str) -> None:
    with Sandbox(scale="tiny") as origin:
        before = origin.dump()
        with pytest.raises(ValueError, match=words):
            origin.settings(**settings)
        assert origin.dump() == before


@BOTH
def test_the_reason_of_a_failed_start_is_reported(kind: type[Sandbox | SandboxProcess], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SandboxError, match=f"cannot listen on 127.0.0.1:{port}"):
            kind(port=port).start()
    with pytest.raises((SandboxError, ValueError), match="there is no folder"):
        kind(state=tmp_path / "no" / "state.json").start()
    running = kind(scale="empty")
    with running, pytest.raises(SandboxError, match="runs already"):
        running.start()
    running.stop()


def test_ten_at_once_share_nothing_and_leave_nothing_behind() -> None:
    with Sandbox(scale="empty"):
        pass  # whatever is made once per process is there now
    before = resources()
    with ExitStack() as stack:
        origins = [stack.enter_context(Sandbox(scale="empty", seed=number)) for number in range(10)]
        assert len(set(origins)) == 10
        for number, origin in enumerate(origins):
            url = f"{origin.api_url}/workspaces/{origin.workspace_ids[0]}/clients"
            headers = {"X-Api-Key": origin.key}
            assert requests.post(url, json={"name": f"client {number}"}, headers=headers, timeout=9).ok
        for number, origin in enumerate(origins):
            clients = origin.dump()["workspaces"][0]["clients"]
            assert [client["name"] for client in clients] == [f"client {number}"]
    assert resources() == before


def test_it_leaves_the_process_as_it_was() -> None:
    before = signal.getsignal(signal.SIGTERM), sys.getswitchinterval(), list(logging.getLogger("uvicorn").handlers)
    with Sandbox(scale="empty"):
        now = signal.getsignal(signal.SIGTERM), sys.getswitchinterval(), list(logging.getLogger("uvicorn").handlers)
    assert now == before


@BOTH
def test_state_is_kept(kind: type[Sandbox | SandboxProcess], tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    with kind(scale="tiny", state=state) as origin:
        origin.clock(advance_seconds=60)
        kept = origin.dump()
    with kind(scale="empty", state=str(state)) as origin:
        assert origin.dump() == kept
        origin.dump_to(tmp_path / "dump.json")
    assert (tmp_path / "dump.json").read_bytes().startswith(b'{"now":')


def test_a_process_writes_a_log(tmp_path: Path) -> None:
    with SandboxProcess(scale="empty", log=tmp_path / "log", start_new_session=True):
        pass
    assert "OWNER" in (tmp_path / "log").read_text()


@BOTH
def test_it_speaks_https_with_a_certificate_for_the_hosts_of_clockify(
    kind: type[Sandbox | SandboxProcess], tmp_path: Path
) -> None:
    with kind(scale="empty", tls=True) as origin:
        assert origin.startswith("https://127.0.0.1:")
        assert origin.ca_file is not None
        assert ask(origin, "/user", verify=str(origin.ca_file)).ok
        assert origin.stats()["requests"] == 1
        with pytest.raises(requests.exceptions.SSLError):
            ask(origin, "/user")
    assert not origin.ca_file.exists()
    with kind(scale="empty", tls=True, ca_file=tmp_path / "ca.pem") as origin:
        assert origin.ca_file == tmp_path / "ca.pem"
        assert ask(origin, "/user", verify=str(tmp_path / "ca.pem")).ok


SUITE = """
import pytest, requests

@pytest.fixture(scope="session")
def clockify_sandbox_options():
    return {"scale": "tiny", "world": {"page_cap": 3}}

def tags(origin):
    url = f"{origin.api_url}/workspaces/{origin.workspace_ids[0]}/tags"
    return url, {"X-Api-Key": origin.key}

@pytest.mark.parametrize("time", [1, 2])
def test_every_test_has_a_fresh_world(clockify_sandbox, time):
    url, headers = tags(clockify_sandbox)
    before = clockify_sandbox.dump()["workspaces"][0]["tags"]
    assert len(requests.get(url, headers=headers).json()) == 3
    assert requests.post(url, json={"name": "new"}, headers=headers).status_code == 201
    assert len(clockify_sandbox.dump()["workspaces"][0]["tags"]) == len(before) + 1
    assert clockify_sandbox.stats()["requests"] == 2
"""


def pytest_in(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run pytest over the tests of a folder, as a separate project."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, "--rootdir", ".", "."]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)


def test_pytest_finds_the_fixtures(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(SUITE)
    done = pytest_in(tmp_path)
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout


SCOPES = """
import pytest, requests

@pytest.fixture
def clockify_sandbox_options(scale):
    return {"scale": scale}

@pytest.mark.parametrize("scale", ["tiny", "empty", "tiny"])
def test_each_test_may_choose(clockify_sandbox, scale):
    assert len(clockify_sandbox.workspace_ids) == {"tiny": 2, "empty": 1}[scale]
    print("served at", clockify_sandbox)
"""


def test_options_of_the_fixture_may_have_any_scope(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(SCOPES)
    done = pytest_in(tmp_path, "-s")
    assert "3 passed" in done.stdout, done.stdout
    first, second, third = re.findall(r"served at (\S+)", done.stdout)
    assert first == third != second


def test_wrong_options_of_the_fixtures_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(SUITE.replace("page_cap", "cap"))
    done = pytest_in(tmp_path)
    assert done.returncode == 1
    assert "clockify_sandbox_options: unknown world option 'cap'; known are language" in done.stdout
    assert "Traceback" not in done.stdout
    assert "def clockify_sandbox" not in done.stdout


def test_the_package_needs_no_pytest() -> None:
    code = (
        "import sys; sys.modules['pytest'] = None\n"
        "from clockify_sandbox.testing import Sandbox\n"
        "with Sandbox() as origin: print(origin)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("http://127.0.0.1:")
