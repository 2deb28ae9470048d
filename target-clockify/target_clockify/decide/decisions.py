"""The possible decisions for a record."""

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
    """The wanted state of an object.

    Attributes:
        incoming: The record.
        given: Its fields: references are ids of the workspace, times are in UTC.
        scope: The list of its object, None if the record does not name it.
        row: Its row in the ledger.
    """

    incoming: Incoming
    given: State
    scope: Scope | None = None
    row: Row | None = None


@dataclass
class Unchanged:
    """The object already agrees with the record.

    Attributes:
        incoming: The record.
        id: The id of the object; None if it is deleted already.
        scope: The parents of the object.
        row: The record's row in the ledger, if it was compared.
        takes_over: The ledger row of an old key, whose object the record takes over.
        left_standing: The record asks to delete an object that also belongs to another row.
        looked_at: Record and object were compared; if false, neither has changed since the last comparison.
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
    """A write for one record.

    Attributes:
        incoming: The record.
        operation: The operation.
        scope: The parents of the object.
        given: The record's fields, references resolved.
        current: The current object; empty for an INSERT.
        entry: Its entry in the journal.
        beside: Rows of other lists that the calls need.
        created: According to the ledger, a run created the object.
        unfinished: Some fields of the new object are written at the end of the run.
        takes_over: The ledger row of an old key, whose object the record takes over.
        left_out: Fields that a copy omits.
        resets: Fields whose values are unknown, and which the write resets to defaults.
        consequences: Objects that Clockify itself deletes or changes together with it, as journal entries.
        unseen: Fields whose change got an empty response and was not looked up yet.
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
        """The journal entries of the write: its own entry comes last."""
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
        """Return the ledger row of this write without hashes, so that the next run compares record and object once."""
        incoming = self.incoming
        scope = dict(zip(incoming.route.object.scope, self.scope, strict=False))
        created = self.created or self.operation is Operation.INSERT
        seen = None if self.unfinished else incoming.seen
        return Row(*incoming.identity, incoming.route.object.name, object_id, scope, created, seen)


@dataclass
class Recognised:
    """The result for a record when the ledger is rebuilt and nothing is written.

    Attributes:
        incoming: The record.
        id: The id of its object; None if there is none or it is unknown.
        scope: The parents of the object.
        entry: The journal entry of a call; its status says that it is unknown whether the call was made.
    """

    incoming: Incoming
    id: str | None
    scope: Scope = ()
    entry: Entry | None = None


@dataclass
class Waits:
    """A record that cannot be decided, or written, yet."""

    incoming: Incoming
    awaited: Awaited
    reason: str


@dataclass
class Rejected:
    """A record that cannot be written; `id` is the id of its object, if known."""

    incoming: Incoming
    error: RejectedError
    operation: str = ""
    id: str | None = None


Decision = Unchanged | Write | Recognised | Waits | Rejected


def losses(target: Writable, current: State) -> dict[str, tuple[Any, Any]]:
    """Return the fields of a deleted object, each with its value."""
    stated = [one.name for one in target.fields if not one.modifier and current.get(one.name) is not None]
    return {name: (current[name], None) for name in stated}


def differences(target: Writable, current: State, given: State) -> dict[str, tuple[Any, Any]]:
    """Return the fields of an object that would change, each with its old and new value."""
    changes: dict[str, tuple[Any, Any]] = {}
    for one in target.fields:
        if one.modifier or one.name not in given or (one.initial and current):
            continue
        old = current.get(one.name)
        new = one.kind.merged(old, given[one.name])
        if not one.same(old, new):
            changes[one.name] = (old, new)
    return changes
