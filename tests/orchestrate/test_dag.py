"""The DAG of orchestrate/, run by Airflow: into PostgreSQL, through failures and deletions."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from demo.census import census
from tests.postgres import postgres_for_tests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from demo.warehouse import Warehouse

HOUSE = Path(__file__).parents[2]
PROGRAMS = Path(sys.executable).parent
AIRFLOW = HOUSE / ".venv-airflow" / "bin" / "airflow"
KEY = "a-key-nobody-may-see"
EVERYTHING = dict.fromkeys(("readings", "everything", "summary"), ("success", 1))
REFUSED = {"status": 400, "body": '{"message": "no", "code": 3000}'}


@dataclass(frozen=True)
class Run:
    """The result of a run: exit code, output, state and tries of the tasks, mapped ones by label."""

    exit_code: int
    said: str
    tasks: dict[str, tuple[str, int]]


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    with postgres_for_tests(tmp_path_factory.mktemp("warehouse") / "data") as warehouse:
        yield warehouse


@pytest.fixture
def warehouse(postgres: Warehouse, request: pytest.FixtureRequest) -> Warehouse:
    return replace(postgres, schema=request.node.name[:63])  # PostgreSQL takes no longer name


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment variables of an Airflow that has its own database."""
    assert AIRFLOW.exists(), "Airflow is not installed; `make orchestrate` does it"
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "TAP_CLOCKIFY"))
    }
    home = tmp_path_factory.mktemp("airflow")
    (home / "dags").mkdir()
    shutil.copy(HOUSE / "orchestrate" / "dags" / "clockify.py", home / "dags")
    environment |= {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DEFAULT_TASK_RETRY_DELAY": "0",
    }
    subprocess.run([AIRFLOW, "db", "migrate"], env=environment, capture_output=True, check=True)
    return environment


@pytest.fixture
def clockify(launch: Callable[..., Any]) -> Any:
    return launch(scale="tiny", api_key=KEY)


@pytest.fixture
def settings(clockify: Any, warehouse: Warehouse) -> dict[str, str]:
    return {
        "CLOCKIFY_TAP": str(PROGRAMS / "tap-clockify"),
        "CLOCKIFY_LOADER": f"{PROGRAMS / 'target-postgres'} --config=ENV",
        "TAP_CLOCKIFY_API_KEY": KEY,
        "TAP_CLOCKIFY_API_URL": clockify.api_url,
        "TARGET_POSTGRES_SQLALCHEMY_URL": warehouse.sqlalchemy_url,
        "TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA": warehouse.schema,
        "TARGET_POSTGRES_HARD_DELETE": "true",
    }


@pytest.fixture
def run(airflow: dict[str, str], settings: dict[str, str]) -> Callable[..., Run]:
    """A function that runs the DAG for an hour of a day, and checks that Airflow has stored no secret."""

    def run(hour: int = 9, **config: str) -> Run:
        command = [str(AIRFLOW), "dags", "test", "clockify", f"2026-01-31T{hour:02}:00:00"]
        finished = subprocess.run(
            [*command, *(f"--{name}={value}" for name, value in config.items())],
            env=airflow | settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=120,
        )
        kept = [file.read_bytes() for file in Path(airflow["AIRFLOW_HOME"]).rglob("*") if file.is_file()]
        for secret in (KEY, settings["TARGET_POSTGRES_SQLALCHEMY_URL"]):
            assert secret not in finished.stdout
            assert not [None for content in kept if secret.encode() in content]
        return Run(finished.returncode, finished.stdout, tasks(airflow["AIRFLOW_HOME"]))

    return run


def tasks(home: str) -> dict[str, tuple[str, int]]:
    """State and tries of the tasks of the last run."""
    with sqlite3.connect(Path(home) / "airflow.db") as database:
        rows = database.execute(
            "select coalesce(rendered_map_index, task_id), state, try_number from task_instance"
            " where run_id = (select run_id from dag_run order by id desc limit 1)"
        )
        return {name: (state, tries) for name, state, tries in rows}


def label(workspace: str) -> str:
    return f'["{workspace}"]'


def ids(warehouse: Warehouse, table: str) -> set[str]:
    with psycopg.connect(warehouse.uri) as connection:
        return {row[0] for row in connection.execute(f'select id from "{warehouse.schema}"."{table}"')}  # noqa: S608


def tag_ids(clockify: Any, workspace: int) -> set[str]:
    return {tag["id"] for tag in clockify.dump()["workspaces"][workspace]["tags"]}


def test_workspaces_are_read_one_by_one_and_tried_again_alone(
    clockify: Any, warehouse: Warehouse, run: Callable[..., Run]
) -> None:
    clockify.faults(
        [{"route": f"GET /workspaces/{clockify.workspace_id}/tags", "nth": [1, 2, 3, 4], **REFUSED}]
    )  # in every size
    done = run()
    first, second = map(label, clockify.workspace_ids)
    assert done.tasks == {
        "readings": ("success", 1),
        first: ("success", 2),
        second: ("success", 1),
        "summary": ("success", 1),
    }
    assert done.exit_code == 0
    assert warehouse.row_counts().items() <= census(clockify.dump()).items()


def test_a_failed_workspace_does_not_affect_others_and_fails_the_run(
    clockify: Any, warehouse: Warehouse, run: Callable[..., Run]
) -> None:
    clockify.faults([{"route": f"GET /workspaces/{clockify.workspace_id}/tags", **REFUSED}])
    done = run()
    first, second = map(label, clockify.workspace_ids)
    assert done.exit_code == 1
    assert done.tasks[first] == ("failed", 3)
    assert done.tasks[second] == ("success", 1)
    assert done.tasks["summary"] == ("failed", 1)
    assert "not read to the end: sync_0" in done.said
    assert ids(warehouse, "tags") == tag_ids(clockify, 1)


def test_deletions_wait_for_the_run_of_everything(clockify: Any, warehouse: Warehouse, run: Callable[..., Run]) -> None:
    assert run(hour=0).tasks == EVERYTHING
    expected = census(clockify.dump())
    assert warehouse.row_counts() == {table: expected[table] for table in warehouse.row_counts()}
    before = ids(warehouse, "tags")
    gone = min(tag_ids(clockify, 0))
    clockify.ok("DELETE", f"/workspaces/{{ws}}/tags/{gone}", key=KEY)

    assert run(hour=9).exit_code == 0
    assert ids(warehouse, "tags") == before
    assert run(conf='{"everything": true}').tasks == EVERYTHING
    assert ids(warehouse, "tags") == before - {gone}
