"""What can be decided about a record."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from target_clockify.books.ledger import Row
from target_clockify.model.declaration import Operation, WritableObject

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_clockify.books.ledger import Entry
    from target_clockify.errors import RejectedError
    from target_clockify.mirror import Scope
    from target_clockify.model.declaration import Procedure, State, Writable
    from target_clockify.understand.route import Incoming
    from target_clockify.waiting import Awaited


@dataclass(frozen=True)
class Desired:
    """What a record wants.

    Attributes:
        incoming: The record.
        given: Its fields: references are ids of the workspace, times are in UTC.
        scope: The list its object is on, None if it does not say.
        row: What the ledger knows of it.
    """

    incoming: Incoming
    given: State
    scope: Scope | None = None
    row: Row | None = None


@dataclass
class Unchanged:
    """A record that the object already agrees with.

    Attributes:
        incoming: The record.
        id: The id of the object that says it; None if it is gone already.
        scope: The parents of the object.
        row: What the ledger knows of the record, if a closer look was taken at it.
        takes_over: The row of another key whose object the record takes over.
        left_standing: The record asks to delete an object that belongs to another row.
        looked_at: Record and object were compared; else neither has changed since they last were.
    """

    incoming: Incoming
    id: str | None
    scope: Scope = ()
    row: Row | None = None
    takes_over: Row | None = None
    left_standing: bool = False
    looked_at: bool = True


@dataclass
class Write:
    """What is to be sent for one record.

    Attributes:
        incoming: The record.
        operation: What is done.
        scope: The parents of the object.
        given: The record's fields, references resolved.
        current: The object as it is; empty for an INSERT.
        entry: Its entry in the journal.
        beside: Rows of further lists that the calls are made from.
        created: The ledger lists the object as one that a run created.
        unfinished: Some fields of the new object are left to the end of the run.
        takes_over: The row of another key whose object the record takes over.
        left_out: What a copy goes without.
        resets: Fields that the write sets back to their defaults, since nobody knows what they are.
        consequences: What Clockify itself deletes and changes along with it, as entries of the journal.
        unseen: Fields whose change was answered with nothing, and has not been looked up yet.
    """

    incoming: Incoming
    operation: Operation
    scope: Scope
    given: State
    current: State
    entry: Entry
    beside: Mapping[str, Sequence[State]] = field(default_factory=dict)
    created: bool = False
    unfinished: bool = False
    takes_over: Row | None = None
    left_out: Sequence[str] = ()
    resets: Sequence[str] = ()
    consequences: Sequence[Entry] = ()
    unseen: frozenset[str] = frozenset()

    @property
    def entries(self) -> list[Entry]:
        """What the journal says of it: its own entry comes last."""
        return [*self.consequences, self.entry]

    @property
    def target(self) -> WritableObject:
        """The object that is written."""
        target = self.incoming.route.object
        assert isinstance(target, WritableObject)  # noqa: S101 - a call has none
        return target

    @property
    def procedure(self) -> Procedure:
        """The procedure that is called."""
        target = self.incoming.route.object
        assert not isinstance(target, WritableObject)  # noqa: S101 - see `operation`
        return target  # type: ignore[return-value]

    def row(self, object_id: str) -> Row:
        """Return the row of the ledger that this write makes, with its premises open: the next run compares once."""
        incoming = self.incoming
        scope = dict(zip(incoming.route.object.scope, self.scope, strict=False))
        created = self.created or self.operation is Operation.INSERT
        seen = None if self.unfinished else incoming.seen
        return Row(*incoming.identity, incoming.route.object.name, object_id, scope, created, seen)


@dataclass
class Recognised:
    """A record of a run that rebuilds the ledger and writes nothing.

    Attributes:
        incoming: The record.
        id: The id of the object that it became; None if there is none or it is not known.
        scope: The parents of the object.
        entry: The entry of a call in the journal, which notes that it is not known whether it was made.
    """

    incoming: Incoming
    id: str | None
    scope: Scope = ()
    entry: Entry | None = None


@dataclass
class Waits:
    """A record that cannot be decided about, or written, yet."""

    incoming: Incoming
    awaited: Awaited
    reason: str


@dataclass
class Rejected:
    """A record that cannot be written; `id` is that of the object that it was to change, if it is known."""

    incoming: Incoming
    error: RejectedError
    operation: str = ""
    id: str | None = None


Decision = Unchanged | Write | Recognised | Waits | Rejected


def losses(target: Writable, current: State) -> dict[str, tuple[Any, Any]]:
    """Return the fields that go with an object, each with its value."""
    stated = [one.name for one in target.fields if not one.modifier and current.get(one.name) is not None]
    return {name: (current[name], None) for name in stated}


def differences(target: Writable, current: State, given: State) -> dict[str, tuple[Any, Any]]:
    """Return the fields in which an object would change, each with its old and its new value."""
    changes: dict[str, tuple[Any, Any]] = {}
    for one in target.fields:
        if one.modifier or one.name not in given or (one.initial and current):
            continue
        old = current.get(one.name)
        new = one.kind.merged(old, given[one.name])
        if not one.same(old, new):
            changes[one.name] = (old, new)
    return changes
