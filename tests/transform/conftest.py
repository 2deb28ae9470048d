"""One small sandbox, loaded once into PostgreSQL, and the models that dbt builds of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row

from demo.sandbox import KEY, sandbox_serving
from tests.postgres import postgres_for_tests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from demo.warehouse import Warehouse

HOUSE = Path(__file__).parents[2]
PROGRAMS = Path(sys.executable).parent
DBT = HOUSE / ".meltano" / "utilities" / "dbt-clockify" / "venv" / "bin" / "dbt"

Row = dict[str, Any]


@dataclass(frozen=True)
class Models:
    """What dbt has built.

    Attributes:
        dump: Everything that the sandbox holds.
        warehouse: Where the loaded tables are.
        schema: The schema of the models.
        told: What dbt said.
    """

    dump: Row
    warehouse: Warehouse
    schema: str
    told: str

    @property
    def today(self) -> str:
        """The sandbox's day."""
        return str(self.dump["now"])[:10]

    def ask(self, question: str, *values: object) -> list[Row]:
        """The rows of a SELECT, with the schema of the models as the search path."""
        with psycopg.connect(self.warehouse.uri, row_factory=dict_row) as connection:
            connection.execute(f"set search_path to {self.schema}")
            return connection.execute(question, values or None).fetchall()


def build(warehouse: Warehouse, folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run dbt on a warehouse."""
    assert DBT.exists(), "`make install` brings dbt"
    place = conninfo_to_dict(warehouse.uri)
    environment = {
        "DBT_CLOCKIFY_HOST": place["host"],
        "DBT_CLOCKIFY_PORT": place.get("port") or 5432,
        "DBT_CLOCKIFY_USER": place["user"],
        "DBT_CLOCKIFY_PASSWORD": place.get("password") or "",
        "DBT_CLOCKIFY_DBNAME": place["dbname"],
        "DBT_CLOCKIFY_SOURCE_SCHEMA": warehouse.schema,
        "DBT_PROJECT_DIR": HOUSE / "transform",
        "DBT_PROFILES_DIR": HOUSE / "transform",
        "DBT_TARGET_PATH": folder,
        "DBT_LOG_PATH": folder,
        **{f"DBT_CLOCKIFY_{name.upper()}": value for name, value in settings.items()},
    }
    return subprocess.run(
        [DBT, "--no-use-colors", *(arguments or ["build"])],
        env=os.environ | {name: str(value) for name, value in environment.items()},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def load(api_url: str, warehouse: Warehouse, folder: Path) -> None:
    """Run `tap-clockify | target-postgres`, with what is selected by default."""
    folder.mkdir(parents=True, exist_ok=True)
    source, destination = folder / "tap.json", folder / "target.json"
    source.write_text(json.dumps({"api_key": KEY, "api_url": api_url, "requests_per_second": 1000}))
    destination.write_text(
        json.dumps({"sqlalchemy_url": warehouse.sqlalchemy_url, "default_target_schema": warehouse.schema})
    )
    with (
        (folder / "load.log").open("w") as log,
        subprocess.Popen([PROGRAMS / "tap-clockify", "--config", source], stdout=subprocess.PIPE, stderr=log) as tap,
        subprocess.Popen(
            [PROGRAMS / "target-postgres", "--config", destination],
            stdin=tap.stdout,
            stdout=subprocess.DEVNULL,
            stderr=log,
        ) as target,
    ):
        assert (tap.wait(240), target.wait(240)) == (0, 0), (folder / "load.log").read_text()[-2000:]


@contextmanager
def modelled(folder: Path, **options: Any) -> Iterator[Models]:
    """Load a sandbox with these options, and build the models."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        sandbox_serving(folder / "sandbox.log", **options) as sandbox,
        postgres_for_tests(folder / "data") as warehouse,
    ):
        dump = sandbox.dump()
        load(f"{sandbox.origin}/api/v1", warehouse, folder)
        built = build(warehouse, folder / "dbt", as_of=dump["now"][:10])
        assert built.returncode == 0, built.stdout[-4000:]
        yield Models(dump, warehouse, "clockify", built.stdout)


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Models]:
    with modelled(tmp_path_factory.mktemp("tiny"), scale="tiny") as found:
        yield found


@pytest.fixture(scope="session")
def without_streams(models: Models, tmp_path_factory: pytest.TempPathFactory) -> Models:
    """Models over a schema in which only time entries and projects were loaded."""
    schema = "few"
    with psycopg.connect(models.warehouse.uri) as connection:
        connection.execute(f"create schema {schema}")
        for table in ("time_entries", "projects"):
            connection.execute(f"create table {schema}.{table} as table {models.warehouse.schema}.{table}")
    folder = tmp_path_factory.mktemp("few")
    built = build(replace(models.warehouse, schema=schema), folder, "run", as_of=models.today, schema="few_models")
    assert built.returncode == 0, built.stdout[-4000:]
    return replace(models, schema="few_models", told=built.stdout)
