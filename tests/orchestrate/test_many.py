"""The DAG for thousands of workspaces, run by an Airflow with all its parts: Celery, two workers, a pool, retries.

`make orchestrate WORKSPACES=1500` runs it with that many.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from clockify_sandbox.testing import SandboxProcess
from psycopg.conninfo import conninfo_to_dict

from demo.warehouse import Warehouse, postgres_running
from tests.orchestrate import fleet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AIRFLOW = fleet.HOUSE / ".venv-airflow" / "bin" / "airflow"
WORKSPACES = int(os.environ.get("WORKSPACES", "120"))
BATCH = 20 if WORKSPACES < 1000 else 50
PATIENCE = 120 + 3 * WORKSPACES  # seconds; a run takes a tenth of it
SERVICES = {
    "api-server": ["api-server"],
    "scheduler": ["scheduler"],
    "dag-processor": ["dag-processor"],
    **{
        name: ["celery", "worker", "--concurrency", "1", "--skip-serve-logs", "--celery-hostname", f"{name}@test"]
        for name in ("first", "second")
    },
}


@dataclass(frozen=True)
class Installation:
    """An Airflow that runs.

    Attributes:
        uri: Its database.
        home: Where its logs are.
        environment: That of its command line.
    """

    uri: str
    home: Path
    environment: dict[str, str]

    def command(self, *arguments: str) -> str:
        done = subprocess.run([AIRFLOW, *arguments], env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.uri) as connection:
            return connection.execute(query.encode()).fetchall()

    def wait_for(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the database until there are rows."""
        last = time.monotonic() + PATIENCE
        while not (rows := self.rows(query)):
            assert time.monotonic() < last, self.rows("select task_id, state from task_instance")
            time.sleep(0.5)
        return rows

    def logged(self, task: str) -> str:
        """Everything in the logs of a task."""
        return "\n".join(
            path.read_text() for path in (self.home / "logs").rglob("*.log") if f"task_id={task}" in str(path)
        )


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    with postgres_running(tmp_path_factory.mktemp("warehouse") / "data") as warehouse:
        yield warehouse


@pytest.fixture(scope="module")
def origin() -> Iterator[Any]:
    with SandboxProcess(scale="tiny") as running:
        yield running


@pytest.fixture(scope="module")
def workspaces(origin: Any) -> list[str]:
    """Those of the world, both keys see the first; and many that one key sees."""
    there: list[str] = origin.workspace_ids
    return [*there, *fleet.found_workspaces(origin, WORKSPACES - len(there))]


