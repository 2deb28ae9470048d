"""The PostgreSQL of the tests: a separate server, or a running one."""

from __future__ import annotations

import os
import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg.conninfo import make_conninfo
from sqlalchemy import make_url

from demo.warehouse import Warehouse, postgres_running

if TYPE_CHECKING:
    from collections.abc import Iterator

RUNNING = "CLOCKIFY_TEST_POSTGRES"
"""Names a server, such as `postgresql://postgres:secret@127.0.0.1:5432/postgres`, whose user may create databases."""


@contextmanager
def postgres_for_tests(folder: Path) -> Iterator[Warehouse]:
    """An empty database until the block ends.

    It is in the server that the environment names, and is dropped from there. If none is named, the server from the
    wheel runs, with its data in a folder that is made.
    """
    if server := os.environ.get(RUNNING):
        with _database_of(server) as warehouse:
            yield warehouse
    else:
        with postgres_running(folder) as warehouse:
            yield warehouse


@contextmanager
def _database_of(server: str) -> Iterator[Warehouse]:
    name = f"clockify_test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    url = make_url(server).set(database=name, drivername="postgresql+psycopg").render_as_string(hide_password=False)
    try:
        yield Warehouse(make_conninfo(server, dbname=name), url, programs=Path())  # psql is on the path
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
