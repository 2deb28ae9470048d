"""Finds the object of a create whose outcome is unknown: the response was lost, or the run was killed.

Such an object did not exist before the create, has the values that were sent, and belongs to no other row. If there are
several equal objects, each create gets one.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from target_clockify.mirror import natural_value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_clockify.books.ledger import Entry, Ledger
    from target_clockify.model.declaration import State, WritableObject


class LostCreates:
    """Searches for objects of lost creates. Any number of threads may use it.

    Args:
        ledger: Records which row each object belongs to.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._claimed: set[str] = set()
        self._lock = threading.Lock()

    def claim(self, object_id: str) -> None:
        """Record that an object belongs to a create whose outcome is known."""
        with self._lock:
            self._claimed.add(object_id)

    def found(
        self, target: WritableObject, entry: Entry, states: Iterable[State], *, mine: bool = True
    ) -> State | None:
        """Return which of these objects the create of an entry created, None if it is none of them.

        Args:
            target: The object.
            entry: The journal entry of the create, with its data for recovery.
            states: The existing objects.
            mine: Whether the object may already belong to the row of the entry.
        """
        note: dict[str, Any] = entry.recovery
        fields = target.recognised_by
        if not fields or "given" not in note:
            return None
        value = natural_value(target, fields, note["given"])
        alike = [
            one
            for one in states
            if natural_value(target, fields, one) == value
            and one["id"] not in note["before"]
            and target.may_stem_from(note["given"], one)
        ]
        owners = self._ledger.owners(target.name, [one["id"] for one in alike]) if alike else {}
        with self._lock:
            for one in alike:
                is_free = all(mine and row.identity == (entry.stream, entry.key) for row in owners.get(one["id"], ()))
                if is_free and one["id"] not in self._claimed:
                    self._claimed.add(str(one["id"]))
                    return one
        return None
