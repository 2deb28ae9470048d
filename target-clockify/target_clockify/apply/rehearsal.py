"""A dry run: prints every write, and sends none."""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from clockify_client.terminal import has_colours

from target_clockify import private_files
from target_clockify.apply.outcome import Outcome
from target_clockify.books.words import words
from target_clockify.model.declaration import Operation
from target_clockify.model.values import Measure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TextIO

    from target_clockify.decide.decisions import Write
    from target_clockify.settings import Settings

NOT_AN_ADMINISTRATOR = (
    "The key does not belong to an administrator: Clockify may refuse more writes than this dry run shows, because of "
    "rules for roles, and of approvals, that the API does not return"
)
"""The warning of a dry run with such a key."""

_MARKS = {Operation.INSERT: "+", Operation.UPDATE: "~", Operation.DELETE: "-", Operation.CALL: "!"}
_COLOURS = {"+": 32, "~": 33, "-": 31, "!": 36}  # green, yellow, red, cyan


@contextmanager
def _plan(path: str) -> Iterator[None]:
    """Report the file if it cannot be written."""
    try:
        yield
    except OSError as error:
        msg = f"the plan cannot be written to plan_path: {error.strerror}"
        raise OSError(error.errno, msg, path) from None


class Rehearsal:
    """Replaces the writer: prints each write, and assumes that it succeeds.

    Args:
        settings: The settings.
        currency: Returns the currency of the amounts of a write.
    """

    def __init__(self, settings: Settings, currency: Callable[[Write], str]) -> None:
        self.requests: Counter[str] = Counter()
        self._currency = currency
        self._has_colours = has_colours()
        self._path: str = settings.config.get("plan_path") or ""
        self._file: TextIO | None = None
        if self._path:
            self._file = open(private_files.replace(Path(self._path)), "w", encoding="utf-8")  # noqa: PTH123, SIM115

    def run(self, write: Write) -> Outcome:
        """Print a write."""
        entry = write.entry
        if self._file:
            line = {
                "operation": entry.operation,
                "stream": write.incoming.route.stream,
                "object": entry.object,
                "key": entry.key,
                "id": entry.id,
                "changes": {name: list(change) for name, change in entry.changes.items()},
                **({"along": _along(write)} if write.consequences else {}),
            }
            with _plan(self._path):
                self._file.write(msgspec.json.encode(line, enc_hook=str).decode() + "\n")
        else:
            sys.stderr.write("".join(f"{line}\n" for line in self._diff_lines(write)))
        if write.operation is Operation.CALL:
            return Outcome(write, "", {})
        object_id = entry.id or f"new {write.target.noun} {entry.key}"
        if write.operation is Operation.DELETE:
            return Outcome(write, object_id)
        given = {name: value for name, value in write.given.items() if not write.target.field(name).modifier}
        return Outcome(write, object_id, {**write.current, **given, "id": object_id})

    def run_all(self, writes: list[Write]) -> list[Outcome]:
        """Print many writes."""
        return [self.run(write) for write in writes]

    def run_bulk(self, _: Any, writes: list[Write]) -> list[Outcome]:
        """Print writes that are sent in one call."""
        return self.run_all(writes)

    def close(self) -> None:
        """Close the plan file."""
        if self._file:
            with _plan(self._path), self._file:
                self._file.flush()

    def _diff_lines(self, write: Write) -> Iterator[str]:
        """Yield the lines of a write like a diff: the object, and below it the changes."""
        entry, fields = write.entry, write.incoming.route.object.by_name
        mark = _MARKS[write.operation]
        yield self._coloured(mark, f"{mark} {entry.object} {entry.id or entry.key}")
        changes = entry.changes
        has_money = any(Measure.MONEY in fields[name].kind.measures for name in changes if name in fields)
        currency = self._currency(write) if has_money else ""
        for name, (old, new) in changes.items():
            kind = fields[name].kind if name in fields else None
            before, after = (words(kind, value, currency) for value in (old, new))
            if write.operation is Operation.DELETE:
                yield self._coloured("-", f"    {name}: {before}")
            elif old is None:
                yield self._coloured("+", f"    {name}: {after}")
            else:
                yield self._coloured("~", f"    {name}: {before} -> {after}")
        for (what, name), count in _counted(write).items():
            yield f"    along with it {what} {count} {name}"

    def _coloured(self, mark: str, line: str) -> str:
        return f"\033[{_COLOURS[mark]}m{line}\033[0m" if self._has_colours else line


def _counted(write: Write) -> Counter[tuple[str, str]]:
    return Counter((one.operation, one.object) for one in write.consequences)


def _along(write: Write) -> dict[str, dict[str, int]]:
    """Return how many objects Clockify deletes and changes along with a deletion, by operation and object."""
    along: dict[str, dict[str, int]] = {}
    for (what, name), count in _counted(write).items():
        along.setdefault(what, {})[name] = count
    return along
