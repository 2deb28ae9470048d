"""A dry run: every write as it would be, none of them sent."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec

from target_clockify.apply.outcome import Outcome
from target_clockify.model.declaration import Operation

if TYPE_CHECKING:
    from typing import TextIO

    from target_clockify.decide.decisions import Write
    from target_clockify.settings import Settings


class Rehearsal:
    """Stands in for the writer: tells each write, and supposes that it succeeds."""

    def __init__(self, settings: Settings) -> None:
        self.requests: Counter[str] = Counter()
        path = settings.config.get("plan_path")
        self._file: TextIO | None = open(path, "w", encoding="utf-8") if path else None  # noqa: PTH123, SIM115

    def run(self, write: Write) -> Outcome:
        """Tell a write."""
        entry = write.entry
        if self._file:
            line = {
                "operation": entry.operation,
                "stream": write.incoming.route.stream,
                "object": entry.object,
                "key": entry.key,
                "id": entry.id,
                "changes": {name: list(change) for name, change in entry.changes.items()},
            }
            self._file.write(msgspec.json.encode(line, enc_hook=str).decode() + "\n")
        else:
            sys.stderr.write(f"would {entry.operation} {entry.object} {entry.id or entry.key}{_told(entry.changes)}\n")
        if write.operation is Operation.CALL:
            return Outcome(write, "", {})
        object_id = entry.id or f"new {write.target.noun} {entry.key}"
        if write.operation is Operation.DELETE:
            return Outcome(write, object_id)
        given = {name: value for name, value in write.given.items() if not write.target.field(name).modifier}
        return Outcome(write, object_id, {**write.current, **given, "id": object_id})

    def run_bulk(self, _: Any, writes: list[Write]) -> list[Outcome]:
        """Tell many writes."""
        return [self.run(write) for write in writes]

    def close(self) -> None:
        """End the plan."""
        if self._file:
            self._file.close()


def _told(changes: dict[str, tuple[Any, Any]]) -> str:
    def value(one: Any) -> str:
        return msgspec.json.encode(one, enc_hook=str).decode()

    parts = [
        f"{name}: {value(new)}" if old is None else f"{name}: {value(old)} -> {value(new)}"
        for name, (old, new) in changes.items()
    ]
    return f": {'; '.join(parts)}" if parts else ""
