"""Stores waiting pages on disk, in one temporary file without a name that is gone when the program ends."""

from __future__ import annotations

import tempfile
import threading
from typing import IO


class Spool:
    """A file to which contents are appended; it is created with the first one."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._end = 0
        self._closed = False
        self._lock = threading.Lock()

    def put(self, content: bytes) -> int:
        """Append content and return its position.

        Raises:
            OSError: The disk is full, or the folder for temporary files cannot be written to.
            ValueError: The spool is closed.
        """
        with self._lock:
            if self._closed:
                msg = "the run has ended"
                raise ValueError(msg)
            try:
                if self._file is None:
                    self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  `close` ends it
                at = self._file.seek(self._end)
                rest = memoryview(content)
                while rest:
                    rest = rest[self._file.write(rest) :]
            except OSError as error:
                msg = f"{error.strerror}: pages that wait need more room; set TMPDIR to a folder that has it"
                raise OSError(error.errno, msg, tempfile.gettempdir()) from None
            self._end = at + len(content)
            return at

    def get(self, at: int, size: int) -> bytes:
        """Return the content of this size at a position from `put`."""
        with self._lock:
            assert self._file is not None  # noqa: S101  only `put` makes positions
            self._file.seek(at)
            return self._file.read(size)

    def close(self) -> None:
        """Remove all contents."""
        with self._lock:
            self._closed = True
            if self._file is not None:
                self._file.close()
