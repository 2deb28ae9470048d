"""A place on disk for what would take too much memory while it waits."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3


class Shelf:
    """A temporary SQLite database, without a name and readable by nobody else; it reuses the place of what is gone."""

    def __init__(self) -> None:
        self._database: sqlite3.Connection | None = None
        self._gone: deque[int] = deque()
        self._lock = threading.Lock()

    def put(self, content: bytes) -> Shelved | None:
        """Write a content; None where the disk takes nothing more."""
        import sqlite3  # noqa: PLC0415  many runs need none, and start without

        with self._lock:
            try:
                if self._database is None:
                    self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
                    self._database.executescript(
                        "PRAGMA journal_mode = OFF; PRAGMA cache_size = -512;"
                        "CREATE TABLE content (id INTEGER PRIMARY KEY, content BLOB NOT NULL)"
                    )
                while self._gone:
                    self._database.execute("DELETE FROM content WHERE id = ?", (self._gone.popleft(),))
                number = self._database.execute("INSERT INTO content (content) VALUES (?)", (content,)).lastrowid
            except sqlite3.OperationalError:
                return None
        return Shelved(self, number or 0)

    def get(self, number: int) -> bytes:
        """Return what was put there."""
        with self._lock:
            assert self._database is not None  # noqa: S101  only `put` makes numbers
            row = self._database.execute("SELECT content FROM content WHERE id = ?", (number,)).fetchone()
            content: bytes = row[0]
            return content

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
