"""Common parts of the tests with many workspaces: a sandbox, settings, and the results of a load."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import requests

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from clockify_sandbox.testing import Origin

    from demo.warehouse import Warehouse

HOUSE = Path(__file__).parents[2]
ORCHESTRATE = HOUSE / "orchestrate"
PROGRAMS = Path(sys.executable).parent
KEYS = {"main": "sandbox-key", "other": "sandbox-admin-key"}
REFUSED: dict[str, Any] = {"status": 400, "body": '{"message": "no", "code": 3000}'}
NOT_IN_THE_PLAN: dict[str, Any] = {"status": 402, "body": '{"message": "Upgrade", "code": 402}'}
TRIES = 4  # of the tap, for a page that is refused: in every size


def found_workspaces(origin: Origin, count: int) -> list[str]:
    """Create workspaces, each with a tag, alternating between the keys; return the ids."""
    ids: list[str] = []
    for number in range(count):
        key = list(KEYS.values())[number % len(KEYS)]
        with requests.Session() as session:
            session.headers["X-Api-Key"] = key
            made = session.post(f"{origin.api_url}/workspaces", json={"name": f"Client {number}"}, timeout=30).json()
            session.post(f"{origin.api_url}/workspaces/{made['id']}/tags", json={"name": "A tag"}, timeout=30)
        ids.append(made["id"])
    return ids


def of_tags(workspace: str, fault: dict[str, Any], *, nth: Sequence[int] = ()) -> dict[str, Any]:
    """A fault of the list of tags in a workspace."""
    return {"route": f"GET /workspaces/{workspace}/tags", **({"nth": list(nth)} if nth else {}), **fault}


def catalog(folder: Path) -> Path:
    """Write a catalog of two streams: tables cost far more time than rows."""
    said = subprocess.run([PROGRAMS / "tap-clockify", "--discover"], stdout=subprocess.PIPE, check=True).stdout
    streams = [one for one in json.loads(said)["streams"] if one["tap_stream_id"] in ("workspaces", "tags")]
    path = folder / "catalog.json"
    path.write_text(json.dumps({"streams": streams}), encoding="utf-8")
    return path


def settings(origin: Origin, warehouse: Warehouse, folder: Path, states: str) -> dict[str, str]:
    """The environment of a worker."""
    return {
        "CLOCKIFY_TAP": f"{PROGRAMS / 'tap-clockify'} --catalog {catalog(folder)}",
        "CLOCKIFY_LOADER": f"{PROGRAMS / 'target-postgres'} --config=ENV",
        "CLOCKIFY_STATES": states,
        "CLOCKIFY_SCHEMA_SETTING": "TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA",
        "CLOCKIFY_KEYS": " ".join(KEYS),
        **{f"CLOCKIFY_KEY_{name.upper()}": key for name, key in KEYS.items()},
        "TAP_CLOCKIFY_API_URL": origin.api_url,
        "TAP_CLOCKIFY_REQUESTS_PER_SECOND": "1000",
        "TARGET_POSTGRES_SQLALCHEMY_URL": warehouse.sqlalchemy_url,
        "TARGET_POSTGRES_HARD_DELETE": "true",
    }


def block(start: str) -> str:
    """The block of code of the page about schedules that begins so."""
    page = (ORCHESTRATE / "README.md").read_text(encoding="utf-8")
    found = [
        text for text in re.findall(r"^```sh\n(.*?)^```", page, re.DOTALL | re.MULTILINE) if text.startswith(start)
    ]
    assert len(found) == 1, start
    return str(found[0])


def commands(program: str, start: str) -> list[list[str]]:
    """The words of each command of a program in a block of the page, without its name."""
    lines = [shlex.split(line) for line in block(f"{program} {start}").splitlines()]
    assert {words[0] for words in lines} == {program}
    return [words[1:] for words in lines]


def around() -> dict[str, str]:
    """This process' environment without what would be settings."""
    ours = ("AIRFLOW", "DAGSTER", "CLOCKIFY", "TAP_CLOCKIFY", "TARGET_POSTGRES")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def tags(warehouse: Warehouse, workspaces: Iterable[str]) -> dict[str, int]:
    """The number of tags in the schema of each workspace that has the table."""
    with psycopg.connect(warehouse.uri) as connection:
        there = {
            row[0]
            for row in connection.execute(
                "select table_schema from information_schema.tables where table_name = 'tags'"
            )
        }
        return {
            one: connection.execute(f'select count(*) from "clockify_{one}".tags').fetchone()[0]  # type: ignore[index] # noqa: S608
            for one in workspaces
            if f"clockify_{one}" in there
        }


def loads(origin: Origin) -> int:
    """How often a list of tags was requested."""
    return sum(count for route, count in origin.stats()["by_route"].items() if re.fullmatch(r"GET .*/tags", route))
