"""Finds the objects that Clockify deletes or changes together with a deleted object, so that an undo can restore them.

When a project is deleted, Clockify also deletes its tasks, and clears the project of its time entries. The response to
the deletion does not show that, so these objects are read before. An object that refers to the deleted one in an
unchangeable field is deleted, too. Any other object loses the reference.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from target_clockify.books.ledger import Entry
from target_clockify.decide.decisions import differences, losses
from target_clockify.model.declaration import UNKNOWN, Operation
from target_clockify.model.objects import BY_NAME, GOES_WITH, REFERS_TO
from target_clockify.model.procedures import has_role
from target_clockify.understand.references import referred, without

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from target_clockify.books.ledger import Ledger
    from target_clockify.decide.decisions import Write
    from target_clockify.mirror import Mirror, Scope
    from target_clockify.model.declaration import State, WritableObject

_ONE_BY_ONE = 3
"""Above this number of objects, long lists are read once as a whole, instead of filtered for each object."""

_Doomed = dict[tuple[str, str], "Write"]


class Consequences:
    """Finds the objects that are deleted or changed together with others.

    Args:
        mirror: The current workspace.
        ledger: Knows the rows of the deleted objects.
        supposes: This is a dry run, in which the mirror contains assumed objects that Clockify does not have.
    """

    def __init__(self, mirror: Mirror, ledger: Ledger, *, supposes: bool = False) -> None:
        self._mirror = mirror
        self._ledger = ledger
        self._supposes = supposes

    def prepare(self, doomed: Iterable[tuple[str, str]]) -> None:
        """Read the objects that may be affected, by name and id, before the mirror contains assumed writes."""
        ids: dict[str, list[str]] = {}
        for name, object_id in doomed:
            ids.setdefault(name, []).append(object_id)
        for name, some in ids.items():
            lists = [(child, self._scopes(child, {by: some})) for child, by in GOES_WITH.get(name, ())]
            lists += [(other, self._scopes(other, {})) for other, _ in REFERS_TO.get(name, ())]
            for other, scopes in lists:
                if not self._mirror.is_ruled_out(other):
                    self._mirror.ensure((other, scope) for scope in scopes)

    def note(self, writes: Iterable[Write]) -> None:
        """Add to each of these deletions what Clockify will delete and change together with its object."""
        by_name: dict[str, list[Write]] = {}
        for write in writes:
            if write.operation is Operation.CALL:
                self._note_call(write)
            elif write.operation in {Operation.UPDATE, Operation.DELETE}:
                first = write.target.delete.first if write.target.delete and write.operation is Operation.DELETE else {}
                given = {**write.given, **first}
                write.consequences = list(self._entailed(write.target, str(write.entry.id), given, write.current))
            if write.operation is Operation.DELETE:
                by_name.setdefault(write.target.name, []).append(write)
        for name, some in by_name.items():
            self._note(BY_NAME[name], some)

    def _note(self, target: WritableObject, writes: Sequence[Write]) -> None:
        self._complete_states(target, writes)
        doomed: _Doomed = {(target.name, str(write.entry.id)): write for write in writes}
        gone = list(self._gone(target, doomed))
        rows = {name: self._ledger.owners(name, [one for of, one in doomed if of == name]) for name, _ in doomed}
        found: dict[int, list[Entry]] = {}
        for write, child, state in gone:
            object_id = str(state["id"])
            row = next(iter(rows[child.name].get(object_id, ())), None)
            identity = row.identity if row else ("", object_id)
            scope = [str(state[name]) for name in child.scope]
            entry = Entry(*identity, child.name, Operation.DELETE.value, object_id, losses(child, state))
            entry.recovery = {"scope": scope, "with": write.entry.id, **_for_good(child, state)}
            found.setdefault(id(write), []).append(entry)
        for write, other, state, left in self._bereft(target, doomed):
            object_id = str(state["id"])
            changes = {name: (state[name], value) for name, value in left.items()}
            entry = Entry("", object_id, other.name, Operation.UPDATE.value, object_id, changes)
            entry.recovery = {"scope": [str(state[name]) for name in other.scope], "with": write.entry.id}
            found.setdefault(id(write), []).append(entry)
        for write, user in self._managers(target, writes):
            entry = Entry("", f"{user['userId']}:{write.entry.id}", "RemoveManagerRole", Operation.CALL.value)
            entry.changes = {name: (None, value) for name, value in user.items()}
            entry.recovery = {"with": write.entry.id}
            found.setdefault(id(write), []).append(entry)
        for write in writes:
            write.consequences = [*write.consequences, *found.get(id(write), [])]

    def _note_call(self, write: Write) -> None:
        """Record the changes of an object that a call makes, and their consequences, if the object can be read."""
        if write.procedure.brings is None:
            return
        name, id_field, fields = write.procedure.brings
        given = {**write.given, "workspaceId": self._mirror.reader.workspace}
        target, object_id = BY_NAME[name], str(given[id_field])
        scope = tuple(str(given[one]) for one in target.scope)
        self._mirror.ensure([(target, scope)])
        state = self._mirror.get(target, object_id)
        wanted = fields(given, state) if state else {}
        if state and wanted:
            wanted = target.adapt(wanted) if target.adapt else wanted
            changes = differences(target, state, wanted)
            write.entry.recovery |= {"scope": list(scope), "made": {"of": name, "id": object_id, "changes": changes}}
            write.consequences = list(self._entailed(target, object_id, {**given, **wanted}, state))

    def _entailed(self, target: WritableObject, object_id: str, given: State, current: State) -> Iterator[Entry]:
        """Yield the changes of other objects that a modifier in the row causes."""
        parents = [object_id]
        for one in target.entails(given, current) if target.entails else ():
            child = BY_NAME[one.of]
            scopes = self._scopes(child, {one.by: parents} if one.by in child.scope else {})
            found = [state for state in self._mirror.each(child, scopes) if str(state.get(one.by)) in parents]
            for state in found:
                if changes := differences(child, state, dict(one.becomes)):
                    entry = Entry("", str(state["id"]), child.name, Operation.UPDATE.value, str(state["id"]), changes)
                    entry.recovery = {"scope": [str(state[name]) for name in child.scope], "with": object_id}
                    yield entry
            parents = [str(state["id"]) for state in found]

    def _complete_states(self, target: WritableObject, writes: Sequence[Write]) -> None:
        """Complete the journal's data about the deleted objects, since lists may lack some fields."""
        hidden = [one.name for one in target.fields if one.unreadable]
        if target.listing.detail:
            self._mirror.detail(target, [str(write.entry.id) for write in writes])
        for write in writes:
            state = self._mirror.get(target, str(write.entry.id)) or {}
            write.entry.recovery |= _for_good(target, state)
            if target.listing.detail:
                write.entry.changes = losses(target, state)
            filled_in = target.create.defaults if target.create else {}
            empty = [name for name, value in filled_in.items() if value is UNKNOWN and state.get(name) is None]
            write.entry.changes |= dict.fromkeys(empty, (None, None))
            written = self._ledger.written(target.name, str(write.entry.id))[0] if hidden else {}
            known = {name: (written[name], None) for name in hidden if written.get(name) is not None}
            write.entry.changes = {**write.entry.changes, **known}

    def _gone(self, target: WritableObject, doomed: _Doomed) -> Iterator[tuple[Write, WritableObject, State]]:
        """Yield objects that are deleted too, each with the deletion that causes it, and add them to `doomed`."""
        for child, by in GOES_WITH.get(target.name, ()):
            parents = sorted(one for of, one in doomed if of == target.name)
            for state in self._listed(child, self._scopes(child, {by: parents}), doomed):
                place = (target.name, str(state.get(by)))
                if place in doomed and (child.name, str(state["id"])) not in doomed:
                    doomed[child.name, str(state["id"])] = doomed[place]
                    yield doomed[place], child, state
            yield from self._gone(child, doomed)

    def _bereft(self, target: WritableObject, doomed: _Doomed) -> Iterator[tuple[Write, WritableObject, State, State]]:
        """Yield objects that remain but lose a reference: deletion, object, its state, and its future fields."""
        referring: dict[str, set[str]] = {}
        for name in dict.fromkeys(of for of, _ in doomed):
            for other, field in REFERS_TO.get(name, ()):
                referring.setdefault(other.name, set()).add(field)
        for name, fields in referring.items():
            other = BY_NAME[name]
            for state in self._referring(target, other, doomed):
                left = without(other, {one: state.get(one) for one in fields}, doomed)
                if left and (name, str(state["id"])) not in doomed:
                    lost = referred(other, {one: state[one] for one in left})
                    places = ((name, one) for names, one in lost for name in names.split("|"))
                    yield next(doomed[place] for place in places if place in doomed), other, state, left

    def _managers(self, target: WritableObject, writes: Sequence[Write]) -> Iterator[tuple[Write, State]]:
        """Yield roles that end with objects: each deletion, and the parameters of the call that removes the role."""
        if target.managed_by is None:
            return
        role, beside = target.managed_by
        for user in self._mirror.each(BY_NAME["users"]):
            for write in writes:
                given = {"userId": str(user["id"]), "role": role, "entityId": str(write.entry.id)}
                if has_role(given, user):
                    yield write, {**given, **beside}

    # -- reading -------------------------------------------------------------------------------

    def _referring(self, target: WritableObject, other: WritableObject, doomed: _Doomed) -> Iterator[State]:
        """Yield the objects of kind `other` that may refer to deleted objects of `target`."""
        scopes = self._scopes(other, {})
        roots = [one for of, one in doomed if of == target.name]
        asked = [other.listing.narrowed.get(name) for one, name in REFERS_TO.get(target.name, ()) if one is other]
        params = [one for one in asked if one]  # an object that refers to a task also refers to its project
        if self._supposes or not params or len(roots) > _ONE_BY_ONE:
            yield from self._listed(other, scopes, doomed)
            return
        for param, root in product(params, roots):
            refused = 0
            for state in self._mirror.narrowed(other, scopes, {param: root}):
                if state is None:
                    refused += 1
                else:
                    yield state
            _note_unread([doomed[target.name, root]], other, refused)

    def _listed(self, target: WritableObject, scopes: Sequence[Scope], doomed: _Doomed) -> Iterator[State]:
        if not self._mirror.is_ruled_out(target):
            yield from self._mirror.each(target, scopes)
            _note_unread(doomed.values(), target, self._mirror.unread(target, scopes))

    def _scopes(self, target: WritableObject, known: Mapping[str, list[str]]) -> list[Scope]:
        """Return the lists that may contain an object of which only some parents are known."""
        above: list[list[str]] = []
        for name in target.scope:
            parent = BY_NAME[str(target.field(name).refers)]
            above.append(known.get(name) or [str(one["id"]) for one in self._mirror.each(parent)])
        return list(product(*above))


def _for_good(target: WritableObject, state: State) -> dict[str, list[str]]:
    """Return the journal note about parts of an object that an undo cannot restore."""
    lost = list(target.delete.for_good(state)) if target.delete and target.delete.for_good else []
    return {"lost": lost} if lost else {}


def _note_unread(writes: Iterable[Write], target: WritableObject, count: int) -> None:
    if count:
        for write in writes:
            write.entry.recovery.setdefault("unread", {})[target.name] = count
