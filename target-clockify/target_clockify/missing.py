"""Deletes objects whose rows are missing from complete streams: `delete_missing`."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from target_clockify.errors import StoppedError
from target_clockify.model.declaration import WritableObject
from target_clockify.model.objects import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_clockify.books.ledger import Ledger
    from target_clockify.scratch import Seen
    from target_clockify.settings import Settings
    from target_clockify.understand.route import Route

logger = logging.getLogger("target-clockify")


class Versions:
    """The versions of streams in the input, and which of them are complete."""

    def __init__(self) -> None:
        self._whole: dict[str, int | None] = {}
        self._came: dict[str, set[int | None]] = {}
        self.invalid_lines = False  # each of them may have been a row of any stream

    def record(self, stream: str, version: int | None) -> None:
        """Record a row of a version; an earlier complete version no longer counts."""
        self._whole.pop(stream, None)
        self._came.setdefault(stream, set()).add(version)

    def activate(self, stream: str, version: int | None) -> None:
        """Record that a version of a stream is complete."""
        self._whole[stream] = version

    def whole(self) -> list[str]:
        """Return the complete streams."""
        return sorted(self._whole)

    def doubt(self, stream: str) -> str:
        """Return why a complete stream may still lack rows; empty if there is no reason."""
        version, came = self._whole[stream], self._came.get(stream, set())
        if not came:
            return "none of its records came: allow_empty deletes all the same"
        if version is None or version not in came:
            return "no record of the version that was activated came: allow_empty deletes all the same"
        return ""


def deletions(  # noqa: PLR0913
    settings: Settings,
    versions: Versions,
    routes: dict[str, Route],
    ledger: Ledger,
    seen: Seen,
    *,
    nameless: set[str],
    deleted: int,
) -> Iterator[list[tuple[Route, bytes]]]:
    """Yield deletion records for objects that this ledger created and whose rows are missing from complete streams.

    Records of one kind of object come together, and objects that refer to others come before the others. A rejected
    record does not count as missing. If a record has no readable key, nothing of its stream is deleted.

    Args:
        settings: The settings.
        versions: The versions in the input.
        routes: The streams.
        ledger: The objects of rows.
        seen: The keys in the input.
        nameless: The streams with a record whose key cannot be read.
        deleted: How many deletions this run has made so far.

    Raises:
        StoppedError: There are more than `max_deletes` allows; none of them was sent.
    """
    missing = []
    for stream in versions.whole():
        route = routes.get(stream)
        reason = "a record came without a key to tell it by" if stream in nameless else ""
        reason = reason or ("a line of the input was rejected" if versions.invalid_lines else "")
        reason = reason or ("" if settings.config.get("allow_empty") else versions.doubt(stream))
        if reason:
            logger.warning("%s: nothing is deleted as missing, since %s", stream, reason)
        elif route and isinstance(route.object, WritableObject) and route.object.delete:
            missing += [
                (route, row)
                for row in ledger.created(route.name)
                if not seen.has(*row.identity) and not seen.is_claimed(row.object, row.id)
            ]
    limit = settings.max_deletes
    if limit is not None and deleted + len(missing) > limit:
        msg = f"{len(missing)} objects are missing from the input, more than max_deletes ({limit}) allows to delete"
        raise StoppedError(msg)
    for name in reversed(BY_NAME):
        yield [(route, route.deletion_of(row)) for route, row in missing if row.object == name]
