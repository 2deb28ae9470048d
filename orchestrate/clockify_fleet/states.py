"""Stores STATE per workspace where every worker can read it: object storage, a database, or a folder on one machine.

A record is one object or row. It is written after the loader has ended successfully, so a killed worker leaves the
record of the previous run. It also names the run that loaded the workspace, so that a task can be retried on any
machine and continues where it failed.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

_DATABASES = {"postgresql", "mysql", "mariadb", "sqlite", "mssql", "oracle"}


@dataclass(frozen=True)
class Record:
    """The stored data about a workspace.

    Attributes:
        state: The value of the last STATE that the loader has confirmed; None before the first load.
        run: The run in which tap and loader last ended well; empty before the first.
        loaded_at: The time of that, in UTC and ISO 8601.
    """

    state: dict[str, Any] | None = None
    run: str = ""
    loaded_at: str = ""


class BrokenRecordError(Exception):
    """A record exists but cannot be read; without its STATE it is not known what the schema has covered."""

    def __str__(self) -> str:
        return "its record in CLOCKIFY_STATES cannot be read; mend it, or remove it to begin with an empty STATE"


class States(Protocol):
    """A store of records."""

    def read(self, workspace: str) -> Record:
        """Return the record of a workspace, an empty one if there is none.

        Raises:
            BrokenRecordError: The record cannot be read.
        """
        ...

    def write(self, workspace: str, record: Record) -> None:
        """Replace the record of a workspace."""
        ...


def states_at(uri: str) -> States:
    """Open the store of a URI: a database, a folder (a path or `file://`), or any URI that fsspec supports."""
    scheme, separator, rest = uri.partition("://")
    if separator and scheme.split("+")[0] in _DATABASES:
        return _Rows(uri)
    if not separator or scheme == "file":
        return _Files(Path(rest if separator else uri))
    return _Objects(uri)


def _text(record: Record) -> str:
    return json.dumps(asdict(record))


def _record(text: str | bytes) -> Record:
    try:
        return Record(**json.loads(text))
    except (ValueError, TypeError):
        raise BrokenRecordError from None


class _Files:
    """One file for each workspace; a new file replaces the old one when it is complete and on disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, workspace: str) -> Record:
        try:
            return _record(self._path(workspace).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return Record()

    def write(self, workspace: str, record: Record) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=self._folder, suffix=".new", encoding="utf-8", delete=False) as new:
            new.write(_text(record))
            new.flush()
            os.fsync(new.fileno())
        Path(new.name).replace(self._path(workspace))

    def _path(self, workspace: str) -> Path:
        return self._folder / f"{workspace}.json"


class _Objects:
    """One object for each workspace; object stores replace an object only when the new one is complete."""

    def __init__(self, uri: str) -> None:
        from fsspec.core import url_to_fs  # noqa: PLC0415 - only who uses it needs it

        self._store, self._root = url_to_fs(uri.rstrip("/"), use_listings_cache=False)

    def read(self, workspace: str) -> Record:
        try:
            return _record(self._store.cat_file(self._path(workspace)))
        except FileNotFoundError:
            return Record()

    def write(self, workspace: str, record: Record) -> None:
        self._store.pipe_file(self._path(workspace), _text(record).encode())

    def _path(self, workspace: str) -> str:
        return f"{self._root}/{workspace}.json"


class _Rows:
    """One row for each workspace in the table `clockify_states`, which is created if it is missing."""

    def __init__(self, uri: str) -> None:
        import sqlalchemy  # noqa: PLC0415 - only who uses it needs it

        self._sql = sqlalchemy
        self._engine = sqlalchemy.create_engine(uri, poolclass=sqlalchemy.NullPool)
        self._table = sqlalchemy.Table(
            "clockify_states",
            sqlalchemy.MetaData(),
            sqlalchemy.Column("workspace", sqlalchemy.String(64), primary_key=True),
            sqlalchemy.Column("record", sqlalchemy.Text, nullable=False),
        )
        try:
            self._table.create(self._engine, checkfirst=True)
        except sqlalchemy.exc.DBAPIError:  # another worker has created it at the same time
            if not sqlalchemy.inspect(self._engine).has_table(self._table.name):
                raise

    def read(self, workspace: str) -> Record:
        query = self._sql.select(self._table.c.record).where(self._table.c.workspace == workspace)
        with self._engine.connect() as connection:
            text = connection.execute(query).scalar_one_or_none()
        return _record(text) if text else Record()

    def write(self, workspace: str, record: Record) -> None:
        this = self._table.c.workspace == workspace
        with self._engine.begin() as connection:
            changed = connection.execute(self._table.update().where(this).values(record=_text(record)))
            if not changed.rowcount:
                connection.execute(self._table.insert().values(workspace=workspace, record=_text(record)))
