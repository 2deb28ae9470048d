"""Holds back writes that refer to an incomplete object: a payment for half an invoice would settle all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_clockify import waiting
from target_clockify.model.objects import BY_NAME
from target_clockify.understand.references import referred

if TYPE_CHECKING:
    from target_clockify.books.ledger import Ledger, Row
    from target_clockify.decide.decisions import Write
    from target_clockify.under_way import UnderWay
    from target_clockify.waiting import Awaited


class HalfBuilt:
    """Knows incomplete objects of the kinds that must be complete before other writes may refer to them.

    Args:
        ledger: Knows the rows of objects, and how their last writes ended.
        under_way: The writes that are being sent.
    """

    def __init__(self, ledger: Ledger, under_way: UnderWay) -> None:
        self._ledger = ledger
        self._under_way = under_way
        self._rejected: set[tuple[str, str]] = set()  # rows, by stream and key
        self._broken: set[tuple[str, str]] = set()  # objects, by name and id, that have no row in the ledger yet

    def note(self, identity: tuple[str, str], name: str, object_id: str | None) -> None:
        """Record that a row was rejected, with its object if known."""
        if getattr(BY_NAME.get(name), "whole_first", False):
            self._rejected.add(identity)
            if object_id:
                self._broken.add((name, object_id))

    def settle(self, identity: tuple[str, str], name: str, object_id: str | None) -> None:
        """Record that a later row of a key was written."""
        self._rejected.discard(identity)
        self._broken.discard((name, object_id or ""))

    def in_the_way_of(self, write: Write) -> tuple[Awaited, str] | None:
        """Return what a write must wait for, and why, if it refers to an incomplete object."""
        for name, object_id in referred(write.incoming.route.object, write.given):
            target = BY_NAME.get(name)
            if target is None or not target.whole_first:
                continue
            reason = f"the {target.noun} that it refers to is not as its own row says, since that was rejected"
            for row in self._ledger.owners(name, [object_id]).get(object_id, ()):
                if row.identity != write.incoming.identity and self._is_unfinished(row):
                    return waiting.key(row.identity), reason
            if (name, object_id) in self._broken:
                return waiting.written(name, object_id), reason
        return None

    def _is_unfinished(self, row: Row) -> bool:
        if row.identity in self._rejected or self._under_way.has(waiting.key(row.identity)):
            return True
        is_open = row.created and row.record_hash is None
        return is_open and self._ledger.last_status(*row.identity) in {"failed", "refused"}
