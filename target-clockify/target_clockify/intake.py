"""Decides records in chunks: which are unchanged, which must wait, and which lead to a write."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from target_clockify import waiting
from target_clockify.books.ledger import Row
from target_clockify.decide.decider import Decider
from target_clockify.decide.decisions import Desired, Recognised, Rejected, Unchanged, Waits, Write, differences
from target_clockify.errors import RejectedError
from target_clockify.mirror import digest
from target_clockify.model.declaration import Operation, Procedure, WritableObject
from target_clockify.model.objects import BY_NAME, DELETED_AFTER
from target_clockify.understand.keys import is_clockify_id
from target_clockify.understand.references import References, UnresolvedError, referred
from target_clockify.understand.zones import Zones, in_zone, lacks_offset

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from target_clockify.books.ledger import Ledger
    from target_clockify.copying import Copying
    from target_clockify.decide.decisions import Decision
    from target_clockify.half_built import HalfBuilt
    from target_clockify.mirror import Mirror, Scope
    from target_clockify.model.declaration import State
    from target_clockify.scratch import Seen
    from target_clockify.settings import Settings
    from target_clockify.under_way import UnderWay
    from target_clockify.understand.route import Incoming, Route

Rows = dict[tuple[str, str], Row]
"""Rows of the ledger, by stream and key."""

_Place = tuple[WritableObject, "Scope", str]

_TURNS = {
    **dict.fromkeys(range(waiting.DELETIONS, waiting.LATE), "the deletions"),
    waiting.LATE: "the end of the run",
    waiting.LATEST: "the very end of the run",
}


class Intake:
    """Decides records; used only by the thread that reads them."""

    def __init__(  # noqa: PLR0913, PLR0917
        self,
        settings: Settings,
        ledger: Ledger,
        mirror: Mirror,
        seen: Seen,
        under_way: UnderWay,
        copying: Copying,
        half_built: HalfBuilt,
    ) -> None:
        self.references = References(ledger, mirror, BY_NAME)
        self.turn = 0
        self.deletes = 0
        self._decider = Decider(ledger, mirror, seen, settings.allow_irreversible, settings.rebuilds_ledger)
        self._ledger = ledger
        self._mirror = mirror
        self._seen = seen
        self._under_way = under_way
        self._copying = copying
        self._half_built = half_built
        self._zones = Zones(settings.time_zone, mirror.reader, self.user)
        self._max_deletes = settings.max_deletes
        self._named: set[tuple[str, str | None]] = set()  # objects that writes of this run refer to

    def decisions(self, incoming: list[Incoming]) -> list[Decision]:
        """Return the decision for each record of a chunk. From now on its writes count as being sent."""
        rows = self._known(incoming)
        closer, found = self._without_unchanged(incoming, rows)
        desired, others = self._desired(closer, rows)
        self._read_more(desired)
        return [*found, *others, *(self._decision(one) for one in desired)]

    def foreseen(self, one: Incoming) -> RejectedError | None:
        """Return why a new object of a record would be rejected even if all its references existed.

        Return None if there is no reason, or if the record may belong to an existing object.
        """
        target = one.route.object
        may_be_known = one.id or one.route.operation not in {"auto", "insert", "upsert"} or target.natural_keys
        if one.deleted or may_be_known or not isinstance(target, WritableObject):
            return None
        if self._ledger.known(one.route.name, [one.key]):
            return None
        try:
            given = self._settled(one, self.references.as_far_as_known(one), None)
            self._decider.check_new(target, given, read_shape=one.read_shape)
        except ValueError as error:
            return RejectedError("invalid", str(error))
        except RejectedError as error:
            return error
        return None

    def _decision(self, desired: Desired) -> Decision:
        one = desired.incoming
        is_call = isinstance(one.route.object, Procedure)
        if is_call and (awaited := self._under_way.in_the_way_of_call(desired)):
            return Waits(one, awaited, awaited.what)
        if awaited := self._under_way.in_the_way_of_amounts(desired):
            return Waits(one, awaited, awaited.what)
        try:
            decision = self._mirror.answer(lambda: self._decider.decide(desired))
            self._claim(decision, desired.row)
            if not isinstance(decision, Write):
                return self._unless_occupied(decision)
            if obstacle := self._obstacle(decision):
                return Waits(one, *obstacle)
            self._count(decision)
        except RejectedError as error:
            return Rejected(one, error)
        if decision.operation is not Operation.DELETE:
            self._named.update(referred(one.route.object, decision.given))
        self._copying.leave_out(decision.left_out)
        self._under_way.begin(decision)
        return decision

    def _obstacle(self, write: Write) -> tuple[waiting.Awaited, str] | None:
        """Return what a write must wait for, and why."""
        if awaited := self._under_way.in_the_way_of(write):
            return awaited, "a write that is under way"
        if write.operation is not Operation.DELETE and (parent := self._half_built.in_the_way_of(write)):
            return parent
        turn = _turn_of(write)
        return (waiting.turn(turn), _TURNS[turn]) if turn > self.turn else None

    def _unless_occupied(self, decision: Unchanged | Recognised) -> Unchanged | Recognised | Waits:
        """Make a record wait if its object is being written: it was compared with the state before that write."""
        one = decision.incoming
        occupied = waiting.written(one.route.object.name, decision.id or "")
        return Waits(one, occupied, occupied.what) if self._under_way.has(occupied) else decision

    def _claim(self, decision: Unchanged | Recognised | Write, row: Row | None) -> None:
        """Remember the object of a record, unless the ledger knows it: no other row may delete that object."""
        one = decision.incoming
        object_id = decision.entry.id if isinstance(decision, Write) else decision.id
        if one.deleted or object_id is None or (row and row.id == object_id):
            return
        self._seen.claim(one.route.object.name, object_id, *one.identity)

    def _count(self, write: Write) -> None:
        if write.operation is not Operation.DELETE:
            return
        if (write.target.name, write.entry.id) in self._named:
            msg = "another row of this input was written with a reference to it"
            raise RejectedError("in_use", msg)
        if self._max_deletes is not None and self.deletes >= self._max_deletes:
            msg = f"more than the {self._max_deletes} deletions that max_deletes allows"
            raise RejectedError("max_deletes", msg)
        self.deletes += 1

    # -- unchanged records ----------------------------------------------------------

    def _known(self, incoming: list[Incoming]) -> Rows:
        keys: dict[str, list[str]] = {}
        for one in incoming:
            keys.setdefault(one.route.name, []).append(one.key)
        return {
            (stream, key): row for stream, some in keys.items() for key, row in self._ledger.known(stream, some).items()
        }

    def _without_unchanged(self, incoming: list[Incoming], rows: Rows) -> tuple[list[Incoming], list[Unchanged]]:
        """Return the records that must be compared, and the unchanged ones.

        A record is unchanged if it is equal to the row of the list, or if neither has changed since the last
        comparison.
        """
        places = [_place(one, rows.get(one.identity)) for one in incoming]
        self._mirror.ensure({(place[0], place[1]): None for place in places if place})
        blobs = self._blobs(place for place in places if place)
        closer: list[Incoming] = []
        unchanged: list[Unchanged] = []
        is_busy = bool(self._under_way)
        for one, place in zip(incoming, places, strict=True):
            blob = blobs.get((place[0].name, place[2])) if place else None
            occupied = place and is_busy and self._under_way.has(waiting.written(place[0].name, place[2]))
            if place and blob is not None and not occupied:
                row = rows.get(one.identity)
                known = row is not None and row.record_hash == one.seen and row.state_hash == digest(blob)
                if known or (one.id == place[2] and one.route.says(one, blob)):
                    if place[2] != one.key:
                        self._ledger.suppose(place[0].name, *one.identity, place[2])
                    unchanged.append(Unchanged(one, place[2], looked_at=False))
                    continue
            closer.append(one)
        return closer, unchanged

    def _blobs(self, places: Iterable[_Place]) -> dict[tuple[str, str], bytes]:
        ids: dict[str, list[str]] = {}
        for target, _, object_id in places:
            ids.setdefault(target.name, []).append(object_id)
        return {
            (name, object_id): blob
            for name, some in ids.items()
            for object_id, blob in self._mirror.blobs(BY_NAME[name], some).items()
        }

    # -- changed records -----------------------------------------------------------------------

    def _desired(self, closer: list[Incoming], rows: Rows) -> tuple[list[Desired], list[Waits | Rejected]]:
        """Return the wanted fields of records whose references are resolved; read the lists that they need."""
        others: list[Waits | Rejected] = []
        alone = [one.route.object for one in closer if isinstance(one.route.object, WritableObject)]
        self._mirror.ensure({(target, ()): None for target in alone if not target.scope})
        resolved = [(one, given) for one in closer if (given := self._resolved(one, others)) is not None]
        self._read_owners(resolved)
        desired: list[Desired] = []
        for one, given in resolved:
            row = rows.get(one.identity)
            try:
                settled = self._settled(one, given, row)
            except ValueError as error:
                others.append(Rejected(one, RejectedError("invalid", str(error))))
            except RejectedError as error:
                others.append(Rejected(one, error))
            else:
                desired.append(Desired(one, settled, _scope(one, settled, row), row))
        self._mirror.ensure(dict.fromkeys(_lists(desired)))
        self._mirror.ensure(self._other_lists(desired))
        return desired, others

    def _other_lists(self, desired: list[Desired]) -> dict[tuple[WritableObject, Scope], None]:
        """Return the other lists that may contain an object that is not below the parent in the record.

        The object cannot be moved to that parent, and must not be created a second time.
        """
        searched: dict[WritableObject, None] = {}
        for target, one in _of_objects(desired):
            incoming = one.incoming
            findable = len(target.scope) == 1 and not (target.identity or target.listing.lookup)
            known = incoming.workspace is not None or incoming.route.operation == "insert" or one.row is not None
            if incoming.id and one.scope and findable and not known and not self._mirror.has(target, incoming.id):
                searched[target] = None
        parents = {target: BY_NAME[str(target.field(target.scope[0]).refers)] for target in searched}
        self._mirror.ensure((parent, ()) for parent in parents.values())
        return {
            (target, (str(one["id"]),)): None
            for target, parent in parents.items()
            for one in self._mirror.whole(parent)
        }

    def _resolved(self, one: Incoming, others: list[Waits | Rejected]) -> State | None:
        try:
            one.route.fill(one)
            given, absent = self.references.resolved(one)
        except UnresolvedError as error:
            first = error.missing[0]
            others.append(Waits(one, waiting.reference(first.name, first.value), str(error)))
        except RejectedError as error:
            others.append(Rejected(one, error))
        else:
            self._copying.leave_out(absent)
            return given
        return None

    def _settled(self, one: Incoming, given: State, row: Row | None) -> State:
        """Return the fields of a record with every time in UTC, and with derived fields.

        Raises:
            ValueError: A time cannot be determined.
            RejectedError: Fields contradict each other.
        """
        target = one.route.object
        if not one.deleted:
            given = in_zone(target, given, lambda: self._zones.of(self._person(one, given, row)))
        given = one.route.settled(one, given)
        if isinstance(target, WritableObject) and target.consults is not None:
            name, informed = target.consults
            list_of = self._mirror.whole if one.deleted else partial(self._mirror.needed, purpose="what the row means")
            given = informed(given, self._mirror.answer(lambda: list_of(BY_NAME[name])))
        if isinstance(target, Procedure) and not one.deleted and not (row and row.record_hash == one.seen):
            one.seen = _content_hash(one.route, given)
        return given

    def _read_owners(self, resolved: Iterable[tuple[Incoming, State]]) -> None:
        """Read the objects of records that do not name a person, to find the time zone of local times."""
        alone: dict[str, list[str]] = {}
        for one, given in resolved:
            target = one.route.object
            if "userId" in target.by_name and one.id and not given.get("userId") and lacks_offset(target, given):
                alone.setdefault(target.name, []).append(one.id)
        for target in (BY_NAME[name] for name in alone if name in BY_NAME):
            if target.listing.lookup:
                self._mirror.look_up(target, alone[target.name])
            elif not target.scope:
                self._mirror.ensure([(target, ())])

    def _person(self, one: Incoming, given: State, row: Row | None) -> str | None:
        """Return the id of the person of a record, None if its object has no person.

        Raises:
            ValueError: The person is not known.
        """
        target = one.route.object
        if "userId" not in target.by_name:
            return None
        known = given.get("userId") or (row.scope.get("userId") if row else None)
        if isinstance(target, WritableObject):
            object_id = one.id or (row.id if row else None)
            known = known or ((self._mirror.get(target, object_id) or {}).get("userId") if object_id else None)
            if not known:
                msg = "a time has no offset, and userId does not tell whose time it is: add userId, or the offset"
                raise ValueError(msg)
        return str(known) if known else None

    def user(self, user_id: str) -> State | None:
        """Return a user of the workspace, None if the list of users does not contain them."""
        return self._mirror.answer(lambda: self._mirror.listed(BY_NAME["users"], user_id))

    def _read_more(self, desired: list[Desired]) -> None:
        """Read what lists lack: details that records mention, and objects that can be found only by id."""
        details: dict[WritableObject, list[str]] = {}
        alone: dict[WritableObject, list[str]] = {}
        for target, one in _of_objects(desired):
            incoming = one.incoming
            if incoming.id and (one.scope is None or (target.listing.lookup and not incoming.copied)):
                alone.setdefault(target, []).append(incoming.id)
        for target, ids in alone.items():
            self._mirror.look_up(target, ids)
        for target, one in _of_objects(desired):
            if target.listing.detailed and not one.incoming.deleted:
                found = self._decider.identities.found_or_none(target, one)
                if found and self._wants_detail(target, found, one.given):
                    details.setdefault(target, []).append(found)
        for target, ids in details.items():
            self._mirror.detail(target, ids)

    def _wants_detail(self, target: WritableObject, object_id: str, given: State) -> bool:
        """Return whether a record has, or would replace, a field that is only in the detail."""
        detailed = target.listing.detailed
        if not detailed.isdisjoint(given):
            return True
        changed = differences(target, self._mirror.get(target, object_id) or {}, given).keys()
        replaced = [part.fields for part in target.parts if not part.partial and not detailed.isdisjoint(part.fields)]
        return any(not changed.isdisjoint(fields) for fields in replaced)


def _of_objects(desired: list[Desired]) -> Iterator[tuple[WritableObject, Desired]]:
    for one in desired:
        if isinstance(target := one.incoming.route.object, WritableObject):
            yield target, one


def _place(one: Incoming, row: Row | None) -> _Place | None:
    """Return the list and the id of the object of a record, if the ledger or the record contain them."""
    target = one.route.object
    if not isinstance(target, WritableObject):
        return None
    if row and row.record_hash == one.seen and row.state_hash:
        return target, tuple(str(row.scope.get(name)) for name in target.scope), row.id
    if one.id and one.of_destination and one.route.literal and all(map(is_clockify_id, one.scope)):
        return target, tuple(map(str, one.scope)), one.id
    return None


def _scope(incoming: Incoming, given: State, row: Row | None) -> Scope | None:
    """Return the list of a record's object, None if the record does not name it."""
    known = row.scope if row else {}
    values = [given.get(name) or known.get(name) for name in incoming.route.object.scope]
    return None if any(value is None for value in values) else tuple(map(str, values))


def _lists(desired: list[Desired]) -> Iterator[tuple[WritableObject, Scope]]:
    """Yield the lists of records: the one they name, and the one where their object was written.

    A record that names another parent still belongs to the same object.
    """
    for target, one in _of_objects(desired):
        if one.scope is not None:
            yield target, one.scope
            if one.row and one.row.object == target.name and one.row.scope:
                yield target, tuple(str(one.row.scope.get(name)) for name in target.scope)


def _turn_of(write: Write) -> int:
    if write.operation is Operation.DELETE:
        return waiting.DELETIONS + DELETED_AFTER[write.target.name]
    if write.operation is Operation.CALL:
        return 0
    copying = write.target.copying
    if write.incoming.copied and copying.interim and write.operation is Operation.UPDATE:
        return waiting.LATEST
    turn = max(write.target.turn, copying.turn if write.incoming.copied else 0)
    return waiting.LATE + turn - 1 if turn else 0


def _content_hash(route: Route, given: State) -> bytes:
    """Return a hash of the parameters of a call, the same for every spelling and order."""
    content = msgspec.json.encode(route.canonical(given), enc_hook=str, order="sorted")
    return hashlib.blake2b(content, digest_size=16).digest()
