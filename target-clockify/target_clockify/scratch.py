"""Temporary tables of a run, on disk, so that memory does not grow with the input."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

_TABLES = """
CREATE TABLE objects (
    slot INTEGER, id TEXT, list INTEGER, listed BLOB, state BLOB,
    UNIQUE (slot, id) ON CONFLICT REPLACE
);
CREATE TABLE naturals (slot INTEGER, value BLOB, id TEXT, PRIMARY KEY (slot, value, id)) WITHOUT ROWID;
CREATE TABLE waiting (
    what TEXT, name TEXT, value TEXT,
    number INTEGER, stream TEXT, epoch INTEGER, raw BLOB, origin BLOB, reason TEXT, own_stream TEXT, own_key TEXT
);
CREATE INDEX waiting_for ON waiting (what, name, value);
CREATE INDEX waiting_by_key ON waiting (own_key, own_stream);
CREATE TABLE seen (key TEXT, stream TEXT, number INTEGER, live INTEGER, PRIMARY KEY (key, stream)) WITHOUT ROWID;
CREATE TABLE sheets (stream TEXT, number INTEGER, epoch INTEGER, raw BLOB, origin BLOB, PRIMARY KEY (stream, number));
CREATE TABLE work (stream TEXT, number INTEGER, epoch INTEGER, origin BLOB, said BLOB, PRIMARY KEY (stream, number));
CREATE TABLE contents (stream TEXT, file TEXT, content BLOB, count INTEGER, PRIMARY KEY (stream, content, file))
WITHOUT ROWID;
CREATE TABLE made (stream TEXT, key TEXT, PRIMARY KEY (stream, key)) WITHOUT ROWID;
CREATE TABLE stacks (stream TEXT, person TEXT, day TEXT, until TEXT, PRIMARY KEY (stream, person, day)) WITHOUT ROWID;
CREATE TABLE claims (object TEXT, id TEXT, stream TEXT, key TEXT, PRIMARY KEY (object, id, stream, key)) WITHOUT ROWID;
"""


def open_scratch() -> sqlite3.Connection:
    """Return a private database for what a run looks at."""
    scratch = open_private()
    scratch.executescript(_TABLES)
    return scratch


def open_private() -> sqlite3.Connection:
    """Return an empty database in a temporary file, gone with the process."""
    scratch = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    for pragma in ("page_size=32768", "journal_mode=OFF", "synchronous=OFF", "cache_size=-4000", "temp_store=FILE"):
        scratch.execute(f"PRAGMA {pragma}")
    return scratch


class Taken(NamedTuple):
    """A record as it was taken in: its number, its stream, the number of STATE messages before it, and its JSON.

    `origin` is what it was made of by a stream map or from older records of its key, as JSON lines; empty if that is
    the record itself.
    """

    number: int
    stream: str
    epoch: int
    raw: bytes
    origin: bytes = b""


class Seen:
    """The keys a run has met, by stream, and which of their records is the newest."""

    def __init__(self, scratch: sqlite3.Connection) -> None:
        self._scratch = scratch

    def add(self, records: Iterable[tuple[str, str, int, bool]]) -> None:
        """Note records: key, stream, number, and whether it is not marked as deleted."""
        self._scratch.execute("BEGIN")
        self._scratch.executemany(
            "INSERT INTO seen VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET number = excluded.number, "
            "live = excluded.live WHERE excluded.number >= number",
            sorted(records),  # neighbours in the index lie on one page
        )
        self._scratch.execute("COMMIT")

    def has(self, stream: str, key: str) -> bool:
        """Return whether a key came."""
        query = "SELECT 1 FROM seen WHERE key = ? AND stream = ?"
        return self._scratch.execute(query, (key, stream)).fetchone() is not None

    def is_live(self, stream: str, key: str) -> bool:
        """Return whether a key came, and not as deleted."""
        query = "SELECT 1 FROM seen WHERE key = ? AND stream = ? AND live"
        return self._scratch.execute(query, (key, stream)).fetchone() is not None

    def claim(self, name: str, object_id: str, stream: str, key: str) -> None:
        """Note that a record stands for an object."""
        self._scratch.execute("INSERT OR IGNORE INTO claims VALUES (?, ?, ?, ?)", (name, object_id, stream, key))

    def is_claimed(self, name: str, object_id: str) -> bool:
        """Return whether a record that came stands for an object."""
        return bool(self.claimants(name, object_id))

    def claimants(self, name: str, object_id: str) -> list[tuple[str, str]]:
        """Return stream and key of the records that name an object and are not marked as deleted."""
        claimed = self._scratch.execute("SELECT stream, key FROM claims WHERE object = ? AND id = ?", (name, object_id))
        itself = self._scratch.execute("SELECT stream, key FROM seen WHERE key = ?", (object_id,))
        return [one for one in (*claimed.fetchall(), *itself.fetchall()) if self.is_live(*one)]
