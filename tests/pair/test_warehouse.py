"""The tap and a widely used loader: PostgreSQL has the same rows as Clockify, including deletions."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import requests

from demo.census import census
from demo.sandbox import KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from demo.sandbox import Sandbox
    from demo.warehouse import Warehouse

PROGRAMS = Path(sys.executable).parent
pytestmark = pytest.mark.slow
FEW = {"clients", "tags", "time_entries"}
TIME_ENTRIES = "GET /workspaces/{ws}/user/{userId}/time-entries"


@pytest.fixture
def warehouse(postgres: Warehouse, request: pytest.FixtureRequest) -> Warehouse:
    return dataclasses.replace(postgres, schema=request.node.name[:63])  # PostgreSQL takes no longer name


@pytest.fixture
def catalog() -> dict[str, Any]:
    discovered = subprocess.run([PROGRAMS / "tap-clockify", "--discover"], capture_output=True, check=True)
    found: dict[str, Any] = json.loads(discovered.stdout)
    return found


def root(stream: dict[str, Any]) -> dict[str, Any]:
    return next(entry["metadata"] for entry in stream["metadata"] if not entry["breadcrumb"])


def selected(catalog: dict[str, Any]) -> set[str]:
    return {stream["tap_stream_id"] for stream in catalog["streams"] if root(stream)["selected"]}


@pytest.fixture
def load(
    sandbox: Sandbox, warehouse: Warehouse, tmp_path: Path, catalog: dict[str, Any]
) -> Callable[..., tuple[int, int]]:
    """Run `tap-clockify | target-postgres`; the exit codes of both."""
    source, chosen, destination = tmp_path / "tap.json", tmp_path / "catalog.json", tmp_path / "target.json"
    destination.write_text(
        json.dumps(
            {"sqlalchemy_url": warehouse.sqlalchemy_url, "default_target_schema": warehouse.schema, "hard_delete": True}
        )
    )

    def run(streams: Iterable[str] | None = None, **settings: object) -> tuple[int, int]:
        for stream in catalog["streams"]:
            if streams is not None:
                root(stream)["selected"] = stream["tap_stream_id"] in streams
        chosen.write_text(json.dumps(catalog))
        given = {"api_key": KEY, "api_url": f"{sandbox.origin}/api/v1", "requests_per_second": 1000, **settings}
        source.write_text(json.dumps(given))
        with (
            (tmp_path / "tap.log").open("w") as tap_log,
            (tmp_path / "target.log").open("w") as target_log,
            subprocess.Popen(
                [PROGRAMS / "tap-clockify", "--config", source, "--catalog", chosen],
                stdout=subprocess.PIPE,
                stderr=tap_log,
            ) as tap,
            subprocess.Popen(
                [PROGRAMS / "target-postgres", "--config", destination],
                stdin=tap.stdout,
                stdout=subprocess.DEVNULL,
                stderr=target_log,
            ) as target,
        ):
            return tap.wait(120), target.wait(120)

    return run


def call(sandbox: Sandbox, method: str, path: str, body: object = None) -> None:
    answer = requests.request(method, sandbox.origin + path, json=body, headers={"X-Api-Key": KEY}, timeout=30)
    answer.raise_for_status()


def ids(warehouse: Warehouse, table: str) -> set[str]:
    with psycopg.connect(warehouse.uri) as connection:
        return {row[0] for row in connection.execute(f'select id from "{warehouse.schema}"."{table}"')}  # noqa: S608


def delete_one_of_each(sandbox: Sandbox) -> dict[str, str]:
    """Delete a time entry, a tag and a client (archived first); return the deleted ids by stream."""
    (workspace, *_) = sandbox.dump()["workspaces"]
    root = f"/api/v1/workspaces/{workspace['id']}"
    entry = next(row for row in workspace["time_entries"] if row["timeInterval"]["end"] and not row["isLocked"])
    tag = workspace["tags"][0]
    client = next(row for row in workspace["clients"] if not row["archived"])
    call(sandbox, "DELETE", f"{root}/time-entries/{entry['id']}")
    call(sandbox, "DELETE", f"{root}/tags/{tag['id']}")
    call(sandbox, "PUT", f"{root}/clients/{client['id']}", {"name": client["name"], "archived": True})
    call(sandbox, "DELETE", f"{root}/clients/{client['id']}")
    return {"time_entries": entry["id"], "tags": tag["id"], "clients": client["id"]}


def test_every_table_holds_what_clockify_holds(
    sandbox: Sandbox, warehouse: Warehouse, load: Callable[..., tuple[int, int]], catalog: dict[str, Any]
) -> None:
    assert load() == (0, 0)
    expected = census(sandbox.dump())
    assert warehouse.row_counts() == {stream: expected[stream] for stream in sorted(selected(catalog))}


def test_streams_that_are_not_selected_by_default_are_complete(
    sandbox: Sandbox, warehouse: Warehouse, load: Callable[..., tuple[int, int]], catalog: dict[str, Any]
) -> None:
    expected = census(sandbox.dump())
    others = expected.keys() - selected(catalog)
    assert load(streams=others) == (0, 0)
    counts = warehouse.row_counts()
    assert counts.pop("shared_report_data") >= expected["shared_report_data"], "a row for each page of a report"
    assert counts == {stream: expected[stream] for stream in sorted(others - {"shared_report_data"})}


def test_deleted_rows_leave_after_a_clean_run_and_only_then(
    sandbox: Sandbox, warehouse: Warehouse, load: Callable[..., tuple[int, int]]
) -> None:
    assert load(streams=FEW) == (0, 0)
    before = warehouse.row_counts()
    deleted = delete_one_of_each(sandbox)

    refusal = {"route": TIME_ENTRIES, "nth": "every", "status": 400, "body": '{"message": "no", "code": 3000}'}
    call(sandbox, "POST", "/__sandbox/faults", [refusal])
    assert load(streams=FEW) == (0, 0), "what is refused is no failure"
    assert deleted["time_entries"] in ids(warehouse, "time_entries")
    assert warehouse.row_counts()["time_entries"] == before["time_entries"]

    call(sandbox, "POST", "/__sandbox/faults", [])
    assert load(streams=FEW) == (0, 0)
    for stream, gone in deleted.items():
        assert gone not in ids(warehouse, stream)
        assert warehouse.row_counts()[stream] == before[stream] - 1
    assert warehouse.row_counts().items() <= census(sandbox.dump()).items()


def test_narrowed_run_deletes_nothing(warehouse: Warehouse, load: Callable[..., tuple[int, int]]) -> None:
    assert load(streams=FEW) == (0, 0)
    before = warehouse.row_counts()["time_entries"]
    assert load(streams=FEW, start_date="2026-11-01T00:00:00Z") == (0, 0)
    assert warehouse.row_counts()["time_entries"] == before
