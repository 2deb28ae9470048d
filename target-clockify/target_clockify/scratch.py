"""What a run has to keep for its own duration, on disk rather than in memory: the size of the input does not matter."""

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
    place TEXT, number INTEGER, stream TEXT, epoch INTEGER, raw BLOB, reason TEXT, name TEXT, key TEXT
);
CREATE INDEX waiting_for ON waiting (place);
CREATE INDEX waiting_by_key ON waiting (key, name);
CREATE TABLE seen (key TEXT, stream TEXT, number INTEGER, live INTEGER, PRIMARY KEY (key, stream)) WITHOUT ROWID;
CREATE TABLE claims (object TEXT, id TEXT, stream TEXT, key TEXT, PRIMARY KEY (object, id, stream, key)) WITHOUT ROWID;
"""


def open_scratch() -> sqlite3.Connection:
    """Return a private database in a temporary file, gone with the process."""
    scratch = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-4000", "temp_store=FILE"):
        scratch.execute(f"PRAGMA {pragma}")
    scratch.executescript(_TABLES)
    return scratch


class Taken(NamedTuple):
    """A record as it was taken in: its number, its stream, the number of STATE messages before it, and its JSON."""

    number: int
    stream: str
    epoch: int
    raw: bytes


class Waiting:
    """Records that cannot be written yet, by what each of them waits for."""

    def __init__(self, scratch: sqlite3.Connection) -> None:
        self._scratch = scratch
        self.places: dict[str, int] = {}  # how many wait, by place

    def add(self, place: str, taken: Taken, reason: str, identity: tuple[str, str]) -> None:
        """Let a record, known by a stream and a key, wait."""
        self._scratch.execute("INSERT INTO waiting VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (place, *taken, reason, *identity))
        self.places[place] = self.places.get(place, 0) + 1

    def take(self, name: str, key: str) -> list[Taken]:
        """Take out the records of a stream and a key, whatever they wait for."""
        if not self.places:
            return []
        query = "SELECT place, number, stream, epoch, raw FROM waiting WHERE key = ? AND name = ?"
        found = self._scratch.execute(query, (key, name)).fetchall()
        for place, *_ in found:
            self.places[place] -= 1
            if not self.places[place]:
                del self.places[place]
        if found:
            self._scratch.execute("DELETE FROM waiting WHERE key = ? AND name = ?", (key, name))
        return [Taken(*row[1:]) for row in found]

    def release(self, places: Iterable[str]) -> list[tuple[Taken, str]]:
        """Take out those that wait for one of these, in the order in which they came, each with its reason."""
        found: list[tuple[int, str, int, bytes, str]] = []
        for place in places:
            if self.places.pop(place, 0):
                query = "SELECT number, stream, epoch, raw, reason FROM waiting WHERE place = ?"
                found += self._scratch.execute(query, (place,)).fetchall()
                self._scratch.execute("DELETE FROM waiting WHERE place = ?", (place,))
        return [(Taken(*row[:-1]), row[-1]) for row in sorted(found)]

    def release_some(self, place: str, most: int) -> list[Taken]:
        """Take out the first ones that wait for something."""
        query = "SELECT number, stream, epoch, raw FROM waiting WHERE place = ? ORDER BY number LIMIT ?"
        found = [Taken(*row) for row in self._scratch.execute(query, (place, most))]
        if len(found) < most:
            self.places.pop(place, None)
        else:
            self.places[place] -= len(found)
        if found:
            query = "DELETE FROM waiting WHERE place = ? AND number <= ?"
            self._scratch.execute(query, (place, found[-1].number))
        return found

    def release_all(self) -> list[tuple[Taken, str]]:
        """Take out everything that still waits."""
        return self.release(list(self.places))


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
            records,
        )
        self._scratch.execute("COMMIT")

    def has(self, stream: str, key: str) -> bool:
        """Tell whether a key came."""
        query = "SELECT 1 FROM seen WHERE key = ? AND stream = ?"
        return self._scratch.execute(query, (key, stream)).fetchone() is not None

    def is_live(self, stream: str, key: str) -> bool:
        """Tell whether a key came, and not as deleted."""
        query = "SELECT 1 FROM seen WHERE key = ? AND stream = ? AND live"
        return self._scratch.execute(query, (key, stream)).fetchone() is not None

    def claim(self, name: str, object_id: str, stream: str, key: str) -> None:
        """Note that a record stands for an object."""
        self._scratch.execute("INSERT OR IGNORE INTO claims VALUES (?, ?, ?, ?)", (name, object_id, stream, key))

    def claimants(self, name: str, object_id: str) -> list[tuple[str, str]]:
        """Return the stream and key of the records that stand for an object, and are not marked as deleted."""
        claimed = self._scratch.execute("SELECT stream, key FROM claims WHERE object = ? AND id = ?", (name, object_id))
        itself = self._scratch.execute("SELECT stream, key FROM seen WHERE key = ?", (object_id,))
        return [one for one in (*claimed.fetchall(), *itself.fetchall()) if self.is_live(*one)]
