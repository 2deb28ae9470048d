"""The records that could not be written, on disk: a Singer stream to be corrected and fed back.

Every line of a record is a RECORD message, with the reason beside the record; a SCHEMA line goes before the first
record of a stream. A record that is no JSON stands there as a text, and a line of the input that is no message in an
INVALID message: read back, both are what they hold, as soon as that is mended. The file holds the rejects of one run.
That of an earlier run is put aside under the next free number, `<name>.1`, `<name>.2`, even while that file is being
read back, so that no reject is lost.
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
        """Put the rejects of an earlier run aside, readable by their owner alone.

        Raises:
            OSError: The name is a link or no file, or the folder cannot be written to.
        """
        private_files.require_plain(self.path)
        private_files.require_file(self.path)
        if not self.path.is_file():
            return
        private_files.keep_private(self.path)
        for number in count(1):
            aside = self.path.with_name(f"{self.path.name}.{number}")
            try:
                os.close(private_files.create(aside))  # nobody else puts something there
            except FileExistsError:
                with suppress(OSError):
                    private_files.keep_private(aside)  # an earlier edition left it to be read by all
            else:
                self.path.replace(aside)
                return

    def introduce(self, stream: str, message: dict[str, Any], *, mapped_from: str = "") -> None:
        """Note the SCHEMA message of a stream, to be repeated if one of its records is rejected.

        `mapped_from` is the stream it is mapped from, if it is: then it is that one's schema, and its records are noted
        as they were before.
        """
        self._schemas[stream] = message
        self._origins[stream] = mapped_from
        self._introduced.discard(mapped_from or stream)

    def introduce_like(self, stream: str, other: str) -> None:
        """Note a stream whose records are made of those of another one, and rejected as those."""
        self._schemas[stream] = self._schemas[other]
        self._origins[stream] = self._origins.get(other) or other

    def add(self, taken: Taken, key: str, operation: str, error: RejectedError) -> None:
        """Write one reject; it survives the process when this returns, and a loss of power after `sync`.

        Raises:
            OSError: It cannot be written; the file is as it was before.
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
        """Write a line of the input that is no message, under its number.

        Raises:
            OSError: It cannot be written; the file is as it was before.
        """
        noted = {"type": INVALID, "number": number, "error": error.kind, "message": str(error), "line": _text(line)}
        self._append(msgspec.json.encode(noted) + b"\n")

    def sync(self) -> None:
        """See to it that what was written outlasts even a loss of power."""
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
        """Write the whole line or, if the disk is full, nothing."""
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = open(self._descriptor(), "ab", buffering=0)  # noqa: PTH123, SIM115  `close` ends it
        size = os.fstat(self._file.fileno()).st_size
        rest = memoryview(lines)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError:
            with suppress(OSError):  # a device cannot be cut
                os.ftruncate(self._file.fileno(), size)
            raise

    def _descriptor(self) -> int:
        try:
            return private_files.create(self.path)
        except FileExistsError:  # another run has begun its own since `start`, or it is a device
            self.start()
            return private_files.create(self.path)


def _readable(raw: bytes) -> msgspec.Raw | str:
    """Return a record as it is, or as text if it is not readable JSON."""
    return msgspec.Raw(raw) if is_sound(raw) else _text(raw)


def _text(raw: bytes) -> str:
    return raw.decode(errors="backslashreplace")
