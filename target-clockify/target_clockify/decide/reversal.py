"""Decides how one write of a run is taken back: from its entry in the journal, and the object as it is now.

Nothing here sends or stores anything. What somebody has changed since stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from target_clockify.books.ledger import Entry
from target_clockify.decide.decisions import Write, differences, losses
from target_clockify.errors import RejectedError
from target_clockify.model.declaration import Operation
from target_clockify.model.objects import BY_NAME
from target_clockify.model.procedures import find_procedure
from target_clockify.scratch import Taken
from target_clockify.understand.references import replaced_references
from target_clockify.understand.route import Incoming, Route
from target_clockify.understand.validation import check

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_clockify.mirror import Scope
    from target_clockify.model.declaration import State, Writable, WritableObject

TAKEN_BACK, CHANGED_SINCE, IMPOSSIBLE = "taken back", "changed since", "impossible"


@dataclass
class Reversal:
    """How a write is taken back.

    Attributes:
        entry: The write's entry in the journal.
        write: What takes it back, None where nothing does.
        outcome: What becomes of it where `write` succeeds, or where there is none.
        why: Why nothing, or not all of it, is taken back; names fields and no values.
    """

    entry: Entry
    write: Write | None = None
    outcome: str = TAKEN_BACK
    why: str = ""


@dataclass
class Reversals:
    """Decides for the writes of one run, the latest of them first.

    Attributes:
        destination: The workspace.
        renewed: The ids of objects that came back under another id, by their former ones.
    """

    destination: str
    renewed: dict[str, str] = field(default_factory=dict)

    def of(self, entry: Entry, current: State | None) -> Reversal:
        """Return how a write is taken back.

        Args:
            entry: The write.
            current: Its object as it is now, None where there is none.
        """
        if entry.operation == Operation.CALL:
            return self._of_call(entry)
        if entry.id is None:
            return Reversal(entry, None, IMPOSSIBLE, "nobody can tell whether it took place")
        target = BY_NAME[entry.object]
        decide = {"INSERT": self._of_insertion, "UPDATE": self._of_update, "DELETE": self._of_deletion}
        return decide[entry.operation](entry, target, current)

    def scope_of(self, entry: Entry) -> Scope | None:
        """Return the list that the object of a write is on, None if the journal does not say."""
        target = BY_NAME.get(entry.object)
        scope = entry.recovery.get("scope")
        if target is None or scope is None or len(scope) != len(target.scope):
            return None
        return tuple(self.renewed.get(one, one) for one in scope)

    def _of_insertion(self, entry: Entry, target: WritableObject, current: State | None) -> Reversal:
        if current is None:
            return Reversal(entry, None, TAKEN_BACK, "it was gone already")
        if not target.delete:
            return Reversal(entry, None, IMPOSSIBLE, f"Clockify deletes no {target.noun}")
        written = {name: new for name, (_, new) in entry.changes.items() if name in target.by_name}
        if changed := _differing(target, current, self._renewed(target, written)):
            return Reversal(entry, None, CHANGED_SINCE, ", ".join(changed))
        return Reversal(entry, self._write(entry, target, Operation.DELETE, {}, current, losses(target, current)))

    def _of_update(self, entry: Entry, target: WritableObject, current: State | None) -> Reversal:
        if current is None:
            return Reversal(entry, None, CHANGED_SINCE, "it is gone")
        given: State = {}
        changed: list[str] = []
        stuck: list[str] = []
        for name, (old, new) in entry.changes.items():
            before, after = (self._renewed(target, {name: one})[name] for one in (old, new))
            if name in _differing(target, current, {name: after}):
                changed.append(name)
            elif before is None and not target.field(name).clearable:
                stuck.append(name)
            else:
                given[name] = _emptying(target.field(name).kind.key, before, after)
        parts = [f"{', '.join(changed)} changed since"] if changed else []
        parts += [f"{', '.join(stuck)} cannot be emptied"] if stuck else []
        outcome = TAKEN_BACK if not parts else CHANGED_SINCE if changed else IMPOSSIBLE
        if not given:
            return Reversal(entry, None, outcome, "; ".join(parts))
        back = {name: (current.get(name), value) for name, value in given.items()}
        return Reversal(
            entry, self._write(entry, target, Operation.UPDATE, given, current, back), outcome, "; ".join(parts)
        )

    def _of_deletion(self, entry: Entry, target: WritableObject, current: State | None) -> Reversal:
        if current is not None:
            return Reversal(entry, None, CHANGED_SINCE, "it is there")
        if not target.create or target.create.irreversible:
            return Reversal(entry, None, IMPOSSIBLE, f"Clockify makes no {target.noun} anew")
        given = {name: old for name, (old, _) in entry.changes.items() if name in target.by_name}
        given = self._renewed(target, given)
        given = target.adapt(given) if target.adapt else given
        given = {name: value for name, value in given.items() if value is not None}
        try:
            check(target, Operation.INSERT, given, read_shape=True)
        except RejectedError as error:
            return Reversal(entry, None, IMPOSSIBLE, str(error))
        changes = {name: (None, value) for name, value in given.items()}
        return Reversal(entry, self._write(entry, target, Operation.INSERT, given, {}, changes))

    def _of_call(self, entry: Entry) -> Reversal:
        procedure = find_procedure(entry.object)
        given = {name: new for name, (_, new) in entry.changes.items()}
        counter = procedure.undone_by(given) if procedure and procedure.undone_by and entry.status == "done" else None
        if counter is None:
            return Reversal(entry, None, IMPOSSIBLE, f"no call takes back what {entry.object} has changed")
        name, parameters = counter
        counterpart = find_procedure(name)
        assert counterpart is not None  # noqa: S101 - a test goes over all of them
        parameters = self._renewed(counterpart, parameters)
        changes = {one: (None, value) for one, value in parameters.items()}
        return Reversal(entry, self._write(entry, counterpart, Operation.CALL, parameters, {}, changes))

    def _write(  # noqa: PLR0913, PLR0917
        self,
        entry: Entry,
        target: Writable,
        operation: Operation,
        given: State,
        current: State,
        changes: dict[str, tuple[Any, Any]],
    ) -> Write:
        scope = self.scope_of(entry) or tuple(str(current.get(one) or given.get(one)) for one in target.scope)
        recovery: dict[str, Any] = {"scope": list(scope)}
        if operation is Operation.INSERT:
            recovery |= {"given": {name: given.get(name) for name in BY_NAME[target.name].recognised_by}, "before": []}
        object_id = entry.id if operation in {Operation.UPDATE, Operation.DELETE} else None
        new = Entry(entry.stream, entry.key, target.name, operation.value, object_id, changes, recovery)
        route = Route(entry.stream, target, ("id",), {}, destination=self.destination)
        incoming = Incoming(route, Taken(0, entry.stream, 0, b"{}"), key=entry.key)
        return Write(incoming, operation, scope, given, current, new)

    def _renewed(self, target: Writable, given: Mapping[str, Any]) -> State:
        """Return fields with the ids that objects have now."""
        return replaced_references(target, dict(given), lambda one: self.renewed.get(one, one))


def _differing(target: WritableObject, current: State, written: State) -> list[str]:
    """Return the fields in which an object is not as it was written, of those that Clockify returns and accepts."""
    told = {one.name for one in target.fields if not one.unreadable and not one.fixed}
    return [name for name in differences(target, current, written) if name in told]


def _emptying(key: str, before: Any, after: Any) -> Any:
    """Return a former value; elements of an array that came since are emptied, where those not mentioned would stay."""
    if not key or not isinstance(after, list):
        return before
    kept = {one.get(key) for one in before or ()}
    return [*(before or ()), *({key: one[key], "value": None} for one in after if one.get(key) not in kept)]