def free_port() -> int:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture(scope="module")
def airflow(postgres: Warehouse, origin: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Airflow with the executor of Celery. Each worker has its own folders, and only the workers have the settings."""
    folder = tmp_path_factory.mktemp("airflow")
    with psycopg.connect(postgres.uri, autocommit=True) as connection:
        connection.execute("create database airflow")
        connection.execute("create database states")
    host = conninfo_to_dict(postgres.uri)["host"]
    database = f"//postgres:@/airflow?host={host}"
    port = free_port()
    shutil.copytree(fleet.ORCHESTRATE / "clockify_fleet", folder / "dags" / "clockify_fleet")
    shutil.copy(fleet.ORCHESTRATE / "dags" / "clockify_many.py", folder / "dags")
    around = fleet.around() | {
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW__CORE__DAGS_FOLDER": str(folder / "dags"),
        "AIRFLOW__CORE__DEFAULT_TASK_RETRY_DELAY": "0",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": "False",  # soon after a full third hour it would start a run of its own
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API_AUTH__JWT_SECRET": "of-this-test-and-long-enough-for-a-signature-of-sixty-four-bytes",
        "AIRFLOW__CELERY__BROKER_URL": f"sqla+sqlite:///{folder}/broker.db",
        "AIRFLOW__CELERY__RESULT_BACKEND": f"db+postgresql+psycopg:{database}",
        "AIRFLOW__CELERY__WORKER_ENABLE_REMOTE_CONTROL": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"postgresql+psycopg:{database}",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": f"postgresql+psycopg_async:{database}",
        "CLOCKIFY_KEYS": " ".join(fleet.KEYS),
        "CLOCKIFY_BATCH": str(BATCH),
        "PYTHONDONTWRITEBYTECODE": "",
    }
    installation = Installation(f"postgresql:{database}", folder, around)
    installation.command("db", "migrate")
    settings = fleet.settings(origin, postgres, folder, f"postgresql+psycopg://postgres:@/states?host={host}")
    running: dict[str, subprocess.Popen[bytes]] = {}
    with ExitStack() as stack:
        for name, arguments in SERVICES.items():
            if name == "second":
                wait_for_queue(folder / "broker.db")
            own = settings if "celery" in arguments else {}
            (folder / name).mkdir()
            log = stack.enter_context((folder / f"{name}.out").open("wb"))
            process = subprocess.Popen(
                [AIRFLOW, *arguments],
                env=around | own | {"TMPDIR": str(folder / name)},
                cwd=folder / name,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            stack.callback(end, process)
            running[name] = process
        yield installation
        assert [name for name, process in running.items() if process.poll() is not None] == []


def wait_for_queue(broker: Path) -> None:
    """Wait for the queue of the first worker: two workers that create it at once disturb each other in SQLite."""
    last = time.monotonic() + PATIENCE
    while True:
        with suppress(sqlite3.Error), closing(sqlite3.connect(f"file:{broker}?mode=ro", uri=True)) as connection:
            if connection.execute("SELECT 1 FROM kombu_queue WHERE name = 'default'").fetchone():
                return
        assert time.monotonic() < last, "no worker has created its queue"
        time.sleep(0.2)


def end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_many_workspaces(airflow: Installation, origin: Any, postgres: Warehouse, workspaces: list[str]) -> None:
    """Load them all, but for what cannot be loaded."""
    unplanned, later, failing = workspaces[5], workspaces[BATCH + 5], workspaces[-1]
    origin.faults(
        [
            fleet.of_tags(unplanned, fleet.NOT_IN_THE_PLAN),
            fleet.of_tags(later, fleet.REFUSED, nth=range(1, fleet.TRIES + 1)),
            fleet.of_tags(failing, fleet.REFUSED),
        ]
    )
    origin.reset_stats()
    airflow.wait_for("select dag_id from dag where dag_id = 'clockify_many' and is_paused")
    commands = fleet.commands("airflow", "pools")
    assert [words[:2] for words in commands] == [["pools", "set"], ["dags", "unpause"], ["dags", "trigger"]]
    for words in commands:
        airflow.command(*words)
    ((run, state),) = airflow.wait_for("select run_id, state from dag_run where state in ('success', 'failed')")

    # One batch is not done, every other one is; one of them needed a second try.
    assert state == "failed"
    tasks = airflow.rows("select task_id, map_index, state, try_number, pool, hostname from task_instance")
    loads = [one for one in tasks if one[0].endswith(".load")]
    per_key = [WORKSPACES // 2 + 1, WORKSPACES // 2 - 1]
    assert len(loads) == sum(-(-count // BATCH) for count in per_key)
    assert {one[4] for one in loads} == {"clockify"}
    outcomes = sorted((one[2], one[3]) for one in loads)
    assert outcomes == [("failed", 3), *[("success", 1)] * (len(loads) - 2), ("success", 2)]

    # What failed is named, with its line, by its batch and by the run.
    last = airflow.logged("summary")
    assert f"{failing}: the tap ended with 1: tags " in last
    told = airflow.logged("main.load") + airflow.logged("other.load")
    assert " workspaces are not loaded:" in told
    assert f"{unplanned}: " in told
    assert "not permitted on this plan" in told
    assert not [one for one in workspaces if one != failing and one in last]

    # Every other one is loaded, and exactly once.
    counted = fleet.tags(postgres, workspaces)
    assert len(counted) >= WORKSPACES - 2
    assert not [one for one in workspaces[2:] if counted.get(one) != 1 and one not in (unplanned, failing)]
    again = (fleet.TRIES + 1) - 1 + 3 * fleet.TRIES - 1
    assert fleet.loads(origin) == WORKSPACES + again
    with psycopg.connect(postgres.uri, dbname="states") as connection:
        records = {one: json.loads(record) for one, record in connection.execute("select * from clockify_states")}
    assert {one for one, record in records.items() if record["run"] == f"{run} 0"} == set(workspaces) - {failing}

    # Airflow has seen no key.
    kept = [
        str(row)
        for table in ("xcom", "rendered_task_instance_fields", "serialized_dag")
        for row in airflow.rows(f"select * from {table}")  # noqa: S608 - our own three names
    ]
    kept += [
        path.read_text(errors="replace")
        for path in airflow.home.rglob("*")
        if path.is_file() and path.suffix in (".log", ".out")
    ]
    assert not [one for one in kept for key in fleet.KEYS.values() if key in one]
