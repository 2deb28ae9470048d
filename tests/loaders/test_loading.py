"""The tap's output in third-party loaders: each table has the rows and values of Clockify.

`make loaders` installs each loader into its own environment, `.loaders/NAME`, and names this folder.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql
from tap_clockify.streams import STREAMS

from tests.loaders.readers import BUCKET, IN_BIGQUERY, SCHEMA, column, in_duckdb, in_parquet, in_postgres, meaning
from tests.postgres import postgres_for_tests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from demo.warehouse import Warehouse
    from tests.conftest import Sandbox
    from tests.loaders.readers import Tables

HOUSE = Path(__file__).parents[2]
LOADERS = HOUSE / ".loaders"
KEYS = {stream.name: stream.key for stream in STREAMS}
VARIANTS: dict[str, dict[str, Any]] = {
    "nested": {},
    "flattened": {"flattening_enabled": True, "flattening_max_depth": 2},
    "flattened-deep": {"flattening_enabled": True, "flattening_max_depth": 10},
}
Rows = dict[str, dict[tuple[str, ...], dict[str, Any]]]
"""Of each stream, the record of each key."""


@dataclass(frozen=True)
class Stage:
    """Where a loader runs: its programs, a place for its files, the warehouse, and the address of its service."""

    programs: Path
    place: Path
    warehouse: Warehouse
    address: str = ""


@dataclass(frozen=True)
class Loader:
    """A third-party loader.

    Attributes:
        program: Its command.
        config: Returns its settings.
        tables: Reads its tables.
        variants: Variants of the tap's settings.
        service: Runs what it loads into, where that is neither a file nor PostgreSQL.
        alters: Prefixes of the names of fields that it changes.
    """

    program: str
    config: Callable[[Stage], dict[str, Any]]
    tables: Callable[[Stage], Tables]
    variants: tuple[str, ...] = tuple(VARIANTS)
    service: Callable[[Path], AbstractContextManager[str]] = lambda _: nullcontext("")
    alters: tuple[str, ...] = ()


def _connection(warehouse: Warehouse) -> dict[str, Any]:
    parts = psycopg.conninfo.conninfo_to_dict(warehouse.uri)
    return {
        "host": parts["host"],
        "port": int(parts.get("port") or 5432),
        "user": parts["user"],
        "password": parts.get("password") or "none",
        "dbname": parts["dbname"],
    }


@contextmanager
def _object_store(programs: Path) -> Iterator[str]:
    """Run an object store on a free port of this machine, with an empty bucket."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command: list[str | Path] = [programs / "moto_server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert process.poll() is None, "the object store has ended"
                time.sleep(0.1)
        request = urllib.request.Request(f"{address}/{BUCKET}", method="PUT")  # noqa: S310  our own loopback address
        urllib.request.urlopen(request, timeout=30).close()  # noqa: S310
        yield address
    finally:
        process.terminate()
        process.wait()


def _bucket(stage: Stage) -> dict[str, Any]:
    return {
        "format": {"format_type": "parquet"},
        "compression": "none",
        "prefix": SCHEMA,
        "cloud_provider": {
            "cloud_provider_type": "aws",
            "aws": {
                "aws_access_key_id": "none",
                "aws_secret_access_key": "none",
                "aws_region": "us-east-1",
                "aws_bucket": BUCKET,
                "aws_endpoint_override": stage.address,
            },
        },
    }


LOADERS_BY_NAME = {
    "target-duckdb": Loader(
        "target-duckdb",
        # Without its metadata columns it takes the first row of a table of nothing but text for a header; with DuckDB
        # 1.3 or newer it does so with every table.
        lambda stage: {
            "path": str(stage.place / "loaded.duckdb"),
            "default_target_schema": SCHEMA,
            "add_metadata_columns": True,
        },
        lambda stage: in_duckdb(stage.programs / "python", stage.place / "loaded.duckdb"),
    ),
    "pipelinewise-target-postgres": Loader(
        "target-postgres",
        lambda stage: {**_connection(stage.warehouse), "default_target_schema": SCHEMA, "hard_delete": True},
        lambda stage: in_postgres(stage.warehouse),
        # It leaves out the offset of a moment. All are in UTC but those of this report.
        alters=("report_detailed.timeInterval",),
    ),
    "meltanolabs-target-postgres": Loader(
        "target-postgres",
        lambda stage: {"sqlalchemy_url": stage.warehouse.sqlalchemy_url, "default_target_schema": SCHEMA},
        lambda stage: in_postgres(stage.warehouse),
    ),
    "plinxore-target-s3": Loader(
        "target-s3",
        _bucket,
        lambda stage: in_parquet(stage.programs / "python", stage.address),
        # Values of custom fields keep their own types inside an array, of which a column of Parquet has but one.
        ("flattened",),
        _object_store,
    ),
}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, untouched: Sandbox) -> Callable[[str], tuple[Path, Rows]]:
    """What the tap writes of all streams with a variant of its settings, and the rows of each stream by their key."""
    origin = untouched.origin
    folder = tmp_path_factory.mktemp("written")
    program = Path(sys.executable).parent / "tap-clockify"
    catalog = json.loads(subprocess.run([program, "--discover"], capture_output=True, check=True).stdout)
    for stream in catalog["streams"]:
        (root,) = (entry["metadata"] for entry in stream["metadata"] if not entry["breadcrumb"])
        root["selected"] = True
    (folder / "catalog.json").write_text(json.dumps(catalog))

    def write(variant: str) -> tuple[Path, Rows]:
        output = folder / f"{variant}.jsonl"
        if not output.exists():
            config = {"api_key": "sandbox-key", "api_url": f"{origin}/api/v1", "requests_per_second": 1000}
            (folder / "config.json").write_text(json.dumps(config | VARIANTS[variant]))
            command: list[str | Path] = [
                program,
                "--config",
                folder / "config.json",
                "--catalog",
                folder / "catalog.json",
            ]
            with output.open("wb") as lines:
                subprocess.run(command, stdout=lines, stderr=subprocess.DEVNULL, check=True)
        rows: Rows = {}
        for message in map(json.loads, output.read_bytes().splitlines()):
            if message["type"] == "RECORD":
                key = tuple(str(meaning(message["record"][name])) for name in KEYS[message["stream"]])
                rows.setdefault(message["stream"], {})[key] = message["record"]
        return output, rows

    return write


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    with postgres_for_tests(tmp_path_factory.mktemp("warehouse") / "data") as warehouse:
        yield warehouse


