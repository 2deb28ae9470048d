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
    """Which versions of streams came, and which of them came whole."""

    def __init__(self) -> None:
        self._whole: dict[str, int | None] = {}
        self._came: dict[str, set[int | None]] = {}
        self.invalid_lines = False  # any of them may have been a row of any stream

    def record(self, stream: str, version: int | None) -> None:
        """Note a record of a version; what was whole before is so no longer."""
        self._whole.pop(stream, None)
        self._came.setdefault(stream, set()).add(version)

    def activate(self, stream: str, version: int | None) -> None:
        """Note that a version of a stream has come whole."""
        self._whole[stream] = version

    def whole(self) -> list[str]:
        """Return the streams that came whole."""
        return sorted(self._whole)

    def doubt(self, stream: str) -> str:
        """Return why a stream that came whole may lack rows all the same; empty if it does not."""
        version, came = self._whole[stream], self._came.get(stream, set())
        if not came:
            return "none of its records came: allow_empty deletes all the same"
        if version is not None and not came & {version, None}:
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
    """Yield records that ask for the deletion of what this ledger created and whole streams lack.

    Those of one object come together, and what refers to others before the others. A record that was rejected is not
    missing; one whose key cannot be read might be any, so its stream loses none.

    Args:
        settings: The settings.
        versions: The versions that came.
        routes: The streams.
        ledger: What they became.
        seen: The keys that came.
        nameless: The streams with a record whose key cannot be read.
        deleted: How many deletions this run has made so far.

    Raises:
        StoppedError: There are more than `max_deletes` allows; none of them has begun.
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
