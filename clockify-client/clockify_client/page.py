"""One page on its way to its consumers: small in memory, or on disk where consumers are far apart."""

from __future__ import annotations

import os
import tempfile
import threading
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from clockify_client.endpoint import Endpoint, Ids

_COMPRESS_FROM = 1024


class Shelf:
    """A temporary file, without a name and readable by nobody else, for pages that only a later consumer will take."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._lock = threading.Lock()

    def put(self, content: bytes) -> Shelved:
        """Write a content; return where it is."""
        with self._lock:
            if self._file is None:
                self._file = tempfile.TemporaryFile(prefix="clockify-")  # noqa: SIM115  as long as the run
            place = self._file.seek(0, os.SEEK_END)
            self._file.write(content)
            return Shelved(self, place, len(content))

    def get(self, place: int, size: int) -> bytes:
        """Return what was put there."""
        with self._lock:
            assert self._file is not None  # noqa: S101  only `put` makes places
            self._file.seek(place)
            return self._file.read(size)

    def close(self) -> None:
        """Remove all contents."""
        with self._lock:
            if self._file is not None:
                self._file.close()


@dataclass(frozen=True, slots=True)
class Shelved:
    """A content on a shelf."""

    shelf: Shelf
    place: int
    size: int


class Packed:
    """A body, small in memory.

    Attributes:
        size: Bytes of memory that it takes.
        fingerprint: Tells two bodies apart.
    """

    __slots__ = ("_content", "_shorter", "fingerprint", "size")

    def __init__(self, body: bytes) -> None:
        self._shorter = len(body) >= _COMPRESS_FROM
        self._content: bytes | Shelved = zlib.compress(body, 1) if self._shorter else body
        self.size = len(self._content)
        self.fingerprint = zlib.crc32(self._content)

    @property
    def body(self) -> bytes:
        """The body as it came."""
        content = self._content  # read once: another consumer may be putting it on a shelf
        if isinstance(content, Shelved):
            content = content.shelf.get(content.place, content.size)
        return zlib.decompress(content) if self._shorter else content

    def put_on(self, shelf: Shelf) -> None:
        """Move it from memory to disk, where it is not there yet."""
        if not isinstance(self._content, Shelved):
            self._content, self.size = shelf.put(self._content), 0


class Page:
    """One page of a reading, in the order of the list it belongs to.

    Attributes:
        endpoint: Where it came from.
        ids: The values the endpoint was asked with: workspace, parent, window.
        number: Zero-based number of the page within its parent.
        last: No further page follows for this parent.
    """

    __slots__ = ("_packed", "endpoint", "ids", "last", "number")

    def __init__(self, endpoint: Endpoint, ids: Ids, number: int, body: bytes | Packed, *, last: bool) -> None:
        self.endpoint = endpoint
        self.ids = ids
        self.number = number
        self.last = last
        self._packed = body if isinstance(body, Packed) else Packed(body)

    @property
    def body(self) -> bytes:
        """The answer as Clockify sent it."""
        return self._packed.body

    @property
    def kept(self) -> int:
        """Bytes of memory that the body takes."""
        return self._packed.size

    def put_on(self, shelf: Shelf) -> None:
        """Move the body from memory to disk, where it is not there yet."""
        self._packed.put_on(shelf)
