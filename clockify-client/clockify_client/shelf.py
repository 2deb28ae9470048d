"""A place on disk for what would take too much memory while it waits."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3


_PART = 1 << 16  # bytes; SQLite copies what it takes in at once, more than once


class Shelf:
    """A temporary SQLite database, without a name and readable by nobody else; it reuses the place of what is gone."""

    def __init__(self) -> None:
        self._database: sqlite3.Connection | None = None
        self._last = 0
        self._gone: deque[int] = deque()
        self._lock = threading.Lock()

    def put(self, content: bytes) -> Shelved | None:
        """Write a content; None where the disk takes nothing more, or after the end."""
        import sqlite3  # noqa: PLC0415  many runs need none, and start without

        view = memoryview(content)
        with self._lock:
            self._last += 1
            parts = ((self._last, at, view[at : at + _PART]) for at in range(0, len(view), _PART))
            try:
                if self._database is None:
                    self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
                    self._database.executescript(
                        "PRAGMA journal_mode = OFF; PRAGMA cache_size = -512;"
                        "CREATE TABLE part (number, place, content, PRIMARY KEY (number, place)) WITHOUT ROWID"
                    )
                while self._gone:
                    self._database.execute("DELETE FROM part WHERE number = ?", (self._gone.popleft(),))
                self._database.executemany("INSERT INTO part VALUES (?, ?, ?)", parts)
            except sqlite3.Error:
                self._gone.append(self._last)
                return None
            return Shelved(self, self._last)

    def get(self, number: int) -> bytes:
        """Return what was put there."""
        with self._lock:
            assert self._database is not None  # noqa: S101  only `put` makes numbers
            parts = self._database.execute("SELECT content FROM part WHERE number = ? ORDER BY place", (number,))
            return b"".join(part for (part,) in parts)

    def gone(self, number: int) -> None:
        """Have a content removed some time; takes no lock, it is called wherever the last reference ends."""
        self._gone.append(number)

    def close(self) -> None:
        """Remove all contents."""
        with self._lock:
            if self._database is not None:
                self._database.close()


@dataclass(frozen=True, slots=True)
class Shelved:
    """A content on a shelf, for as long as this object is."""

    shelf: Shelf
    number: int

    @property
    def content(self) -> bytes:
        """The content, read anew each time."""
        return self.shelf.get(self.number)

    def __del__(self) -> None:
        """Free its place."""
        self.shelf.gone(self.number)
