"""Holds records that cannot be decided, or written, until something else has happened."""

from __future__ import annotations

import enum
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from target_clockify.scratch import Taken

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from target_clockify.understand.route import Incoming


class What(enum.StrEnum):
    """The kinds of events that records wait for."""

    REFERENCE = "the record that a reference means"
    KEY = "the write of a record of the same key"
    OBJECT = "the write of an object"
    CALL = "the previous call on the same object"
    NATURAL = "the write of a new object of the same natural key"
    TURN = "the turn of the object"
    COPY = "the end of the input, which decides whether this is a copy of one workspace"


class Awaited(NamedTuple):
    """An event that records wait for: a reference by kind and key, a key by stream and key, an object by its id."""

    what: What
    name: str = ""
    value: str = ""


COPY = Awaited(What.COPY)
_CALLS_AT_ONCE = 8
DELETIONS, LATE, LATEST = 1, 5, 6
"""The turns: first deletions in four turns, after every other row has claimed its object.

Then objects that are written after all others; then the very end.
"""


def turn(number: int) -> Awaited:
    """Return the event for records of a later turn."""
    return Awaited(What.TURN, value=str(number))


def reference(name: str, key: str) -> Awaited:
    """Return the event for records that refer to an object by this key; the object may be of one of several kinds."""
    return Awaited(What.REFERENCE, "" if "|" in name else name, key)


def key(identity: tuple[str, str]) -> Awaited:
    """Return the event for records whose stream and key are being written."""
    return Awaited(What.KEY, *identity)


def written(name: str, object_id: str) -> Awaited:
    """Return the event for records whose object, or a referenced object, is being written."""
    return Awaited(What.OBJECT, name, object_id)


def told_by(one: Incoming, object_id: str | None) -> list[Awaited]:
    """Return all events that happen when this record is done."""
    target = one.route.object
    found = [key(one.identity), *(reference(name, one.key) for name in (target.name, "|"))]
    if natural := [one.fields.get(fields[0]) for fields in target.natural_keys[:1]]:
        found += [reference(target.name, str(natural[0]))] if natural[0] else []
    return [*found, written(target.name, object_id)] if object_id else found


class Waiting:
    """Waiting records, on disk."""

    def __init__(self, scratch: sqlite3.Connection) -> None:
        self._scratch = scratch
        self._count: Counter[Awaited] = Counter()

    def __contains__(self, awaited: Awaited) -> bool:
        return awaited in self._count

    def __bool__(self) -> bool:
        return bool(self._count)

    def add(self, awaited: Awaited, taken: Taken, reason: str, identity: tuple[str, str]) -> None:
        """Add a waiting record, with its stream and key."""
        values = (*awaited, *taken, reason, *identity)
        self._scratch.execute("INSERT INTO waiting VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
        self._count[awaited] += 1

    def take(self, stream: str, key: str) -> list[Taken]:
        """Remove and return all waiting records of a stream and key."""
        if not self._count:
            return []
        query = (
            "SELECT what, name, value, number, stream, epoch, raw, origin FROM waiting "
            "WHERE own_key = ? AND own_stream = ?"
        )
        found = self._scratch.execute(query, (key, stream)).fetchall()
        for row in found:
            self._subtract(Awaited(What(row[0]), *row[1:3]))
        if found:
            self._scratch.execute("DELETE FROM waiting WHERE own_key = ? AND own_stream = ?", (key, stream))
        return [Taken(*row[3:]) for row in found]

    def release(self, awaited: Iterable[Awaited]) -> list[tuple[Taken, str]]:
        """Remove and return the records that wait for one of these events, in input order, each with its reason.

        Of the calls on an object only the first are returned, since the others would have to wait for them.
        """
        found: list[tuple[Taken, str]] = []
        for one in awaited:
            if one.what is What.OBJECT and (call := one._replace(what=What.CALL)) in self._count:
                found += [(taken, call.what) for taken in self.release_some(call, _CALLS_AT_ONCE)]
            if self._count.pop(one, 0):
                query = (
                    "SELECT number, stream, epoch, raw, origin, reason FROM waiting "
                    "WHERE what = ? AND name = ? AND value = ?"
                )
                found += [(Taken(*row[:-1]), row[-1]) for row in self._scratch.execute(query, one)]
                self._scratch.execute("DELETE FROM waiting WHERE what = ? AND name = ? AND value = ?", one)
        return sorted(found)

    def objects_called_next(self) -> list[Awaited]:
        """Return the objects for which calls are waiting."""
        return [one._replace(what=What.OBJECT) for one in self._count if one.what is What.CALL]

    def release_some(self, awaited: Awaited, most: int) -> list[Taken]:
        """Remove and return the first records that wait for an event."""
        query = (
            "SELECT number, stream, epoch, raw, origin FROM waiting "
            "WHERE what = ? AND name = ? AND value = ? ORDER BY number LIMIT ?"
        )
        found = [Taken(*row) for row in self._scratch.execute(query, (*awaited, most))]
        self._count[awaited] -= len(found)
        if len(found) < most:
            del self._count[awaited]
        if found:
            query = "DELETE FROM waiting WHERE what = ? AND name = ? AND value = ? AND number <= ?"
            self._scratch.execute(query, (*awaited, found[-1].number))
        return found

    def for_references(self) -> Iterator[Taken]:
        """Yield the records that wait for a reference; they continue to wait."""
        last = 0
        query = (
            "SELECT rowid, number, stream, epoch, raw, origin FROM waiting "
            "WHERE what = ? AND rowid > ? ORDER BY rowid LIMIT 1000"
        )
        while rows := self._scratch.execute(query, (What.REFERENCE, last)).fetchall():
            yield from (Taken(*row[1:]) for row in rows)
            last = rows[-1][0]

    def release_all(self, *, but: What | None = None) -> list[tuple[Taken, str]]:
        """Remove and return all waiting records, except those that wait for one kind of event."""
        return self.release([one for one in self._count if one.what != but])

    def _subtract(self, awaited: Awaited) -> None:
        self._count[awaited] -= 1
        if not self._count[awaited]:
            del self._count[awaited]
