"""What a run has to keep for its own duration, on disk rather than in memory: the size of the input does not matter."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_TABLES = """
CREATE TABLE objects (
    slot INTEGER, id TEXT, list INTEGER, listed BLOB, state BLOB,
    UNIQUE (slot, id) ON CONFLICT REPLACE
);
CREATE TABLE naturals (slot INTEGER, value BLOB, id TEXT, PRIMARY KEY (slot, value, id)) WITHOUT ROWID;
CREATE TABLE waiting (place TEXT, number INTEGER, stream TEXT, epoch INTEGER, raw BLOB, reason TEXT);
CREATE INDEX waiting_for ON waiting (place);
CREATE TABLE seen (stream TEXT, key TEXT, PRIMARY KEY (stream, key)) WITHOUT ROWID;
"""


def open_scratch() -> sqlite3.Connection:
    """Return a private database in a temporary file, gone with the process."""
    scratch = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-4000", "temp_store=FILE"):
        scratch.execute(f"PRAGMA {pragma}")
    scratch.executescript(_TABLES)
    return scratch


class Waiting:
    """Records that cannot be written yet, by what each of them waits for."""

    def __init__(self, scratch: sqlite3.Connection) -> None:
        self._scratch = scratch
        self._number = 0
        self.places: dict[str, int] = {}  # how many wait, by place

    def add(self, place: str, stream: str, epoch: int, raw: bytes, reason: str) -> None:
        """Let a record wait."""
        self._number += 1
        self._scratch.execute(
            "INSERT INTO waiting VALUES (?, ?, ?, ?, ?, ?)", (place, self._number, stream, epoch, raw, reason)
        )
        self.places[place] = self.places.get(place, 0) + 1

    def release(self, places: Iterable[str]) -> list[tuple[str, int, bytes, str]]:
        """Take out those that wait for one of these, in the order in which they came: stream, epoch, record, reason."""
        found: list[tuple[int, str, int, bytes, str]] = []
        for place in places:
            if self.places.pop(place, 0):
                query = "SELECT number, stream, epoch, raw, reason FROM waiting WHERE place = ?"
                found += self._scratch.execute(query, (place,)).fetchall()
                self._scratch.execute("DELETE FROM waiting WHERE place = ?", (place,))
        return [row[1:] for row in sorted(found)]

    def release_all(self) -> list[tuple[str, int, bytes, str]]:
        """Take out everything that still waits."""
        return self.release(list(self.places))


class Seen:
    """The keys a run has met, by stream: what is missing from them is missing from the source."""

    def __init__(self, scratch: sqlite3.Connection) -> None:
        self._scratch = scratch

    def add(self, stream: str, keys: Iterable[str]) -> None:
        """Note keys."""
        self._scratch.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", ((stream, key) for key in keys))

    def has(self, stream: str, key: str) -> bool:
        """Tell whether a key came."""
        query = "SELECT 1 FROM seen WHERE stream = ? AND key = ?"
        return self._scratch.execute(query, (stream, key)).fetchone() is not None
