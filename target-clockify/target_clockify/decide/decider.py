"""Decides what to do for a record: which operation, on which object, and which fields differ.

This module sends and stores nothing: the same record, mirror and ledger give the same decision. If the decision needs a
list that was not read yet, `NotReadError` is raised.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from target_clockify.books.ledger import Entry, Row
from target_clockify.decide.decisions import Desired, Recognised, Unchanged, Write, differences, losses
from target_clockify.decide.house import forbidden
from target_clockify.decide.identity import Identities
from target_clockify.errors import UNEXPECTED_FORM, RejectedError
from target_clockify.model.declaration import Operation, Procedure, WritableObject
from target_clockify.model.objects import BY_NAME
from target_clockify.model.values import FLAG
from target_clockify.understand.currencies import COLUMN, code_of, in_force, owner_of, stated, without_amounts
from target_clockify.understand.validation import check

if TYPE_CHECKING:
    from target_clockify.books.ledger import Ledger
    from target_clockify.mirror import Mirror
    from target_clockify.model.declaration import Field, State, Writable
    from target_clockify.scratch import Seen

_VERBS = {Operation.INSERT: "inserted", Operation.UPDATE: "updated", Operation.DELETE: "deleted"}


@dataclass(frozen=True)
class Decider:
    """Makes the decision for a record.

    Attributes:
        ledger: The objects of rows, and earlier writes.
        mirror: The current workspace.
        seen: The keys in the input of this run.
        allow_irreversible: Whether users and workspaces may be inserted.
        rebuilds: Whether the run rebuilds the ledger and writes nothing.
    """

    ledger: Ledger
    mirror: Mirror
    seen: Seen
    allow_irreversible: bool = False
    rebuilds: bool = False

    @property
    def identities(self) -> Identities:
        """Finds the object of a record."""
        return Identities(self.ledger, self.mirror, self.seen, by_all=self.rebuilds)

    def decide(self, desired: Desired) -> Unchanged | Write | Recognised:
        """Return what to do for a record.

        Raises:
            RejectedError: The record cannot be written.

            NotReadError: A list has to be read first.
        """
        try:
            decision = self._decided(desired)
        except UNEXPECTED_FORM as error:
            noun = desired.incoming.route.object.noun
            msg = f"Clockify shows what this {noun} depends on in a form that nobody expects ({type(error).__name__})"
            raise RejectedError("unexpected_form", msg, retryable=True) from error
        if not self.rebuilds or isinstance(decision, Unchanged):
            return decision
        is_blind = decision.operation is Operation.CALL and not decision.procedure.repeatable
        return Recognised(decision.incoming, decision.entry.id, decision.scope, decision.entry if is_blind else None)

    def _decided(self, desired: Desired) -> Unchanged | Write:
        """Return what a normal run, which does not rebuild the ledger, does for a record.

        Raises:
            RejectedError: The record cannot be written.
            NotReadError: A list has to be read first.
        """
        incoming, row = desired.incoming, desired.row
        target = incoming.route.object
        if isinstance(target, Procedure):
            return self._call(target, desired)
        assert isinstance(target, WritableObject)  # noqa: S101 - it is the one or the other
        if desired.scope is not None and (refusal := self.mirror.refusal(target, desired.scope)):
            raise RejectedError("not_permitted", str(refusal), status=refusal.status, code=refusal.code)
        if desired.scope is None and not self._known_alone(target, desired):
            if incoming.deleted and (target.listing.lookup or not incoming.id):
                return self._deletion(target, desired, None)  # deleted, or never created
            names = ", ".join(name for name in target.scope if not desired.given.get(name))
            msg = f"{names} is required: without it a {target.noun} can neither be made nor found"
            raise RejectedError("invalid", msg)
        if incoming.deleted or incoming.route.operation == "delete":
            return self._deletion(target, desired, self.identities.doomed(target, desired))
        found = self.identities.found(target, desired)
        if found is None and (late := self.identities.made_late(target, desired)):
            found, row = late, Row(*incoming.identity, target.name, late, created=True)
            desired = replace(desired, row=row)
        if found is None:
            return self._insertion(target, desired)
        old = None if row and row.id == found else self.identities.taken_over(target, incoming, found)
        if old:
            desired = replace(desired, row=replace(old, key=incoming.key, record_hash=None, state_hash=None))
        decision = self._of_known(target, desired, found)
        decision.takes_over = old
        return decision

    def _of_known(self, target: WritableObject, desired: Desired, found: str) -> Unchanged | Write:
        """Return the decision for an existing object."""
        operation = desired.incoming.route.operation
        if operation == "insert" and (regained := self._regained(target, desired, found)):
            return self._update(target, replace(desired, given=regained), found)
        if operation in {"insert", "ensure"}:
            return Unchanged(desired.incoming, found, desired.scope or (), desired.row)
        return self._update(target, desired, found)

    def _known_alone(self, target: WritableObject, desired: Desired) -> bool:
        """Return whether a record names an object that can be found only by its id."""
        object_id = desired.incoming.id
        return bool(target.listing.lookup and object_id and self.mirror.has(target, object_id))

    # -- calls ---------------------------------------------------------------------------------

    def _call(self, procedure: Procedure, desired: Desired) -> Unchanged | Write:
        """Call once for each new or changed record, or once for each key if the call adds something."""
        incoming, given, row = desired.incoming, desired.given, desired.row
        if incoming.deleted or (row and row.record_hash == incoming.seen):
            return Unchanged(incoming, None, row=row)
        if row and not procedure.repeatable:
            msg = (
                f"{procedure.name} was called with other values under this key, and each call adds to what is there: "
                "give a further call a key of its own"
            )
            raise RejectedError("changed_call", msg)
        check(procedure, Operation.CALL, given, read_shape=False)
        given, _ = self._in_currency(procedure, desired, {})
        if desired.given.get("workspaceId") or incoming.workspace:
            named = incoming.workspace or desired.given.get("workspaceId")
            if named != incoming.route.destination:
                msg = "workspaceId names another workspace than the one that is written to"
                raise RejectedError("other_workspace", msg)
        if not procedure.repeatable and self.ledger.last_status(*incoming.identity) == "unknown":
            msg = "an earlier run left open whether this call took place; check it, and send it again under another key"
            raise RejectedError("unknown_outcome", msg)
        if self._shows(procedure, given):
            return Unchanged(incoming, "", row=row)
        parameters = {name: (None, value) for name, value in given.items() if value is not None}
        entry = Entry(*incoming.identity, procedure.name, Operation.CALL.value, None, parameters)
        return Write(incoming, Operation.CALL, (), given, {}, entry)

    def _shows(self, procedure: Procedure, given: State) -> bool:
        """Return whether the object shows that a call would change nothing."""
        if procedure.brings and not procedure.calls:
            name, id_field, fields = procedure.brings
            state = self._listed(BY_NAME[name], given, id_field)
            return state is not None and not differences(BY_NAME[name], state, fields(given, state))
        if procedure.effect is None or procedure.effect.gone:
            return False
        state = self._listed(BY_NAME[procedure.effect.of], given, procedure.effect.id)
        return state is not None and procedure.effect.shows(given, state)

    def _listed(self, target: WritableObject, given: State, id_field: str) -> State | None:
        return self.mirror.listed(target, given[id_field], tuple(str(given[name]) for name in target.scope))

    # -- the three operations ------------------------------------------------------------------

    def _insertion(self, target: WritableObject, desired: Desired) -> Write:
        incoming = desired.incoming
        if incoming.route.operation == "update":
            msg = f"no {target.noun} of this key is known or found, and the stream only updates"
            raise RejectedError("not_found", msg)
        _require(target, Operation.INSERT)
        given, left_out = self._in_currency(target, desired, {})
        self.check_new(target, given, read_shape=incoming.read_shape)
        if target.create and target.create.irreversible and not self.allow_irreversible:
            msg = f"a new {target.noun} could never be taken back; set allow_irreversible to insert {target.name}"
            raise RejectedError("irreversible", msg)
        if not target.recognised_by and self.ledger.last_status(*incoming.identity) == "unknown":
            msg = (
                f"an earlier run left open whether this {target.noun} was made; check it, and send it under another key"
            )
            raise RejectedError("unknown_outcome", msg)
        recovery: dict[str, Any] = {"scope": list(desired.scope or ())}
        if target.recognised_by:
            recovery["given"] = target.noted(given)
            recovery["before"] = self.mirror.resembling(target, given)
        changes = {name: (None, value) for name, value in given.items() if value is not None}
        if incoming.copied and target.copying.lost:
            given, lost = target.copying.lost(given)
            left_out = [*left_out, *(f"{what} of {target.name}" for what in lost)]
        interim = target.copying.interim if incoming.copied else {}
        given = {**given, **interim}
        postponed = {name for name in target.last if _says_something(target.field(name), given.get(name))}
        given = {name: value for name, value in given.items() if name not in postponed}
        entry = Entry(*incoming.identity, target.name, Operation.INSERT.value, None, changes, recovery)
        beside = self._beside(target) if incoming.copied else {}
        write = Write(incoming, Operation.INSERT, desired.scope or (), given, {}, entry, beside)
        write.unfinished = bool(postponed or interim)
        write.left_out = left_out
        return write

    def _update(self, target: WritableObject, desired: Desired, found: str) -> Write | Unchanged:
        incoming, row, scope = desired.incoming, desired.row, desired.scope or ()
        unchanged = Unchanged(incoming, found, scope, row)
        if target.is_workspace and found != incoming.route.destination:
            return unchanged
        current = self.mirror.get(target, found) or {name: desired.given.get(name) for name in target.identity}
        if name := target.unlike(current) or target.lacks(current):
            msg = f"Clockify shows {name} of the {target.noun} in a form that nobody expects; nothing is changed"
            raise RejectedError("unexpected_form", msg, retryable=True)
        given, left_out = self._in_currency(target, desired, current)
        changes = differences(target, current, given)
        if outgrown := self._outgrown(target, found, current, changes):
            given = {name: value for name, value in given.items() if name not in outgrown}
            changes = {name: change for name, change in changes.items() if name not in outgrown}
        if row and row.record_hash == incoming.seen:
            # Fields that Clockify does not return were written with this record; changes made in Clockify are kept.
            settled = {one.name for one in target.fields if one.unreadable or (one.fixed and row.created)}
            changes = {name: change for name, change in changes.items() if name not in settled}
        if not changes:
            return unchanged
        _require(target, Operation.UPDATE)
        if refusal := self.mirror.refused_details(target, found):
            msg = f"the {target.noun} cannot be read with all its fields, which an update would replace: {refusal}"
            raise RejectedError("not_permitted", msg, status=refusal.status, code=refusal.code)
        if target.fixed_by and (reason := target.fixed_by(current)):
            raise RejectedError("unsupported", reason)
        given, resets = self._with_unreadable(target, found, given, changes)
        check(target, Operation.UPDATE, given, read_shape=incoming.read_shape)
        if fixed := [name for name in changes if target.field(name).fixed]:
            msg = f"{', '.join(fixed)} of a {target.noun} cannot be changed once it exists"
            raise RejectedError("fixed", msg)
        wanted = {**current, **{name: new for name, (_, new) in changes.items()}}
        self._check_house_rules(target, Operation.UPDATE, current, wanted)
        where = {"scope": list(scope)}
        if contradicted := self._written_by_others(target, desired, found, changes):
            msg = f"{contradicted} was written by a row of another stream of this input, which states another value"
            raise RejectedError("conflict", msg)
        entry = Entry(*incoming.identity, target.name, Operation.UPDATE.value, found, changes, where)
        write = Write(incoming, Operation.UPDATE, scope, given, current, entry, self._beside(target))
        write.created = row is not None and row.created
        write.left_out, write.resets = left_out, resets
        return write

    def _regained(self, target: WritableObject, desired: Desired, found: str) -> State:
        """Return the references that an inserted object lost because somebody deleted the referenced objects.

        The references now point to objects that were created again, and the fields of the object are empty. If a field
        is not empty, somebody has changed it on purpose. If the object that was referenced before may still exist, the
        record has changed, which an inserted object does not follow.
        """
        kinds = {one.name: kind for one in target.fields if (kind := _kind_of(one)) and one.name in desired.given}
        current = self.mirror.get(target, found) or {}
        if all(current.get(name) == desired.given[name] for name in kinds):
            return {}
        written, _ = self.ledger.written(target.name, found)
        regained: State = {}
        for name, kind in kinds.items():
            before, now, present = written.get(name), desired.given[name], current.get(name)
            if isinstance(now, list):
                came, lost = set(now) - set(before or ()), set(before or ()) - set(now)
                if not came - set(present or ()) or len(came) != len(lost):
                    continue
                restored = [*(one for one in present or () if one not in lost), *sorted(came - set(present or ()))]
            elif present and present not in {before, now}:
                return {}
            elif before and before != now:
                lost, restored = {before}, now
            else:
                continue
            if all(self._is_gone(kind, one, written) for one in lost):
                regained[name] = restored
        return regained

    def _is_gone(self, kind: str, object_id: str, written: State) -> bool:
        """Return whether the lists of the workspace prove that a referenced object does not exist any more.

        Args:
            kind: The kind of the object.
            object_id: Its id.
            written: The fields that were written together with the reference; they name the parents of the object.

        Raises:
            NotReadError: A list has to be read first.
        """
        target = BY_NAME.get(kind)
        if not isinstance(target, WritableObject) or self.mirror.has(target, object_id):
            return False
        scope = tuple(str(written.get(name) or "") for name in target.scope)
        if not all(scope):
            return False
        if any(
            self._is_gone(str(target.field(name).refers), parent, written)
            for name, parent in zip(target.scope, scope, strict=True)
        ):
            return True
        if self.mirror.listed(target, object_id, scope) or not self.mirror.is_read(target, scope):
            return False
        return self.mirror.sees_all(target, scope)

    def check_new(self, target: WritableObject, given: State, *, read_shape: bool) -> None:
        """Reject a new object that Clockify would not accept, or that the rules of the workspace forbid.

        Raises:
            RejectedError: With all reasons.
        """
        check(target, Operation.INSERT, given, read_shape=read_shape)
        self.mirror.answer(lambda: self._check_house_rules(target, Operation.INSERT, {}, given))

    def _outgrown(self, target: WritableObject, found: str, current: State, changes: State) -> set[str]:
        """Return the changes that would only reset values that Clockify itself has changed since the last write."""
        moved = {
            name for name, (_, new) in changes.items() if (told := target.field(name).outgrown) and told(current, new)
        }
        if not moved:
            return moved
        written, is_created = self.ledger.written(target.name, found)
        unknown = set() if is_created else moved - written.keys()
        return unknown | {name for name in moved & written.keys() if written[name] == changes[name][1]}

    def _written_by_others(self, target: WritableObject, desired: Desired, found: str, changes: State) -> str:
        """Return the fields that a row would change back although rows of other streams wrote them in this run.

        The two streams would overwrite each other in every run.
        """
        owners = self.ledger.owners(target.name, [found]).get(found, ())
        me = desired.incoming.route.name
        others = {row.identity for row in owners if row.stream != me and self.seen.is_live(*row.identity)}
        if not others:
            return ""
        writers = self.ledger.writers(target.name, found)
        return ", ".join(name for name in changes if writers.get(name) in others)

    def _deletion(self, target: WritableObject, desired: Desired, found: str | None) -> Write | Unchanged:
        incoming = desired.incoming
        _require(target, Operation.DELETE)
        if found is None:
            if self._may_be_hidden(target, desired):
                msg = (
                    f"the key sees no such {target.noun}, so nobody can tell whether it is gone or hidden from it: use "
                    "an administrator's key"
                )
                raise RejectedError("not_visible", msg)
            return Unchanged(incoming, None, row=desired.row)
        if self.identities.claimants(target, found) - {incoming.identity}:
            return Unchanged(incoming, None, row=desired.row, left_standing=True)
        current, scope = self.mirror.get(target, found) or {}, desired.scope or ()
        if current:  # it is deleted from its actual list, which may differ from the one in the record
            scope = tuple(str(current.get(name)) for name in target.scope)
        self._check_house_rules(target, Operation.DELETE, current, {})
        lost = losses(target, current)
        entry = Entry(*incoming.identity, target.name, Operation.DELETE.value, found, lost, {"scope": list(scope)})
        return Write(incoming, Operation.DELETE, scope, desired.given, current, entry)

    def _may_be_hidden(self, target: WritableObject, desired: Desired) -> bool:
        """Return whether an object that was not found may exist, hidden from the key."""
        incoming, row = desired.incoming, desired.row
        object_id = (None if incoming.copied else incoming.id) or (row.id if row else None)
        if object_id is None or self.ledger.has_deleted(target.name, object_id):
            return False
        return not self.mirror.sees_all(target, desired.scope)

    # -- additional effects -----------------------------------------------------------------------

    def _beside(self, target: WritableObject) -> dict[str, list[State]]:
        purpose = f"which values this write would reset to defaults in a {target.noun}"
        return {name: self.mirror.needed(BY_NAME[name], purpose) for name in target.beside}

    def _check_house_rules(self, target: WritableObject, operation: Operation, current: State, wanted: State) -> None:
        """Reject a write that the settings of the workspace forbid.

        Raises:
            RejectedError: The message lists every violated rule.
        """
        if problems := forbidden(self.mirror, target, operation, current, wanted):
            raise RejectedError("workspace_rule", problems)

    def _in_currency(self, target: Writable, desired: Desired, current: State) -> tuple[State, list[str]]:
        """Return the fields of a record with amounts in the currency in force, and the fields that a copy omits.

        Raises:
            RejectedError: The record has another currency.
        """
        incoming, given = desired.incoming, desired.given
        field = target.by_name.get(COLUMN)
        found = {name: set(stated(value)) for name, value in given.items() if name in target.by_name}
        if field and field.modifier and given.get(COLUMN):
            found[COLUMN] = {code_of(given[COLUMN])}
        elif field and isinstance(target, Procedure):  # the parameter has no default that is right for every workspace
            found[COLUMN] = {code_of(given.get(COLUMN))}
        # An amount keeps its current currency, unless the object that determines the currency is another one or was
        # written.
        after = {**current, **given}
        is_settled = owner_of(target, current) == owner_of(target, after) and not self._owner_was_written(target, after)
        known = {name: set(stated(current.get(name))) if is_settled else set() for name in found}
        if not any(codes - known[name] for name, codes in found.items()):
            return given, []
        code = in_force(self.mirror, target, after)
        if field and not field.modifier and not given.get(COLUMN):
            return ({**given, COLUMN: code} if code else given), []
        wrong = [name for name, codes in found.items() if code and codes - known[name] - {code, ""}]
        if not wrong:
            return given, []
        if incoming.copied and COLUMN not in wrong and not {*wrong} & {*target.required(Operation.INSERT)}:
            kept = {name: without_amounts(value, code) if name in wrong else value for name, value in given.items()}
            left_out = [f"{name} of {target.name}" for name in wrong]
            return {name: value for name, value in kept.items() if value is not None or given[name] is None}, left_out
        stated_codes = ", ".join(sorted(set().union(*(found[name] for name in wrong)) - {code, ""}))
        named = ", ".join(wrong)
        msg = f"{named} must be in {code}, the currency in force, not in {stated_codes}: Clockify converts none"
        raise RejectedError("other_currency", msg)

    def _owner_was_written(self, target: Writable, given: State) -> bool:
        owner = owner_of(target, given)
        state = self.mirror.get(*owner) if owner else None
        if owner is None or state is None:
            return False
        return self.mirror.as_listed(*owner) is None or self._owner_was_written(owner[0], state)

    def _with_unreadable(
        self, target: WritableObject, object_id: str, given: State, changes: dict[str, tuple[Any, Any]]
    ) -> tuple[State, list[str]]:
        """Return an update plus the last written values of fields that it would reset, and the unknown fields."""
        replacing = [part for part in target.parts if not part.partial and not changes.keys().isdisjoint(part.fields)]
        replaced = {name for part in replacing for name in part.fields}
        lacking = [one.name for one in target.fields if one.reset and one.name in replaced and one.name not in given]
        if not lacking:
            return given, []
        written, is_created = self.ledger.written(target.name, object_id)
        unknown = [] if is_created else [name for name in lacking if name not in written]
        return {**given, **{name: written[name] for name in lacking if name in written}}, unknown


def _kind_of(one: Field) -> str:
    """Return what a field refers to by an id or a list of ids; empty for other fields, and for those that are fixed."""
    if one.fixed or not one.refers:
        return ""
    return one.refers if isinstance(one.refers, str) else one.refers.get("[]", "")


def _says_something(one: Field, value: Any) -> bool:
    """Return whether a value differs from that of a new object: 0 and false do, but a flag starts as false."""
    return bool(value) or (value is not None and value in (0, False) and one.kind is not FLAG)


def _require(target: WritableObject, operation: Operation) -> None:
    if operation not in target.operations:
        able = ", ".join(one.value for one in target.operations)
        msg = f"{target.name} cannot be {_VERBS[operation]}: Clockify offers {able} for them"
        raise RejectedError("unsupported", msg)
