"""The job for thousands of workspaces, run by Dagster: a process for each step, which share only S3."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from clockify_sandbox.testing import SandboxProcess

from demo.warehouse import Warehouse, postgres_running
from tests.orchestrate import fleet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DAGSTER = fleet.HOUSE / ".venv-dagster" / "bin"
WORKSPACES = 30
BATCH = 10


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    with postgres_running(tmp_path_factory.mktemp("warehouse") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def origin() -> Iterator[Any]:
    with SandboxProcess(scale="tiny") as running:
        yield running


@pytest.fixture(scope="module")
def store() -> Iterator[dict[str, str]]:
    """The environment of an object store with the bucket `clockify`."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [DAGSTER / "moto_server", "-H", "127.0.0.1", "-p", str(port)], stderr=subprocess.PIPE, text=True
    )
    assert process.stderr
    for line in process.stderr:
        if "Running on" in line:
            break
    environment = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "any",
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    in_python("import fsspec; fsspec.filesystem('s3').mkdir('clockify')", environment)
    yield environment
    process.terminate()
    process.communicate()


def in_python(code: str, environment: dict[str, str]) -> str:
    """Run code with Dagster's Python; return what it prints."""
    return subprocess.run(
        [DAGSTER / "python", "-c", code],
        env=fleet.around() | environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout


STATES = """
import fsspec, json
store = fsspec.filesystem("s3")
print(json.dumps({one: json.loads(store.cat_file(one)) for one in store.find("clockify/states")}))
"""
EVENTS = """
import json
from dagster import DagsterInstance
with DagsterInstance.get() as instance:
    (run,) = instance.get_runs()
    statistics = {one.step_key: [one.status.value, one.attempts] for one in instance.get_run_step_stats(run.run_id)}
    print(json.dumps({"id": run.run_id, "status": run.status.value, "steps": statistics}))
"""


def test_many_workspaces(origin: Any, warehouse: Warehouse, store: dict[str, str], tmp_path: Path) -> None:
    workspaces = [*origin.workspace_ids, *fleet.found_workspaces(origin, WORKSPACES - 2)]
    unplanned, later, failing = workspaces[5], workspaces[6], workspaces[-1]
    origin.faults(
        [
            fleet.of_tags(unplanned, fleet.NOT_IN_THE_PLAN),
            fleet.of_tags(later, fleet.REFUSED, nth=range(1, fleet.TRIES + 1)),
            fleet.of_tags(failing, fleet.REFUSED),
        ]
    )
    environment = (
        fleet.around()
        | store
        | fleet.settings(origin, warehouse, tmp_path, "s3://clockify/states")
        | {
            "CLOCKIFY_BATCH": str(BATCH),
            "CLOCKIFY_PAUSE": "0",
            "CLOCKIFY_STEPS": "s3://clockify/steps",
            "DAGSTER_HOME": str(tmp_path),
            "PYTHONPATH": str(fleet.ORCHESTRATE),
        }
    )
    (tmp_path / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    limit, schedule, execute = fleet.commands("dagster", "instance")
    shutil.copy(fleet.ORCHESTRATE / "definitions" / "clockify_many.py", tmp_path)

    def dagster(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [DAGSTER / "dagster", *words],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=540,
        )

    for words in (limit, schedule):
        said = dagster(*words)
        assert said.returncode == 0, said.stderr
    done = dagster(*execute, "--config", str(config(tmp_path)))
    run = json.loads(in_python(EVENTS, environment))

    # One batch is not done, every other one is; one of them needed a second try.
    assert run["status"] == "FAILURE", done.stderr
    assert run["steps"] == {
        "batches": ["SUCCESS", 1],
        "load[main_0]": ["SUCCESS", 2],
        "load[main_1]": ["SUCCESS", 1],
        "load[other_0]": ["SUCCESS", 1],
        "load[other_1]": ["FAILURE", 3],
    }
    assert f"1 of 4 workspaces are not loaded:\n{failing}: the tap ended with 1: tags " in done.stderr
    assert f"{unplanned}: " in done.stderr
    assert "not permitted on this plan" in done.stderr

    # Every other one is loaded, and exactly once.
    counted = fleet.tags(warehouse, workspaces)
    assert not [one for one in workspaces[2:] if counted.get(one) != 1 and one not in (unplanned, failing)]
    assert fleet.loads(origin) == WORKSPACES + fleet.TRIES + 3 * fleet.TRIES - 1
    records = json.loads(in_python(STATES, environment))
    done_ones = {name for name, record in records.items() if record["run"] == run["id"]}
    assert done_ones == {f"clockify/states/{one}.json" for one in workspaces if one != failing}
    assert not [key for key in fleet.KEYS.values() if key in done.stderr]


def config(folder: Path) -> Path:
    """Write the settings of a run: two steps at once."""
    path = folder / "run.yaml"
    path.write_text("execution:\n  config:\n    multiprocess:\n      max_concurrent: 2\n")
    return path


def test_schedule_asks_for_one_run_at_a_time(tmp_path: Path) -> None:
    code = """
import runpy
from dagster import DagsterInstance, build_schedule_context
found = runpy.run_path("definitions/clockify_many.py")
with DagsterInstance.get() as instance:
    for _ in range(2):
        repository = found["definitions"].get_repository_def()
        with build_schedule_context(instance=instance, repository_def=repository) as context:
            asked = found["every_three_hours"].evaluate_tick(context)
        print(len(asked.run_requests), asked.skip_message)
        instance.create_run_for_job(found["clockify_many"])
"""
    done = subprocess.run(
        [DAGSTER / "python", "-c", code],
        cwd=fleet.ORCHESTRATE,
        env=fleet.around() | {"PYTHONPATH": str(fleet.ORCHESTRATE), "DAGSTER_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first == "1 None"
    assert second.startswith("0 run ")
    assert second.endswith(" is under way")
