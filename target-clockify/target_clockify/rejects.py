"""The records that could not be written, on disk: a Singer stream of its own, to be mended and fed back.

Every line of a record is a RECORD message, with the reason beside the record; a SCHEMA line goes before the first
record of a stream. The file holds the rejects of one run. It replaces that of the run before, which stays as
`<name>.previous`, also while that very file is being read back.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec

if TYPE_CHECKING:
    from target_clockify.record import RejectedError


class Rejects:
    """The rejects of a run."""

    def __init__(self, path: str) -> None:
        self.count = 0
        self.path = Path(path)
        self._schemas: dict[str, dict[str, Any]] = {}
        self._introduced: set[str] = set()
        self._file: BinaryIO | None = None

    def start(self) -> None:
        """Put the rejects of the run before aside."""
        if self.path.exists():
            self.path.replace(self.path.with_name(f"{self.path.name}.previous"))

    def introduce(self, stream: str, message: dict[str, Any]) -> None:
        """Note the SCHEMA message of a stream, to be repeated if one of its records is rejected."""
        self._schemas[stream] = message
        self._introduced.discard(stream)

    def add(self, stream: str, key: str, operation: str, raw: bytes, error: RejectedError) -> None:
        """Write one reject, on disk when this returns."""
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("ab")
        if stream not in self._introduced:
            self._introduced.add(stream)
            self._file.write(msgspec.json.encode(self._schemas[stream]) + b"\n")
        line = {
            "type": "RECORD",
            "stream": stream,
            "key": key,
            "operation": operation,
            "error": error.kind,
            "message": str(error),
            "detail": error.detail,
            "status": error.status,
            "code": error.code,
            "retryable": error.retryable,
            "record": msgspec.Raw(raw),
        }
        self._file.write(msgspec.json.encode(line) + b"\n")
        self._file.flush()
        self.count += 1

    def close(self) -> None:
        """End the file."""
        if self._file:
            self._file.close()
            self._file = None
