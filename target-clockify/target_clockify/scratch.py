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
    """Return a private database with the temporary tables of a run."""
    scratch = open_private()
    scratch.executescript(_TABLES)
    return scratch


def open_private() -> sqlite3.Connection:
    """Return an empty database in a temporary file that is deleted when the process ends."""
    scratch = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    for pragma in ("page_size=32768", "journal_mode=OFF", "synchronous=OFF", "cache_size=-4000", "temp_store=FILE"):
        scratch.execute(f"PRAGMA {pragma}")
    return scratch


class Taken(NamedTuple):
    """A received record: its number, its stream, the number of STATE messages before it, and its JSON.

    `origin` holds, as JSON lines, the records that it was made from by a stream map or by merging older records of its
    key; empty if it is unchanged.
    """

    number: int
    stream: str
    epoch: int
    raw: bytes
    origin: bytes = b""


class Seen:
    """The keys in the input of a run, by stream, and the newest record of each."""

    def __init__(self, scratch: sqlite3.Connection) -> None:
        self._scratch = scratch

    def add(self, records: Iterable[tuple[str, str, int, bool]]) -> None:
        """Add records: key, stream, number, and whether the record is not a deletion."""
        self._scratch.execute("BEGIN")
        self._scratch.executemany(
            "INSERT INTO seen VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET number = excluded.number, "
            "live = excluded.live WHERE excluded.number >= number",
            sorted(records),  # neighbours in the index are on one database page
        )
        self._scratch.execute("COMMIT")

    def has(self, stream: str, key: str) -> bool:
        """Return whether a key is in the input."""
        query = "SELECT 1 FROM seen WHERE key = ? AND stream = ?"
        return self._scratch.execute(query, (key, stream)).fetchone() is not None

    def is_live(self, stream: str, key: str) -> bool:
        """Return whether a key is in the input, and its newest record is not a deletion."""
        query = "SELECT 1 FROM seen WHERE key = ? AND stream = ? AND live"
        return self._scratch.execute(query, (key, stream)).fetchone() is not None

    def claim(self, name: str, object_id: str, stream: str, key: str) -> None:
        """Record that a record claims an object."""
        self._scratch.execute("INSERT OR IGNORE INTO claims VALUES (?, ?, ?, ?)", (name, object_id, stream, key))

    def is_claimed(self, name: str, object_id: str) -> bool:
        """Return whether a record of the input claims an object."""
        return bool(self.claimants(name, object_id))

    def claimants(self, name: str, object_id: str) -> list[tuple[str, str]]:
        """Return stream and key of the records that claim an object and are not deletions."""
        claimed = self._scratch.execute("SELECT stream, key FROM claims WHERE object = ? AND id = ?", (name, object_id))
        itself = self._scratch.execute("SELECT stream, key FROM seen WHERE key = ?", (object_id,))
        return [one for one in (*claimed.fetchall(), *itself.fetchall()) if self.is_live(*one)]
