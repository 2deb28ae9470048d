"""What the tap writes, in loaders of other people: each table holds the rows that Clockify has.

`make loaders` installs each loader into an environment of its own, `.loaders/NAME`, and names this folder.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql
from tap_clockify.streams import STREAMS

from demo.warehouse import postgres_running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from demo.warehouse import Warehouse
    from tests.conftest import Sandbox

HOUSE = Path(__file__).parents[2]
LOADERS = HOUSE / ".loaders"
SCHEMA = "clockify"
KEYS = {stream.name: stream.key for stream in STREAMS}

_COUNT_IN_DUCKDB = """
import duckdb, json, sys
connection = duckdb.connect(sys.argv[1])
query = "select table_name from information_schema.tables where table_schema = 'clockify'"
tables = [name for (name,) in connection.execute(query).fetchall()]
count = 'select count(*) from clockify."{}"'
print(json.dumps({name: connection.execute(count.format(name)).fetchone()[0] for name in tables}))
"""


def _in_duckdb(python: Path, place: Path, _: Warehouse) -> dict[str, int]:
    answer = subprocess.run([python, "-c", _COUNT_IN_DUCKDB, place], capture_output=True, check=True)
    found: dict[str, int] = json.loads(answer.stdout)
    return found


def _in_postgres(_: Path, __: Path, warehouse: Warehouse) -> dict[str, int]:
    with psycopg.connect(warehouse.uri) as connection:
        query = "select table_name from information_schema.tables where table_schema = %s"
        tables = [name for (name,) in connection.execute(query, [SCHEMA])]
        counts = {}
        for name in tables:
            count = sql.SQL("select count(*) from {}").format(sql.Identifier(SCHEMA, name))
            counts[name] = int(connection.execute(count).fetchall()[0][0])
        return counts


def _connection(warehouse: Warehouse) -> dict[str, Any]:
    parts = psycopg.conninfo.conninfo_to_dict(warehouse.uri)
    return {
        "host": parts["host"],
        "port": int(parts.get("port") or 5432),
        "user": parts["user"],
        "password": parts.get("password") or "none",
        "dbname": parts["dbname"],
    }


@dataclass(frozen=True)
class Loader:
    """A loader of somebody else.

    Attributes:
        program: Its command.
        config: Makes its settings, out of a place for its files and the warehouse.
        count: Counts the rows of each table.
    """

    program: str
    config: Callable[[Path, Warehouse], dict[str, Any]]
    count: Callable[[Path, Path, Warehouse], dict[str, int]]


_DUCKDB = Loader(
    "target-duckdb",
    # Without its metadata columns it takes the first row of a table of nothing but text for a header.
    lambda place, _: {
        "path": str(place / "loaded.duckdb"),
        "default_target_schema": SCHEMA,
        "add_metadata_columns": True,
    },
    lambda python, place, warehouse: _in_duckdb(python, place / "loaded.duckdb", warehouse),
)
LOADERS_BY_NAME = {
    "target-duckdb": _DUCKDB,
    "pipelinewise-target-postgres": Loader(
        "target-postgres",
        lambda _, warehouse: {**_connection(warehouse), "default_target_schema": SCHEMA, "hard_delete": True},
        _in_postgres,
    ),
    "meltanolabs-target-postgres": Loader(
        "target-postgres",
        lambda _, warehouse: {"sqlalchemy_url": warehouse.sqlalchemy_url, "default_target_schema": SCHEMA},
        _in_postgres,
    ),
}

VARIANTS: dict[str, dict[str, Any]] = {
    "nested": {},
    "flattened": {"flattening_enabled": True, "flattening_max_depth": 2},
    "flattened-deep": {"flattening_enabled": True, "flattening_max_depth": 10},
}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, untouched: Sandbox) -> Callable[[str], tuple[Path, Counter[str]]]:
    """What the tap writes of all streams with a variant of its settings, and the rows of each stream by their key."""
    origin = untouched.origin
    folder = tmp_path_factory.mktemp("written")
    program = Path(sys.executable).parent / "tap-clockify"
    catalog = json.loads(subprocess.run([program, "--discover"], capture_output=True, check=True).stdout)
    for stream in catalog["streams"]:
        (root,) = (entry["metadata"] for entry in stream["metadata"] if not entry["breadcrumb"])
        root["selected"] = True
    (folder / "catalog.json").write_text(json.dumps(catalog))

    def write(variant: str) -> tuple[Path, Counter[str]]:
        output = folder / f"{variant}.jsonl"
        if not output.exists():
            config = {"api_key": "sandbox-key", "api_url": f"{origin}/api/v1", "requests_per_second": 1000}
            (folder / "config.json").write_text(json.dumps(config | VARIANTS[variant]))
            command = [program, "--config", folder / "config.json", "--catalog", folder / "catalog.json"]
            with output.open("wb") as lines:
                subprocess.run(command, stdout=lines, stderr=subprocess.DEVNULL, check=True)
        messages = [json.loads(line) for line in output.read_bytes().splitlines()]
        rows = {
            (one["stream"], *(str(one["record"][name]) for name in KEYS[one["stream"]]))
            for one in messages
            if one["type"] == "RECORD"
        }
        return output, Counter(str(row[0]) for row in rows)

    return write


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    with postgres_running(tmp_path_factory.mktemp("warehouse") / "data") as warehouse:
        yield warehouse


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("name", LOADERS_BY_NAME)
def test_every_stream_arrives_whole(
    tmp_path: Path,
    postgres: Warehouse,
    written: Callable[[str], tuple[Path, Counter[str]]],
    name: str,
    variant: str,
) -> None:
    loader, programs = LOADERS_BY_NAME[name], LOADERS / name / "bin"
    assert programs.exists(), "the loaders are not installed; `make loaders` does it"
    with psycopg.connect(postgres.uri, autocommit=True) as connection:
        connection.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(SCHEMA)))
    output, expected = written(variant)
    place = tmp_path / "loaded"
    place.mkdir()
    config = tmp_path / "config.json"
    config.write_text(json.dumps(loader.config(place, postgres)))
    environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    with output.open("rb") as lines:
        run = subprocess.run(
            [programs / loader.program, "--config", config],
            stdin=lines,
            capture_output=True,
            env=environment,
            check=False,
        )
    assert run.returncode == 0, run.stderr.decode()[-2000:]
    found = {table.lower(): rows for table, rows in loader.count(programs / "python", place, postgres).items()}
    assert {stream: found.get(stream, 0) for stream in expected} == dict(expected)
