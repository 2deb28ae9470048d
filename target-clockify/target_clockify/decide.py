"""Decides what becomes of a record: which operation, on which object, and what exactly differs."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from target_clockify.books.ledger import Entry, Row
from target_clockify.model.declaration import Operation
from target_clockify.model.objects import BY_NAME
from target_clockify.model.values import FLAG
from target_clockify.understand.currencies import COLUMN, Currencies, code_of, stated, without_amounts
from target_clockify.understand.record import RejectedError
from target_clockify.understand.validation import check

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from target_clockify.books.ledger import Ledger
    from target_clockify.mirror import Current, Scope
    from target_clockify.model.declaration import Field, State, WritableObject
    from target_clockify.scratch import Seen
    from target_clockify.settings import Settings
    from target_clockify.understand.record import Incoming

logger = logging.getLogger("target-clockify")

_VERBS = {Operation.INSERT: "inserted", Operation.UPDATE: "updated", Operation.DELETE: "deleted"}


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
        copied: The record is of another workspace.
        beside: Rows of further lists that the calls are made from.
        created: The ledger holds the object for one it created.
        unfinished: Some fields of the new object are left to the end of the run.
    """

    incoming: Incoming
    operation: Operation
    scope: Scope
    given: State
    current: State
    entry: Entry
    copied: bool = False
    beside: Mapping[str, Sequence[State]] = field(default_factory=dict)
    created: bool = False
    unfinished: bool = False

    @property
    def target(self) -> WritableObject:
        """The kind of object."""
        return self.incoming.route.object

    def row(self, object_id: str) -> Row:
        """Return the row of the ledger that this write makes, with its premises open: the next run compares once."""
        incoming = self.incoming
        scope = dict(zip(self.target.listing.scope, self.scope, strict=False))
        created = self.created or self.operation is Operation.INSERT
        return Row(
            *incoming.identity,
            self.target.name,
            object_id,
            scope,
            created,
            None if self.unfinished else incoming.seen,
        )


@dataclass
class Unchanged:
    """A record that says what is there already, and the id of the object that says it; None if it is gone already."""

    id: str | None
    scope: Scope = ()


def differences(target: WritableObject, current: State, given: State) -> dict[str, tuple[Any, Any]]:
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


def _says_something(one: Field, value: Any) -> bool:
    """Tell whether a value is more than what a new object has: 0 and false are, but for a flag."""
    return bool(value) or (value is not None and value in (0, False) and one.kind is not FLAG)