def _differences(tables: Tables, written: Rows) -> list[str]:
    """Return what differs between the tables of a loader and the rows that were written, field by field."""
    found = {name.lower(): rows for name, rows in tables.items()}
    differences = []
    for stream, rows in written.items():
        kept = {}
        for row in found.get(stream, []):
            named = {column(name): value for name, value in row.items()}
            kept[tuple(str(meaning(named[column(name)])) for name in KEYS[stream])] = named
        if len(found.get(stream, [])) != len(rows) or kept.keys() != rows.keys():
            differences.append(f"{stream}: {len(found.get(stream, []))} rows of {len(rows)}")
            continue
        for key, record in rows.items():
            for name, value in record.items():
                have, expected = meaning(kept[key].get(column(name))), meaning(value)
                if have != expected and (have or expected):
                    differences.append(f"{stream}.{name}: {have!r} instead of {expected!r}")
    return differences


@pytest.mark.parametrize(
    ("name", "variant"), [(name, variant) for name, one in LOADERS_BY_NAME.items() for variant in one.variants]
)
def test_every_stream_arrives_whole_and_with_its_values(
    tmp_path: Path, postgres: Warehouse, written: Callable[[str], tuple[Path, Rows]], name: str, variant: str
) -> None:
    loader, programs = LOADERS_BY_NAME[name], LOADERS / name / "bin"
    assert programs.exists(), "the loaders are not installed; `make loaders` does it"
    with psycopg.connect(postgres.uri, autocommit=True) as connection:
        connection.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(SCHEMA)))
    output, expected = written(variant)
    place = tmp_path / "loaded"
    place.mkdir()
    with loader.service(programs) as address:
        stage = Stage(programs, place, postgres, address)
        config = tmp_path / "config.json"
        config.write_text(json.dumps(loader.config(stage)))
        environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
        with output.open("rb") as lines:
            command: list[str | Path] = [programs / loader.program, "--config", config]
            run = subprocess.run(command, stdin=lines, capture_output=True, env=environment, check=False)
        assert run.returncode == 0, run.stderr.decode()[-2000:]
        found = _differences(loader.tables(stage), expected)
        assert [one for one in found if not one.startswith(loader.alters)] == []


_BIGQUERY = "z3-target-bigquery"
_COLUMN = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,299}")
_DEPTH = 15  # of nested records in BigQuery


def _flaws(fields: list[Any], path: str, depth: int = 0) -> Iterator[str]:
    """Yield what BigQuery would refuse in the columns of a table or of a record."""
    names = [name.lower() for name, *_ in fields]
    if len(set(names)) < len(names):
        yield f"{path}: names that differ in case alone"
    if depth > _DEPTH:
        yield f"{path}: nested too deeply"
    for name, kind, _, inner in fields:
        if not _COLUMN.fullmatch(name) or name.upper().startswith(("_TABLE_", "_FILE_", "_PARTITION")):
            yield f"{path}.{name}: no name of a column"
        if kind == "RECORD":
            if not inner:
                yield f"{path}.{name}: a record of nothing"
            yield from _flaws(inner, f"{path}.{name}", depth + 1)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_bigquery_loader_translates_every_schema_and_packs_flat_rows(
    written: Callable[[str], tuple[Path, Rows]], variant: str
) -> None:
    python = LOADERS / _BIGQUERY / "bin" / "python"
    assert python.exists(), "the loaders are not installed; `make loaders` does it"
    output, expected = written(variant)
    with output.open("rb") as lines:
        command: list[str | Path] = [python, "-c", IN_BIGQUERY, "schemas" if variant == "nested" else "values"]
        run = subprocess.run(command, stdin=lines, capture_output=True, check=False)
    assert run.returncode == 0, run.stderr.decode()[-2000:]
    answer = json.loads(run.stdout)
    assert set(answer["translated"]) == set(KEYS)
    assert [flaw for name, both in answer["translated"].items() for one in both for flaw in _flaws(one, name)] == []
    assert variant == "nested" or _differences(answer["tables"], expected) == []
