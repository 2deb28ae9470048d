"""Ledgers of cases: each case starts with the ledger at the start of its scenario."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Protocol

import sqlalchemy as sa

if TYPE_CHECKING:
    from pathlib import Path


class Ledgers(Protocol):
    """A ledger that can be saved and restored."""

    @property
    def url(self) -> str:
        """The URL of the ledger."""

    def begin(self) -> None:
        """Start with an empty ledger."""

    def keep(self, name: str) -> None:
        """Save the ledger."""

    def go_back(self, name: str) -> None:
        """Restore a saved ledger."""


class SqliteLedgers:
    """A ledger in a file of a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "ledger.db"

    @property
    def url(self) -> str:
        """The URL of the ledger."""
        return f"sqlite:///{self._path}"

    def begin(self) -> None:
        """Start with an empty ledger."""
        for old in self._folder.glob("ledger.db*"):
            old.unlink()

    def keep(self, name: str) -> None:
        """Save the ledger."""
        shutil.copy(self._path, self._folder / f"{name}.db")

    def go_back(self, name: str) -> None:
        """Restore a saved ledger."""
        self.begin()
        shutil.copy(self._folder / f"{name}.db", self._path)


class PostgresLedgers:
    """A ledger in a separate database."""

    def __init__(self, server: str) -> None:
        self._server = sa.make_url(server)
        self._engine = sa.create_engine(self._server, isolation_level="AUTOCOMMIT")

    @property
    def url(self) -> str:
        """The URL of the ledger."""
        return self._server.set(database="ledger").render_as_string(hide_password=False)

    def begin(self) -> None:
        """Start with an empty ledger."""
        self._replace("ledger", "template1")

    def keep(self, name: str) -> None:
        """Save the ledger."""
        self._replace(f"kept_{name}", "ledger")

    def go_back(self, name: str) -> None:
        """Restore a saved ledger."""
        self._replace("ledger", f"kept_{name}")

    def _replace(self, name: str, template: str) -> None:
        with self._engine.connect() as connection:
            connection.execute(sa.text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
            connection.execute(sa.text(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY'))
