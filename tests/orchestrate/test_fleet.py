"""Many workspaces without an orchestrator: `python -m clockify_fleet`."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import requests
from clockify_sandbox.testing import SandboxProcess

from demo.warehouse import Warehouse, postgres_running
from tests.orchestrate import fleet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    with postgres_running(tmp_path_factory.mktemp("warehouse") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def _server() -> Iterator[Any]:
    with SandboxProcess(scale="tiny") as running:
        yield running


@pytest.fixture
def origin(_server: Any, request: pytest.FixtureRequest) -> Any:
    """A Clockify whose ids no other test has."""
    _server.reset(seed=sum(request.node.name.encode()))
    return _server


@pytest.fixture
def states(tmp_path: Path) -> Path:
    return tmp_path / "states"


@pytest.fixture
def environment(origin: Any, warehouse: Warehouse, tmp_path: Path, states: Path) -> dict[str, str]:
    own = fleet.settings(origin, warehouse, tmp_path, str(states))
    return fleet.around() | {"PYTHONPATH": str(fleet.ORCHESTRATE), "TMPDIR": str(tmp_path)} | own


@pytest.fixture
def run(environment: dict[str, str]) -> Callable[..., subprocess.CompletedProcess[str]]:
    def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "clockify_fleet", *arguments],
            env=environment | more,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return run


def test_each_workspace_has_a_schema_and_follows_its_own_deletions(
    origin: Any, warehouse: Warehouse, run: Any, states: Path
) -> None:
    shared, second = origin.workspace_ids
    (third,) = fleet.found_workspaces(origin, 1)
    first = run()
    assert (first.returncode, first.stderr.splitlines()[-1].split(": ")[1]) == (
        0,
        "3 workspaces are loaded, 0 problems",
    )
    before = fleet.tags(warehouse, (shared, second, third))
    assert set(before) == {shared, second, third}
    assert before[third] == 1
    records = {path.stem: json.loads(path.read_text()) for path in states.iterdir()}
    assert set(records) == {shared, second, third}
    assert all(list(record["state"]["bookmarks"]) == ["workspaces", "tags"] for record in records.values())

    tag = origin.dump()["workspaces"][2]["tags"][0]["id"]
    origin.faults([fleet.of_tags(second, fleet.NOT_IN_THE_PLAN)])
    gone = f"{origin.api_url}/workspaces/{third}/tags/{tag}"
    assert requests.delete(gone, headers={"X-Api-Key": origin.key}, timeout=30).ok
    again = run()
    assert again.returncode == 0
    assert f"{second}: " in again.stderr and "not permitted on this plan" in again.stderr  # noqa: PT018
    assert fleet.tags(warehouse, before) == {**before, third: 0}


def test_a_failure_is_one_line_and_is_retried_alone(origin: Any, run: Any, warehouse: Warehouse) -> None:
    failing, second = origin.workspace_ids
    origin.faults([fleet.of_tags(failing, fleet.REFUSED)])
    first = run("--run", "tonight")
    assert first.returncode == 1
    assert first.stderr.splitlines()[-1].startswith(f"{failing}: the tap ended with 1: tags ")
    assert fleet.tags(warehouse, [second])[second] > 0
    assert "sandbox-key" not in first.stderr
    origin.faults([])
    origin.reset_stats()
    again = run("--run", "tonight")
    assert again.returncode == 0
    assert f"{second}: loaded by an earlier try" in again.stderr
    assert fleet.loads(origin) == 1


@pytest.mark.parametrize("warm", ["true", "false"])
def test_state_is_kept_only_after_the_loader_has_succeeded(
    origin: Any, run: Any, states: Path, tmp_path: Path, warm: str
) -> None:
    assert run(CLOCKIFY_WARM=warm).returncode == 0
    before = {path.name: path.read_bytes() for path in states.iterdir()}
    loader = tmp_path / "failing-loader"
    loader.write_text(f"#!{sys.executable}\nimport sys\nsys.stdin.read()\nprint('{{}}')\nsys.exit('no room')\n")
    loader.chmod(0o755)
    failed = run(CLOCKIFY_LOADER=str(loader), CLOCKIFY_WARM=warm)
    assert failed.returncode == 1
    for one in origin.workspace_ids:
        assert f"\n{one}: the loader ended with 1: no room" in failed.stderr
    assert {path.name: path.read_bytes() for path in states.iterdir()} == before


def test_worker_that_is_killed_leaves_no_program_behind_and_loses_no_state(
    origin: Any, environment: dict[str, str], states: Path, run: Any, tmp_path: Path
) -> None:
    first, second = origin.workspace_ids
    loader = tmp_path / "loader"
    began = tmp_path / "began"
    ended = tmp_path / "ended"
    subprocess.run(["mkfifo", began, ended], check=True)
    # The loader of the second workspace never ends by itself, and holds `ended` open for as long as it lives.
    loader.write_text(
        f"#!/bin/bash\ncase $TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA in *{second})"
        f" exec 9> {ended}; echo > {began}; exec tail -f /dev/null ;; esac\ncat > /dev/null; echo '{{}}'\n"
    )
    loader.chmod(0o755)
    watching = subprocess.Popen(["timeout", "60", "cat", ended])
    working = subprocess.Popen(
        [sys.executable, "-m", "clockify_fleet", "--run", "tonight"],
        env=environment | {"CLOCKIFY_LOADER": str(loader)},
        stderr=subprocess.DEVNULL,
    )
    subprocess.run(["timeout", "60", "cat", began], check=True)
    working.send_signal(signal.SIGKILL)
    working.wait(timeout=60)
    assert watching.wait() == 0  # the loader is gone
    assert [path.stem for path in states.iterdir()] == [first]
    again = run("--run", "tonight")
    assert again.returncode == 0
    assert f"{first}: loaded by an earlier try" in again.stderr
    assert {path.stem for path in states.iterdir()} == {first, second}


def test_an_unreadable_record_is_refused(origin: Any, run: Any, states: Path) -> None:
    first, second = origin.workspace_ids
    states.mkdir()
    (states / f"{first}.json").write_text('{"state": {"book')
    ended = run()
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].startswith(f"{first}: its record in CLOCKIFY_STATES cannot be read; ")
    assert (states / f"{first}.json").read_text() == '{"state": {"book'
    assert (states / f"{second}.json").exists()


def test_mistakes_in_settings_are_told_in_a_line(run: Any) -> None:
    for name, value, line in (
        ("CLOCKIFY_STATES", "", "CLOCKIFY_STATES is not set"),
        (
            "CLOCKIFY_SCHEMA",
            "all",
            "CLOCKIFY_SCHEMA must hold {workspace} once: each workspace has a schema of its own",
        ),
        ("CLOCKIFY_KEY_OTHER", "", "neither CLOCKIFY_KEY_OTHER nor CLOCKIFY_KEY_OTHER_FILE is set"),
        (
            "CLOCKIFY_KEYS",
            "a a",
            "CLOCKIFY_KEYS must hold names, each once, of small letters, digits and _, a space between",
        ),
    ):
        ended = run(**{name: value})
        assert (ended.returncode, ended.stderr) == (2, f"clockify_fleet: {line}\n")


def test_an_invalid_key_does_not_affect_other_keys(origin: Any, run: Any, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("revoked\n")
    ended = run(CLOCKIFY_KEY_MAIN="", CLOCKIFY_KEY_MAIN_FILE=str(tmp_path / "key"))
    assert ended.returncode == 1
    assert "key main: tap-clockify: " in ended.stderr
    assert f"{origin.workspace_ids[0]}: " in ended.stderr  # which the other key sees as well
