"""The writes that are being sent, for which other records wait."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from target_clockify.mirror import natural_value
from target_clockify.model.declaration import Operation
from target_clockify.understand.currencies import owner_of, stated
from target_clockify.understand.references import referred
from target_clockify.waiting import Awaited, What, key, written

if TYPE_CHECKING:
    from target_clockify.decide.decisions import Desired, Write


def occupied_by(write: Write) -> list[Awaited]:
    """Return the events that other records wait for until a write is done."""
    incoming, target = write.incoming, write.incoming.route.object
    occupied = [key(incoming.identity)]
    if write.operation is Operation.CALL:  # calls on one object keep the order of the input
        occupied += [written(*one) for one in referred(target, write.given)]
    elif write.operation is Operation.INSERT and write.target.natural and not write.target.several:
        value = natural_value(write.target, write.target.natural, write.given)
        occupied.append(Awaited(What.NATURAL, target.name, value.hex()))
    return [*occupied, written(target.name, write.entry.id)] if write.entry.id else occupied


class UnderWay:
    """The writes that are being sent at the moment."""

    def __init__(self) -> None:
        self._occupied: Counter[Awaited] = Counter()

    def begin(self, write: Write) -> None:
        """Add a write that is being sent."""
        self._occupied.update(occupied_by(write))

    def end(self, write: Write) -> list[Awaited]:
        """Remove a write, and return the events that records may wait for because of it."""
        occupied = occupied_by(write)
        self._occupied.subtract(occupied)
        for one in occupied:
            if self._occupied[one] <= 0:
                del self._occupied[one]
        return occupied

    def __bool__(self) -> bool:
        """Return whether anything is being written."""
        return bool(self._occupied)

    def has(self, awaited: Awaited) -> bool:
        """Return whether a write that is being sent blocks this event."""
        return awaited in self._occupied

    def in_the_way_of_call(self, desired: Desired) -> Awaited | None:
        """Return the write that must be done before it is known whether a call would change anything."""
        if not self._occupied:
            return None
        objects = [written(*one) for one in referred(desired.incoming.route.object, desired.given)]
        found = next((one for one in objects if one in self._occupied), None)
        return found._replace(what=What.CALL) if found else None

    def in_the_way_of_amounts(self, desired: Desired) -> Awaited | None:
        """Return the object that determines the currency of a record's amounts, if it is being written."""
        given, target = desired.given, desired.incoming.route.object
        if not self._occupied or not any(code for value in given.values() for code in stated(value)):
            return None
        owner = owner_of(target, given)
        awaited = written(owner[0].name, owner[1]) if owner else None
        return awaited if awaited in self._occupied else None

    def in_the_way_of(self, write: Write) -> Awaited | None:
        """Return what a write must wait for, if its key, its object or a referenced object is being written."""
        if not self._occupied:
            return None
        wanted = occupied_by(write)
        if write.operation is not Operation.DELETE:
            wanted += [written(*one) for one in referred(write.incoming.route.object, write.given)]
        found = next((one for one in wanted if one in self._occupied), None)
        is_call = found is not None and found.what is What.OBJECT and write.operation is Operation.CALL
        return found._replace(what=What.CALL) if found and is_call else found