class Planner:
    """Makes writes out of records."""

    def __init__(self, settings: Settings, ledger: Ledger, current: Current, seen: Seen) -> None:
        self.moved: dict[tuple[str, str], Row] = {}  # rows that another key of their stream has taken over
        self.left_out: Counter[str] = Counter()  # what copies go without
        self.left_standing: dict[str, int] = {}
        self._seen = seen
        self._warned: set[str] = set()
        self._settings = settings
        self._ledger = ledger
        self._current = current
        self._workspace = settings.workspace_id
        self._currencies = Currencies(current, settings.workspace_id)

    def scope_of(self, incoming: Incoming, given: State, row: Row | None) -> Scope | None:
        """Return the list that a record's object is on, None where it does not tell."""
        names = incoming.route.object.listing.scope
        known = row.scope if row else {}
        values = [given.get(name) or known.get(name) for name in names]
        return None if any(value is None for value in values) else tuple(map(str, values))

    def planned(self, incoming: Incoming, given: State, scope: Scope | None, row: Row | None) -> Write | Unchanged:
        """Return what is to be done for a record whose references are resolved and whose list has been read.

        Raises:
            RejectedError: Nothing can be done.
        """
        target, wanted = incoming.route.object, incoming.route.operation
        if target.is_procedure:
            return self._call(incoming, given, row)
        if scope is not None and (refusal := self._current.refusal(target, scope)):
            raise RejectedError("not_permitted", str(refusal), status=refusal.status, code=refusal.code)
        if scope is None and not self._known_alone(incoming):
            if incoming.deleted and (target.listing.lookup or not incoming.id):
                return Unchanged(None)  # gone, or never made
            names = ", ".join(name for name in target.listing.scope if not given.get(name))
            msg = f"{names} is required: without it a {target.noun} can neither be made nor found"
            raise RejectedError("invalid", msg)
        if incoming.deleted or wanted == "delete":
            return self._deletion(incoming, given, scope, self._doomed(incoming, given, row))
        found = self._found(incoming, given, row)
        if found and not (row and row.id == found):
            row = self._taken_over(incoming, found) or row
        if found is None:
            return self._insertion(incoming, given, scope)
        if wanted == "insert":
            return Unchanged(found, scope or ())
        return self._update(incoming, given, scope or (), found, row)

    def _known_alone(self, incoming: Incoming) -> bool:
        """Tell whether a record names an object that can be found by its id alone."""
        target = incoming.route.object
        return bool(target.listing.lookup and incoming.id and self._current.has(target, incoming.id))

    def found_or_none(self, incoming: Incoming, given: State, row: Row | None) -> str | None:
        """Return the id of the object that a record is about, None if there is none or it is not clear."""
        try:
            return self._found(incoming, given, row)
        except RejectedError:
            return None

    def _found(self, incoming: Incoming, given: State, row: Row | None) -> str | None:
        target = incoming.route.object
        if target.name == "invoice_settings":
            return self._workspace
        if target.name == "workspaces":
            # A workspace that is copied from stands for the one that is written to; one without an id is a new one.
            return self._workspace if incoming.id or incoming.workspace else (row.id if row else None)
        if target.identity:
            identity = ":".join(str(given.get(name)) for name in target.identity)
            return identity if target.implied or self._current.has(target, identity) else None
        if incoming.id and self._current.has(target, incoming.id):
            return incoming.id
        if row and self._current.has(target, row.id):
            return row.id
        if incoming.id and incoming.workspace == self._workspace:
            msg = f"there is no such {target.noun} in the workspace any more"
            raise RejectedError("gone", msg)
        return self._matching(incoming, given)

    def _doomed(self, incoming: Incoming, given: State, row: Row | None) -> str | None:
        """Return the id of the object that a record deletes: it names it, became it, or asks for it by `match_on`."""
        target = incoming.route.object
        if target.identity:
            return self._found(incoming, given, row)
        if incoming.id and self._current.has(target, incoming.id):
            return incoming.id
        if row and self._current.has(target, row.id):
            return row.id
        asked = incoming.route.operation == "delete" and incoming.route.match_on
        return self._matching(incoming, given) if asked else None

    def _taken_over(self, incoming: Incoming, found: str) -> Row | None:
        """Let a row take over the object that its stream knew under another key, which came no more."""
        target = incoming.route.object
        if target.several or self._is_copied(incoming) or incoming.key == found:
            return None
        owners = self._ledger.owners(target.name, [found]).get(found, [])
        old = [row for row in owners if row.stream == incoming.route.name and row.key != incoming.key]
        if not old:
            return None
        key = incoming.key
        dry = self._settings.dry_run
        moved = replace(old[0], key=key, record_hash=None, state_hash=None) if dry else self._ledger.move(old[0], key)
        self.moved[incoming.identity] = moved
        return moved

    def _matching(self, incoming: Incoming, given: State) -> str | None:
        target = incoming.route.object
        usable = (incoming.route.match_on,) if incoming.route.match_on else (target.natural, target.otherwise)
        natural = next((some for some in usable if some and given.get(some[0]) not in (None, "")), None)
        if natural is None:
            return None
        # What a row does not state of a natural key may be anything; a copy says all of it.
        fields = natural if self._is_copied(incoming) else tuple(name for name in natural if name in given)
        found = self._current.matching(target, fields, given)
        owners = self._ledger.owners(target.name, found) if found else {}
        free = [one for one in found if self._is_free(incoming, owners.get(one, ()))]
        if len(free) > 1:
            msg = (
                f"{len(free)} {target.name} agree with the record in {', '.join(fields)}: add what tells them apart, "
                f"or the id of the one that is meant"
            )
            raise RejectedError("ambiguous_match", msg)
        if found and not free and not target.several and natural == target.natural and self._is_one_too_many(incoming):
            named = ", ".join(fields)
            msg = f"another row is the {target.noun} of this {named}; only the operation insert makes a second"
            raise RejectedError("duplicate", msg)
        return free[0] if free else None

    def _is_free(self, incoming: Incoming, owners: Iterable[Row]) -> bool:
        """Tell whether a record may stand for an object that these rows stand for.

        Another stream may claim the same object. A row of its own stream keeps it as long as its key still comes.
        """
        others = [row for row in owners if row.identity != incoming.identity]
        if incoming.route.object.several or self._is_copied(incoming) or incoming.route.operation == "insert":
            return not others
        mine = [row for row in others if row.stream == incoming.route.name]
        return not any(self._seen.is_live(*row.identity) for row in mine)

    def _is_one_too_many(self, incoming: Incoming) -> bool:
        """Tell whether a record is not to become a second object of a natural key: nobody asks for one, or has it."""
        asked = incoming.deleted or incoming.route.operation in {"insert", "delete"}
        return not (asked or self._is_copied(incoming))

    def _call(self, incoming: Incoming, given: State, row: Row | None) -> Write | Unchanged:
        """A procedure is called once for each new or changed record; one that adds up, once for each key."""
        target = incoming.route.object
        if incoming.deleted or (row and row.record_hash == incoming.seen):
            return Unchanged(None)
        if row and not target.repeatable:
            msg = (
                f"{target.name} was called with other values under this key, and each call adds to what is there: "
                "give a further call a key of its own"
            )
            raise RejectedError("changed_call", msg)
        check(target, Operation.CALL, given, read_shape=False)
        given = self._in_currency(incoming, given, {})
        named = incoming.workspace or given.get("workspaceId")
        if named and named != self._workspace:
            msg = "workspaceId names another workspace than the one that is written to"
            raise RejectedError("other_workspace", msg)
        last = self._ledger.last_status(*incoming.identity)
        if not target.repeatable and last == "unknown":
            msg = "a killed run left open whether this call took place; check it, and send it again under another key"
            raise RejectedError("unknown_outcome", msg)
        return self._write(incoming, Operation.CALL, (), given, {}, None, {}, {})

    # -- the three operations ------------------------------------------------------------------

    def _insertion(self, incoming: Incoming, given: State, scope: Scope | None) -> Write:
        target = incoming.route.object
        if incoming.route.operation == "update":
            msg = f"no {target.noun} of this key is known or found, and the stream only updates"
            raise RejectedError("not_found", msg)
        self._require(target, Operation.INSERT)
        given = self._in_currency(incoming, given, {})
        check(target, Operation.INSERT, given, read_shape=incoming.read_shape)
        if target.create and target.create.irreversible and not self._settings.allow_irreversible:
            msg = f"a new {target.noun} could never be taken back; set allow_irreversible to insert {target.name}"
            raise RejectedError("irreversible", msg)
        if not target.recognised_by and self._ledger.last_status(*incoming.identity) == "unknown":
            msg = f"a killed run left open whether this {target.noun} was made; check it, and send it under another key"
            raise RejectedError("unknown_outcome", msg)
        recovery: dict[str, Any] = {"scope": list(scope or ())}
        if target.recognised_by:
            recovery["given"] = {name: given.get(name) for name in target.recognised_by}
            recovery["before"] = self._current.matching(target, target.recognised_by, given)
        changes = {name: (None, value) for name, value in given.items() if value is not None}
        interim = target.interim if self._is_copied(incoming) else {}
        given = {**given, **interim}
        postponed = {name for name in target.last if _says_something(target.field(name), given.get(name))}
        given = {name: value for name, value in given.items() if name not in postponed}
        write = self._write(incoming, Operation.INSERT, scope or (), given, {}, None, changes, recovery)
        write.unfinished = bool(postponed or interim)
        return write

    def _update(self, incoming: Incoming, given: State, scope: Scope, found: str, row: Row | None) -> Write | Unchanged:
        target = incoming.route.object
        if target.name == "workspaces" and found != self._workspace:
            return Unchanged(found)
        current = self._current.get(target, found) or {name: given.get(name) for name in target.identity}
        given = self._in_currency(incoming, given, current)
        changes = differences(target, current, given)
        if row and row.record_hash == incoming.seen:
            # What Clockify does not tell was written with this very record, and what it settled otherwise stays so.
            settled = {one.name for one in target.fields if one.unreadable or (one.fixed and row.created)}
            changes = {name: change for name, change in changes.items() if name not in settled}
        if not changes:
            return Unchanged(found, scope)
        self._require(target, Operation.UPDATE)
        if target.fixed_by and (reason := target.fixed_by(current)):
            raise RejectedError("unsupported", reason)
        given = self._with_unreadable(target, found, given, changes)
        check(target, Operation.UPDATE, given, read_shape=incoming.read_shape)
        fixed = [name for name in changes if target.field(name).fixed]
        if fixed:
            msg = f"{', '.join(fixed)} of a {target.noun} cannot be changed once it exists"
            raise RejectedError("fixed", msg)
        write = self._write(incoming, Operation.UPDATE, scope, given, current, found, changes, {})
        write.created = row is not None and row.created
        return write

    def _in_currency(self, incoming: Incoming, given: State, current: State) -> State:
        """Return the fields of a record whose amounts are in the currency in force; a copy goes without the others.

        Raises:
            RejectedError: The record states another currency.
        """
        target = incoming.route.object
        field = target.by_name.get(COLUMN)
        found = {name: set(stated(value)) for name, value in given.items() if name in target.by_name}
        if field and field.modifier and given.get(COLUMN):
            found[COLUMN] = {code_of(given[COLUMN])}
        elif field and target.is_procedure:  # a parameter of its own, which has no default that fits every workspace
            found[COLUMN] = {code_of(given.get(COLUMN))}
        known = {name: set(stated(current.get(name))) for name in found}
        if not any(codes - known[name] for name, codes in found.items()):
            return given
        code = self._currencies.in_force(target, {**current, **given})
        if field and not field.modifier and not given.get(COLUMN):
            return {**given, COLUMN: code} if code else given
        wrong = [name for name, codes in found.items() if code and codes - known[name] - {code, ""}]
        if not wrong:
            return given
        required = target.create.required if target.create else ()
        if self._is_copied(incoming) and COLUMN not in wrong and not {*wrong} & {*required}:
            self.left_out.update(f"{name} of {target.name}" for name in wrong)
            kept = {name: without_amounts(value, code) if name in wrong else value for name, value in given.items()}
            return {name: value for name, value in kept.items() if value is not None or given[name] is None}
        msg = f"{', '.join(wrong)} must be in {code}, the currency in force: Clockify converts none"
        raise RejectedError("other_currency", msg)

    def _with_unreadable(
        self, target: WritableObject, object_id: str, given: State, changes: dict[str, tuple[Any, Any]]
    ) -> State:
        """Return the fields of an update with those that it would reset, as they were written last."""
        replacing = [part for part in target.parts if not part.partial and not changes.keys().isdisjoint(part.fields)]
        replaced = {name for part in replacing for name in part.fields}
        lacking = [one.name for one in target.fields if one.reset and one.name in replaced and one.name not in given]
        if not lacking:
            return given
        written, is_created = self._ledger.written(target.name, object_id)
        unknown = [name for name in lacking if name not in written]
        if unknown and not is_created and target.name not in self._warned:
            self._warned.add(target.name)
            named = ", ".join(unknown)
            logger.warning(
                "%s: an update sets %s back to the default where a row does not state it: Clockify does not tell it",
                target.name,
                named,
            )
        return {**given, **{name: written[name] for name in lacking if name in written}}

    def _deletion(self, incoming: Incoming, given: State, scope: Scope | None, found: str | None) -> Write | Unchanged:
        target = incoming.route.object
        self._require(target, Operation.DELETE)
        if found is None:
            return Unchanged(None)
        rows = self._ledger.owners(target.name, [found]).get(found, ())
        claimants = {*(row.identity for row in rows), *self._seen.claimants(target.name, found)}
        if claimants - {incoming.identity}:
            stream = incoming.route.stream
            self.left_standing[stream] = self.left_standing.get(stream, 0) + 1
            return Unchanged(None)
        current = self._current.get(target, found) or {}
        if current:  # it goes from where it is, which need not be where the record says
            scope = tuple(str(current.get(name)) for name in target.listing.scope)
        return self._write(incoming, Operation.DELETE, scope or (), given, current, found, {}, {})

    def _write(  # noqa: PLR0913, PLR0917
        self,
        incoming: Incoming,
        operation: Operation,
        scope: Scope,
        given: State,
        current: State,
        object_id: str | None,
        changes: dict[str, tuple[Any, Any]],
        recovery: dict[str, Any],
    ) -> Write:
        target = incoming.route.object
        entry = Entry(*incoming.identity, target.name, operation.value, object_id, changes, recovery)
        copied = self._is_copied(incoming)
        whole = operation is Operation.UPDATE or (operation is Operation.INSERT and copied)
        beside = {name: self._current.whole(BY_NAME[name]) for name in target.beside} if whole else {}
        return Write(incoming, operation, scope, given, current, entry, copied, beside)

    def _is_copied(self, incoming: Incoming) -> bool:
        return incoming.workspace is not None and incoming.workspace != self._workspace

    def _require(self, target: WritableObject, operation: Operation) -> None:
        if operation not in target.operations:
            able = ", ".join(one.value for one in target.operations)
            msg = f"{target.name} cannot be {_VERBS[operation]}: Clockify offers {able} for them"
            raise RejectedError("unsupported", msg)
