"""Decides how one write of a run is taken back: from its entry in the journal, and the current object.

This module sends and stores nothing. Values that somebody has changed since the run are kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from target_clockify.books.ledger import Entry
from target_clockify.decide.decisions import Write, differences, losses
from target_clockify.errors import RejectedError
from target_clockify.model.declaration import UNKNOWN, Operation
from target_clockify.model.objects import BY_NAME, DEPTH
from target_clockify.model.procedures import find_procedure
from target_clockify.scratch import Taken
from target_clockify.understand.references import referred, replaced_references, without
from target_clockify.understand.route import Incoming, Route
from target_clockify.understand.validation import check

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from target_clockify.mirror import Scope
    from target_clockify.model.declaration import Field, State, Writable, WritableObject

TAKEN_BACK, CHANGED_SINCE, IMPOSSIBLE = "taken back", "changed since", "impossible"
IN_PART = f"{TAKEN_BACK} in part"
_UNCLEAR = "it is not known whether the write took effect"
_EARLIER = "by an earlier undo"
_UNSURE = "it is not known whether the call of an earlier undo took effect: look it up, and correct it by hand"


@dataclass
class Reversal:
    """How a write is taken back.

    Attributes:
        entry: The write's entry in the journal.
        write: The write that takes it back, None if there is none.
        outcome: The result if `write` succeeds, or if there is none.
        why: Why the write is taken back only in part or not at all; contains names of fields, no values.
        is_done: An earlier undo has restored the object that `write` would restore.
    """

    entry: Entry
    write: Write | None = None
    outcome: str = TAKEN_BACK
    why: str = ""
    is_done: bool = False


@dataclass
class Reversals:
    """Decides for the writes of one run, the latest of them first.

    Attributes:
        destination: The workspace.
        run: The run that is taken back.
        renewed: The new ids of restored objects, by their old ids.
        not_back: The ids of objects that were not restored.
        earlier: The writes of earlier undos of the run, by the number of the entry that they take back.
    """

    destination: str
    run: str = ""
    earlier: Mapping[int, Entry] = field(default_factory=dict)
    renewed: dict[str, str] = field(default_factory=dict)
    not_back: set[str] = field(default_factory=set)
    _values: dict[tuple[str, str], dict[str, list[Any]]] = field(default_factory=dict)  # that the run wrote, or found
    _parents: set[str] = field(default_factory=set)  # of objects that the run inserted

    def of(self, entry: Entry, current: State | None) -> Reversal:
        """Return how a write is taken back.

        Args:
            entry: The write.
            current: The current object, None if there is none; for a call, the object that it updated.
        """
        if done := self._of_earlier(entry, current):
            return done
        if entry.operation == Operation.CALL:
            return self._of_call(entry, current)
        if entry.operation == Operation.INSERT:
            self._parents.update(entry.recovery.get("scope") or ())
        if entry.id is None:
            return Reversal(entry, None, IMPOSSIBLE, _UNCLEAR)
        target = BY_NAME[entry.object]
        before = {name: old for name, (old, _) in entry.changes.items() if name in target.by_name}
        if entry.operation == Operation.DELETE and (missing := self._not_back(target, before)):
            return Reversal(entry, None, IMPOSSIBLE, missing)
        if entry.operation == Operation.UPDATE and is_consequence(entry):
            return self._of_lost_reference(entry, target, current)
        decide = {"INSERT": self._of_insertion, "UPDATE": self._of_update, "DELETE": self._of_deletion}
        return decide[entry.operation](entry, target, current)

    def _of_earlier(self, entry: Entry, current: State | None) -> Reversal | None:
        """Return the result for a write that an earlier undo has taken back; None for any other."""
        earlier = self.earlier.get(entry.seq)
        if earlier and earlier.operation == Operation.CALL:
            is_known = earlier.status == "done"
            return Reversal(entry, None, *((TAKEN_BACK, _EARLIER) if is_known else (IMPOSSIBLE, _UNSURE)))
        if earlier and earlier.operation == Operation.UPDATE and self._is_back(self.made_of(entry), current):
            return Reversal(entry, None, TAKEN_BACK, _EARLIER)
        return None

    @staticmethod
    def made_of(entry: Entry) -> Entry:
        """Return the update of an object that a call caused, if the journal has it; otherwise the entry itself."""
        made = entry.recovery.get("made") if entry.operation == Operation.CALL and entry.status == "done" else None
        if made is None:
            return entry
        update = Operation.UPDATE.value
        return replace(entry, object=made["of"], operation=update, id=made["id"], changes=made["changes"])

    def id_of(self, entry: Entry) -> str:
        """Return the current id of the object of a write."""
        return self.renewed.get(str(entry.id), str(entry.id))

    def scope_of(self, entry: Entry) -> Scope | None:
        """Return the list of the object of a write, None if the journal does not name it."""
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
        if changed := [
            name
            for name in _differing(target, current, self._renewed(target, written))
            if not self._is_of_the_run(entry, target, name, current)
        ]:
            return Reversal(entry, None, CHANGED_SINCE, ", ".join(changed))
        return Reversal(entry, self._write(entry, target, Operation.DELETE, {}, current, losses(target, current)))

    def _is_of_the_run(self, entry: Entry, target: WritableObject, name: str, current: State) -> bool:
        """Return whether the value of a field of an inserted object comes from the run itself.

        The run may have updated the object after its insert; such updates are taken back first. A payment, for example,
        sets the status of its invoice.
        """
        if target.field(name).outgrown and entry.id in self._parents:
            return True
        values = self._values.get((entry.object, str(entry.id)), {}).get(name, ())
        return any(not _differing(target, current, self._renewed(target, {name: one})) for one in values)

    def _is_back(self, entry: Entry, current: State | None) -> bool:
        """Return whether an updated object has the values from before the update."""
        target = BY_NAME[entry.object]
        before = self._renewed(
            target, {name: old for name, (old, _) in entry.changes.items() if name in target.by_name}
        )
        return current is not None and not _differing(target, current, before)

    def _of_update(self, entry: Entry, target: WritableObject, current: State | None) -> Reversal:
        if current is None:
            return Reversal(entry, None, CHANGED_SINCE, "it is gone")
        given: State = {}
        changed: list[str] = []
        stuck: list[str] = []
        kept: list[str] = []
        for name, (old, new) in entry.changes.items():
            self._values.setdefault((entry.object, str(entry.id)), {}).setdefault(name, []).extend((old, new))
            before, after = (self._renewed(target, {name: one})[name] for one in (old, new))
            if name in _differing(target, current, {name: after}):
                changed.append(name)
            elif before is None and not target.field(name).clearable:
                stuck.append(name)
            else:
                given[name] = _emptying(target.field(name).kind.key, before, after)
                kept += [] if _is_reached(target.field(name), current.get(name), before) else [name]
        parts = [f"{', '.join(changed)} changed since"] if changed else []
        parts += [f"{', '.join(stuck)} cannot be emptied: set it by hand"] if stuck else []
        parts += [f"values that were not in {', '.join(kept)} before cannot be emptied: set it by hand"] if kept else []
        outcome = TAKEN_BACK if not parts else CHANGED_SINCE if changed else IMPOSSIBLE if stuck else IN_PART
        if not given:
            return Reversal(entry, None, outcome, "; ".join(parts))
        back = {name: (current.get(name), value) for name, value in given.items()}
        return Reversal(
            entry, self._write(entry, target, Operation.UPDATE, given, current, back), outcome, "; ".join(parts)
        )

    def _of_lost_reference(self, entry: Entry, target: WritableObject, current: State | None) -> Reversal:
        """Restore the references that an object lost when the referenced object was deleted."""
        if current is None:
            return Reversal(entry, None, CHANGED_SINCE, "it is gone")
        given: State = {}
        changed: list[str] = []
        for name, (old, new) in entry.changes.items():
            before, after = (self._renewed(target, {name: one})[name] for one in (old, new))
            if not _differing(target, current, {name: before}):
                continue
            if all(_differing(target, current, {name: one}) for one in (after, old)):
                changed.append(name)
            else:
                given[name] = before
        outcome, why = (CHANGED_SINCE, f"{', '.join(changed)} changed since") if changed else (TAKEN_BACK, "")
        if given and (missing := self._not_back(target, {name: entry.changes[name][0] for name in given})):
            return Reversal(entry, None, IMPOSSIBLE, missing)
        if given and target.fixed_by and (reason := target.fixed_by(current)):
            return Reversal(entry, None, IMPOSSIBLE, reason)
        if not given:
            return Reversal(entry, None, outcome, why)
        back = {name: (current.get(name), value) for name, value in given.items()}
        return Reversal(entry, self._write(entry, target, Operation.UPDATE, given, current, back), outcome, why)

    def _of_deletion(self, entry: Entry, target: WritableObject, current: State | None) -> Reversal:
        given = {name: old for name, (old, _) in entry.changes.items() if name in target.by_name}
        if target.implied:
            return self._of_implied(entry, target, given, current)
        is_done = current is not None and str(entry.id) in self.renewed
        if current is not None and not is_done:
            return Reversal(entry, None, CHANGED_SINCE, "it is there")
        if not target.create or target.create.irreversible:
            return Reversal(entry, None, IMPOSSIBLE, f"Clockify makes no {target.noun} anew")
        lost = self._lost(entry, target, given)
        given = {name: value for name, value in given.items() if target.field(name).comes_back}
        given = self._renewed(target, given)
        given = target.adapt(given) if target.adapt else given
        given = {name: value for name, value in given.items() if self._is_stated(target, name, value)}
        try:
            check(target, Operation.INSERT, given, read_shape=True)
        except RejectedError as error:
            return Reversal(entry, None, IMPOSSIBLE, str(error))
        changes = {name: (None, value) for name, value in given.items()}
        write = self._write(entry, target, Operation.INSERT, given, {}, changes)
        if is_done:
            return Reversal(entry, write, TAKEN_BACK, _EARLIER, is_done=True)
        self.renewed.pop(str(entry.id), None)  # the object that an earlier undo restored was deleted again
        return Reversal(entry, write, IN_PART if lost else TAKEN_BACK, "; ".join(lost))

    def _of_implied(self, entry: Entry, target: WritableObject, given: State, current: State | None) -> Reversal:
        """Restore the values of an object that exists with its parents, such as a balance."""
        given = self._renewed(target, given)
        current = current or {name: given.get(name) for name in target.identity}
        wanted = target.adapt(given) if target.adapt else given
        back = {name: one for name, one in differences(target, current, wanted).items() if not target.field(name).fixed}
        if not back:
            return Reversal(entry)
        write = self._write(
            entry, target, Operation.UPDATE, {name: new for name, (_, new) in back.items()}, current, back
        )
        return Reversal(entry, write)

    @staticmethod
    def _is_stated(target: WritableObject, name: str, value: Any) -> bool:
        """Return whether a create must state a value: also an empty one, if Clockify would fill in another value."""
        filled_in = target.create.defaults if target.create else {}
        if value is None:
            return filled_in.get(name) is UNKNOWN
        return value != "" or not target.field(name).refers

    def _not_back(self, target: Writable, fields: State) -> str:
        """Return why fields cannot be restored: they refer to objects that were not restored."""
        names = {name for name, one in referred(target, fields) if one in self.not_back}
        return f"of {', '.join(sorted(names))} that it refers to one is not back" if names else ""

    @staticmethod
    def _lost(entry: Entry, target: WritableObject, given: State) -> list[str]:
        """Return what is not, or may not be, restored with a deleted object."""
        lost = list(entry.recovery.get("lost", ()))
        lost += [
            f"{one.name}, which Clockify does not show" for one in target.fields if one.reset and one.name not in given
        ]
        told = [f"without {', '.join(lost)}"] if lost else []
        lists = ", ".join(f"{count} lists of {name}" for name, count in (entry.recovery.get("unread") or {}).items())
        return told + ([f"what was on {lists} could not be read before"] if lists else [])

    def _of_call(self, entry: Entry, current: State | None) -> Reversal:
        procedure = find_procedure(entry.object)
        if entry.status != "done":
            return Reversal(entry, None, IMPOSSIBLE, f"{_UNCLEAR}: look it up, and correct it by hand")
        if (made := self.made_of(entry)) is not entry:
            return replace(self._of_update(made, BY_NAME[made.object], current), entry=entry)
        given = {name: new for name, (_, new) in entry.changes.items()}
        counter = procedure.undone_by(given) if procedure and procedure.undone_by else None
        if counter is None:
            why = f"no call takes back what {entry.object} has changed, and the journal does not say what was there"
            return Reversal(entry, None, IMPOSSIBLE, f"{why} before: correct it by hand")
        name, parameters = counter
        counterpart = find_procedure(name)
        assert counterpart is not None  # noqa: S101 - a test goes over all of them
        parameters = {
            one: self.renewed.get(value, value) if isinstance(value, str) else value
            for one, value in parameters.items()
        }
        parameters = self._renewed(counterpart, parameters)
        changes = {one: (None, value) for one, value in parameters.items()}
        write = self._write(entry, counterpart, Operation.CALL, parameters, {}, changes)
        assert procedure is not None  # noqa: S101 - it has told its counterpart
        if procedure.undone_without:
            return Reversal(entry, write, IN_PART, f"without {procedure.undone_without}")
        return Reversal(entry, write)

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
        recovery: dict[str, Any] = {"scope": list(scope), "undoes": self.run, "of": entry.seq}
        if operation is Operation.INSERT:
            recovery |= {"given": BY_NAME[target.name].noted(given), "before": []}
        object_id = self.id_of(entry) if operation in {Operation.UPDATE, Operation.DELETE} else None
        new = Entry(entry.stream, entry.key, target.name, operation.value, object_id, changes, recovery)
        route = Route(entry.stream, target, ("id",), {}, destination=self.destination)
        incoming = Incoming(route, Taken(0, entry.stream, 0, b"{}"), key=entry.key)
        return Write(incoming, operation, scope, given, current, new)

    def _renewed(self, target: Writable, given: Mapping[str, Any]) -> State:
        """Return fields with the current ids of objects."""
        return replaced_references(target, dict(given), lambda one: self.renewed.get(one, one))


def is_consequence(entry: Entry) -> bool:
    """Return whether a journal entry is about a change that Clockify itself made together with a deletion."""
    return "with" in entry.recovery


def in_order(entries: Sequence[Entry]) -> list[Entry]:
    """Return the writes of a run in the order in which they are taken back.

    This order is the latest first, with one exception: objects of successive deletions are restored in the order of
    their references (referenced objects first), followed by the references to them. An object with several deletion
    entries is restored once. A reference that was lost in several steps gets the value before the first step.
    """
    own = {(one.object, one.id) for one in entries if one.operation == Operation.DELETE and not is_consequence(one)}
    gone = {(one.object, str(one.id)) for one in entries if one.operation == Operation.DELETE}
    ordered: list[Entry] = []
    for deleted, some in groupby(entries, key=lambda one: one.operation == Operation.DELETE or is_consequence(one)):
        block = list(some)
        if deleted:
            lost = [one for one in block if one.operation == Operation.UPDATE]
            calls = [one for one in block if one.operation == Operation.CALL]
            once = {(one.object, one.id): one for one in block if one.operation == Operation.DELETE}
            once |= {
                (one.object, one.id): one for one in block if (one.object, one.id) in own and not is_consequence(one)
            }
            block = [one for one in once.values() if one.operation == Operation.DELETE]
            block.sort(key=lambda one: (DEPTH.get(one.object, ()), one.object))
            block += [
                *sorted(_as_before(lost, gone), key=lambda one: (DEPTH[one.object], one.object), reverse=True),
                *calls,
            ]
        ordered += block
    return ordered


def _as_before(lost: Sequence[Entry], gone: Collection[tuple[str, str]]) -> Iterator[Entry]:
    """Yield each object that lost references once, with its fields before the first and after the last loss."""
    first: dict[tuple[str, str | None], dict[str, Any]] = {}
    last: dict[tuple[str, str | None], dict[str, Any]] = {}
    for one in lost:  # the latest first
        place = (one.object, one.id)
        first.setdefault(place, {}).update({name: old for name, (old, _) in one.changes.items()})
        last[place] = {name: new for name, (_, new) in one.changes.items()} | last.get(place, {})
    for one in lost:
        if fields := first.pop((one.object, one.id), None):
            left = {**last[one.object, one.id], **without(BY_NAME[one.object], fields, gone)}
            yield replace(one, changes={name: (old, left[name]) for name, old in fields.items()})


def _differing(target: WritableObject, current: State, written: State) -> list[str]:
    """Return the fields whose current value differs from the written one, if Clockify returns and accepts them."""
    told = {one.name for one in target.fields if not one.unreadable and not one.fixed}
    return [name for name in differences(target, current, written) if name in told]


def _is_reached(one: Field, current: Any, before: Any) -> bool:
    """Return whether a field can get its old value, given that omitted parts of a value are kept."""
    return bool(one.kind.key) or one.same(one.kind.merged(current, before), before)


def _emptying(key: str, before: Any, after: Any) -> Any:
    """Return an old value; if missing array elements would be kept, newer elements are included as empty."""
    if not key or not isinstance(after, list):
        return before
    kept = {one.get(key) for one in before or ()}
    return [*(before or ()), *({key: one[key], "value": None} for one in after if one.get(key) not in kept)]
