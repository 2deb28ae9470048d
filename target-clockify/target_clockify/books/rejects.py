"""The file of rejected records: Singer messages to correct and load again.

Every record is a RECORD message with an additional member for the reason. A SCHEMA line precedes the first record of a
stream. A record that is not valid JSON is stored as text. An input line that is not a Singer message is stored in an
INVALID message. After you correct the text, the target reads it as the record or line itself. The file holds the
rejects of one run. The file of an earlier run is renamed to the next free number, `<name>.1`, `<name>.2`, even while it
is being read, so that no reject is lost.
"""

from __future__ import annotations

import os
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from target_clockify import private_files
from target_clockify.decoding import is_sound
from target_clockify.messages import INVALID
from target_clockify.understand.keys import place_of

if TYPE_CHECKING:
    from io import FileIO

    from target_clockify.errors import RejectedError
    from target_clockify.scratch import Taken


class Rejects:
    """The rejects of a run."""

    def __init__(self, path: str) -> None:
        self.count = 0
        self.path = Path(path)
        self._schemas: dict[str, dict[str, Any]] = {}
        self._origins: dict[str, str] = {}
        self._introduced: set[str] = set()
        self._file: FileIO | None = None

    def start(self) -> None:
        """Rename the rejects file of an earlier run, and make it readable only by its owner.

        Raises:
            OSError: The name is a link or not a file, or the folder is not writable.
        """
        private_files.require_plain(self.path)
        private_files.require_file(self.path)
        if not self.path.is_file():
            return
        private_files.keep_private(self.path)
        for number in count(1):
            aside = self.path.with_name(f"{self.path.name}.{number}")
            try:
                os.close(private_files.create(aside))  # a folder in which no other user can create files
            except FileExistsError:
                with suppress(OSError):
                    private_files.keep_private(aside)  # an earlier version made it readable by all
            else:
                self.path.replace(aside)
                return

    def introduce(self, stream: str, message: dict[str, Any], *, mapped_from: str = "") -> None:
        """Keep the SCHEMA message of a stream, to repeat it if one of its records is rejected.

        For a stream from a stream map, `mapped_from` is the original stream: then the schema is that of the original
        stream, and rejects hold the original records.
        """
        self._schemas[stream] = message
        self._origins[stream] = mapped_from
        self._introduced.discard(mapped_from or stream)

    def introduce_like(self, stream: str, other: str) -> None:
        """Add a stream whose records are derived from those of another stream; rejects hold the original records."""
        self._schemas[stream] = self._schemas[other]
        self._origins[stream] = self._origins.get(other) or other

    def add(self, taken: Taken, key: str, operation: str, error: RejectedError) -> None:
        """Write one reject. After this call it survives the end of the process, after `sync` also a power failure.

        Raises:
            OSError: It cannot be written; the file is unchanged.
        """
        origin = self._origins.get(taken.stream) if taken.origin else ""
        stream = origin or taken.stream
        line = {
            "type": "RECORD",
            "stream": stream,
            **({"mapped_to": taken.stream} if origin else {}),
            "key": key,
            "operation": operation,
            "error": error.kind,
            "message": str(error),
            "detail": error.detail,
            "status": error.status,
            "code": error.code,
            "retryable": error.retryable,
        }
        records = taken.origin.split(b"\n") if origin else [taken.raw]
        place = place_of(records[-1])
        line |= {"file": place.file, "line": place.line} if str(place) else {}
        lines = b"".join(msgspec.json.encode({**line, "record": _readable(raw)}) + b"\n" for raw in records)
        if stream not in self._introduced:
            lines = msgspec.json.encode(self._schemas[taken.stream]) + b"\n" + lines
        self._append(lines)
        self._introduced.add(stream)

    def add_line(self, number: int, line: bytes, error: RejectedError) -> None:
        """Write an input line that is not a message, with its line number.

        Raises:
            OSError: It cannot be written; the file is unchanged.
        """
        noted = {"type": INVALID, "number": number, "error": error.kind, "message": str(error), "line": _text(line)}
        self._append(msgspec.json.encode(noted) + b"\n")

    def sync(self) -> None:
        """Wait for the disk, so that rejects survive a power failure."""
        if self._file and self.path.is_file():
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """End the file."""
        if self._file:
            self._file.close()
            self._file = None

    def _append(self, lines: bytes) -> None:
        try:
            self._write(lines)
        except OSError as failure:
            msg = "a rejected record cannot be written to rejects_path"
            raise OSError(failure.errno, f"{msg}: {failure.strerror}", str(self.path)) from None
        self.count += 1

    def _write(self, lines: bytes) -> None:
        """Write the whole line, or nothing if the disk is full."""
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = open(self._descriptor(), "ab", buffering=0)  # noqa: PTH123, SIM115  `close` ends it
        size = os.fstat(self._file.fileno()).st_size
        rest = memoryview(lines)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError:
            with suppress(OSError):  # a device cannot be truncated
                os.ftruncate(self._file.fileno(), size)
            raise

    def _descriptor(self) -> int:
        try:
            return private_files.create(self.path)
        except FileExistsError:  # another run has started its own file since `start`, or the file is a device
            self.start()
            return private_files.create(self.path)


def _readable(raw: bytes) -> msgspec.Raw | str:
    """Return a record unchanged, or as text if it is not valid JSON."""
    return msgspec.Raw(raw) if is_sound(raw) else _text(raw)


def _text(raw: bytes) -> str:
    return raw.decode(errors="backslashreplace")
