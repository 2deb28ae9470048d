"""Looks at records chunk by chunk: which say nothing new, which must wait, and what the others ask for."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Protocol

import msgspec

from target_clockify.books.ledger import Row
from target_clockify.decide import Planner, Unchanged, Write, differences
from target_clockify.mirror import digest, natural_value
from target_clockify.model.declaration import Operation
from target_clockify.model.objects import BY_NAME
from target_clockify.understand.record import RejectedError
from target_clockify.understand.references import References, UnresolvedError, referred
from target_clockify.understand.zones import Zones, in_zone, lacks_offset

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_clockify.books.ledger import Ledger
    from target_clockify.mirror import Current, Scope
    from target_clockify.model.declaration import State, WritableObject
    from target_clockify.scratch import Seen
    from target_clockify.settings import Settings
    from target_clockify.understand.record import Incoming, Route

Rows = dict[tuple[str, str], Row]
"""What the ledger knows of records, by stream and key."""

TURNS = ("", "the deletions", "the end of the run", "the very end of the run")
"""What records wait for whose turn has not come: see `WritableObject.turn`. A deletion waits until every other row has
said which objects it stands for."""

_Placed = list[tuple["Incoming", "State", "Scope | None"]]


class Desk(Protocol):
    """Where it is told what became of records that are not written."""

    def unchanged(self, one: Incoming, object_id: str | None) -> None:
        """Note a record that says what is there already."""

    def wait(self, one: Incoming, place: str, reason: str) -> None:
        """Let a record wait for something."""

    def reject(self, one: Incoming, error: RejectedError) -> None:
        """Note a record that cannot be written."""


def reference_place(name: str, key: str) -> str:
    """Return what records wait for that refer to an object by this key."""
    return f"{name}\0{key}"


def key_place(stream: str, key: str) -> str:
    """Return what records wait for whose key is being written."""
    return f"={stream}\0{key}"


def object_place(name: str, object_id: str) -> str:
    """Return what records wait for whose object, or one they refer to, is being written."""
    return f"=={name}\0{object_id}"


def natural_place(target: WritableObject, given: State) -> str:
    """Return what records wait for that must not become a second object of a natural key that is being written."""
    return f"==={target.name}\0{natural_value(target, target.natural, given).hex()}"


class Intake:
    """Decides about records; for the one thread that reads them."""

    def __init__(self, settings: Settings, ledger: Ledger, current: Current, seen: Seen, desk: Desk) -> None:
        self._seen = seen
        self.references = References(ledger, current, BY_NAME, settings.workspace_id)
        self._planner = Planner(settings, ledger, current, seen)
        self._ledger = ledger
        self._current = current
        self._desk = desk
        self._workspace = settings.workspace_id
        self._zones = Zones(settings.time_zone, current.reader, self._user)
        self._dry_run = settings.dry_run
        self._max_deletes = settings.max_deletes
        self.deletes = 0
        self.turn = 0
        self._busy: set[str] = set()  # places that are being written

    def is_busy(self, place: str) -> bool:
        """Tell whether a write is under way that others wait for."""
        return place in self._busy

    def take_up(self, write: Write) -> None:
        """Note that a write is under way."""
        self._busy.update(places_of(write))

    def lay_down(self, write: Write) -> None:
        """Note that a write is no longer under way."""
        self._busy.difference_update(places_of(write))

    def writes(self, incoming: list[Incoming]) -> list[Write]:
        """Return what a chunk of records asks for; the desk is told of the others."""
        rows = self._known(incoming)
        placed = self._placed(self._without_unchanged(incoming, rows), rows)
        self._read_more(placed, rows)
        writes: list[Write] = []
        compared: list[Row] = []
        for one, given, scope in placed:
            row = rows.get(one.identity)
            try:
                planned = self._planner.planned(one, given, scope, row)
                self._claim(one, planned, row)
                row = self._planner.moved.pop(one.identity, row)
                if isinstance(planned, Unchanged):
                    compared += self._premises(one, planned, row)
                    self._desk.unchanged(one, planned.id)
                elif place := self._awaited(planned):
                    self._desk.wait(one, place, "a write that is under way")
                elif (turn := self._turn_of(planned)) > self.turn:
                    self._desk.wait(one, TURNS[turn], TURNS[turn])
                else:
                    self._count(planned)
                    self.take_up(planned)
                    writes.append(planned)
            except RejectedError as error:
                self._desk.reject(one, error)
        self._ledger.remember(compared)
        return writes

    def _claim(self, one: Incoming, planned: Write | Unchanged, row: Row | None) -> None:
        """Note which object a record stands for, unless the ledger tells already: no other row may delete it."""
        object_id = planned.id if isinstance(planned, Unchanged) else planned.entry.id
        if one.deleted or object_id is None or (row and row.id == object_id):
            return
        self._seen.claim(one.route.object.name, object_id, *one.identity)

    @property
    def left_standing(self) -> dict[str, int]:
        """How many deletions were left out, by stream, since another row stands for their object."""
        return self._planner.left_standing

    @property
    def left_out(self) -> dict[str, int]:
        """What copies go without, and how often."""
        return {**self._planner.left_out, **self.references.left_out}

    # -- records that say nothing new ----------------------------------------------------------

    def _known(self, incoming: list[Incoming]) -> Rows:
        keys: dict[str, list[str]] = {}
        for one in incoming:
            keys.setdefault(one.route.name, []).append(one.key)
        return {
            (stream, key): row for stream, some in keys.items() for key, row in self._ledger.known(stream, some).items()
        }

    def _without_unchanged(self, incoming: list[Incoming], rows: Rows) -> list[Incoming]:
        """Return the records that need a closer look.

        The others repeat literally what the list has, or neither they nor what the list has changed since the two were
        last compared.
        """
        places = [self._place(one, rows.get(one.identity)) for one in incoming]
        self._current.ensure({(place[0], place[1]): None for place in places if place})
        blobs = self._blobs(place for place in places if place)
        closer = []
        for one, place in zip(incoming, places, strict=True):
            blob = blobs.get((place[0].name, place[2])) if place else None
            if place and blob is not None and not self.is_busy(object_place(place[0].name, place[2])):
                row = rows.get(one.identity)
                known = row is not None and row.record_hash == one.seen and row.state_hash == digest(blob)
                if known or (one.id == place[2] and one.route.says(one, blob)):
                    self._desk.unchanged(one, place[2])
                    continue
            closer.append(one)
        return closer

    def _place(self, one: Incoming, row: Row | None) -> tuple[WritableObject, Scope, str] | None:
        """Return where the object of a record is listed, and its id, if that is known without a closer look."""
        target = one.route.object
        names = target.listing.scope
        if target.is_procedure:
            return None
        if row and row.record_hash == one.seen and row.state_hash:
            return target, tuple(str(row.scope.get(name)) for name in names), row.id
        if one.id and one.workspace == self._workspace and one.route.literal and None not in one.scope:
            return target, tuple(map(str, one.scope)), one.id
        return None

    def _blobs(self, places: Iterable[tuple[WritableObject, Scope, str]]) -> dict[tuple[str, str], bytes]:
        ids: dict[str, list[str]] = {}
        for target, _, object_id in places:
            ids.setdefault(target.name, []).append(object_id)
        return {
            (name, object_id): blob
            for name, some in ids.items()
            for object_id, blob in self._current.blobs(BY_NAME[name], some).items()
        }

    def _premises(self, one: Incoming, unchanged: Unchanged, row: Row | None) -> list[Row]:
        """Return the row to remember for a record that is up to date, none where the record itself says it all."""
        target = one.route.object
        says_it_all = one.key == unchanged.id and not target.listing.detail
        if unchanged.id is None or says_it_all or self._dry_run:
            return []
        scope = dict(zip(target.listing.scope, unchanged.scope, strict=False))
        state_hash = self._current.as_listed(target, unchanged.id)
        created = row is not None and row.created and row.id == unchanged.id
        new = Row(*one.identity, target.name, unchanged.id, scope, created, one.seen, state_hash)
        return [] if row == new else [new]

    # -- records that do -----------------------------------------------------------------------

    def _placed(self, closer: list[Incoming], rows: Rows) -> _Placed:
        """Return the records whose references are known, with their fields and the list their object is on."""
        placed: _Placed = []
        resolved = [(one, given) for one in closer if (given := self._resolved(one)) is not None]
        self._read_owners(resolved)
        for one, given in resolved:
            row = rows.get(one.identity)
            settled = self._settled(one, given, row)
            if settled is not None:
                placed.append((one, settled, self._planner.scope_of(one, settled, row)))
        listed: dict[tuple[WritableObject, Scope], None] = {}
        for one, _, scope in placed:
            target, row = one.route.object, rows.get(one.identity)
            if scope is None or target.is_procedure:
                continue
            listed[target, scope] = None
            if row and row.object == target.name and row.scope:
                # Where the record was written to: one that names another parent is no new object.
                listed[target, tuple(str(row.scope.get(name)) for name in target.listing.scope)] = None
        self._current.ensure(listed)
        self._current.ensure(self._other_lists(placed, rows))
        return placed

    def _other_lists(self, placed: _Placed, rows: Rows) -> dict[tuple[WritableObject, Scope], None]:
        """Return where else an object may be that a record knows by its id, and not below the parent that it names.

        Below another one it cannot be moved, and must not be made a second time.
        """
        searched: set[WritableObject] = set()
        for one, _, scope in placed:
            target = one.route.object
            findable = len(target.listing.scope) == 1 and not (target.identity or target.listing.lookup)
            known = one.workspace is not None or one.route.operation == "insert" or one.identity in rows
            if one.id and scope and findable and not known and not self._current.has(target, one.id):
                searched.add(target)
        parents = {target: BY_NAME[str(target.field(target.listing.scope[0]).refers)] for target in searched}
        return {
            (target, (str(one["id"]),)): None
            for target, parent in parents.items()
            for one in self._current.whole(parent)
        }

    def _resolved(self, one: Incoming) -> State | None:
        try:
            one.route.fill(one)
            return self.references.resolved(one)
        except UnresolvedError as error:
            name, key, _ = error.missing[0]
            self._desk.wait(one, reference_place(name, key), error.said)
        except RejectedError as error:
            self._desk.reject(one, error)
        return None

    def _settled(self, one: Incoming, given: State, row: Row | None) -> State | None:
        """Return the fields of a record with every time in UTC, and with what follows from others of them."""
        target = one.route.object
        try:
            if not one.deleted:
                given = in_zone(target, given, lambda: self._zones.of(self._person(one, given, row)))
            given = self._informed(target, one.route.settled(one, given))
            if target.is_procedure and not one.deleted and not (row and row.record_hash == one.seen):
                one.seen = content_hash(one.route, given)
        except ValueError as error:
            self._desk.reject(one, RejectedError("invalid", str(error)))
        except RejectedError as error:
            self._desk.reject(one, error)
        else:
            return given
        return None

    def _read_owners(self, resolved: Iterable[tuple[Incoming, State]]) -> None:
        """Read the objects whose people decide about the zone of a time, where a record does not name its person."""
        alone: dict[str, list[str]] = {}
        for one, given in resolved:
            target = one.route.object
            if "userId" in target.by_name and one.id and not given.get("userId") and lacks_offset(target, given):
                alone.setdefault(target.name, []).append(one.id)
        for name, ids in alone.items():
            if BY_NAME[name].listing.lookup:
                self._current.look_up(BY_NAME[name], ids)
            elif not BY_NAME[name].listing.scope:
                self._current.ensure([(BY_NAME[name], ())])

    def _person(self, one: Incoming, given: State, row: Row | None) -> str | None:
        """Return the id of the person a record belongs to, None where its object belongs to nobody.

        Raises:
            ValueError: It belongs to somebody who is not known.
        """
        target = one.route.object
        if "userId" not in target.by_name or (target.is_procedure and not given.get("userId")):
            return None
        known = given.get("userId") or (row.scope.get("userId") if row else None)
        object_id = one.id or (row.id if row else None)
        known = known or ((self._current.get(target, object_id) or {}).get("userId") if object_id else None)
        if not known:
            msg = "a time has no offset, and userId does not tell whose time it is: add userId, or the offset"
            raise ValueError(msg)
        return str(known)

    def _user(self, user_id: str) -> State | None:
        users = BY_NAME["users"]
        self._current.ensure([(users, ())])
        return self._current.get(users, user_id)

    def _informed(self, target: WritableObject, given: State) -> State:
        if target.consults is None:
            return given
        name, informed = target.consults
        return informed(given, self._current.whole(BY_NAME[name]))

    def _read_more(self, placed: _Placed, rows: Mapping[tuple[str, str], Row]) -> None:
        """Read what lists do not bring: details that records mention, and objects known by their ids alone."""
        details: dict[str, list[str]] = {}
        alone: dict[str, list[str]] = {}
        for one, given, scope in placed:
            target = one.route.object
            if target.is_procedure:
                continue
            if one.id and (scope is None or (target.listing.lookup and not self._is_elsewhere(one))):
                alone.setdefault(target.name, []).append(one.id)
            if target.listing.detailed and not one.deleted:
                found = self._planner.found_or_none(one, given, rows.get(one.identity))
                if found and self._wants_detail(target, found, given):
                    details.setdefault(target.name, []).append(found)
        for name, ids in alone.items():
            self._current.look_up(BY_NAME[name], ids)
        for name, ids in details.items():
            self._current.detail(BY_NAME[name], ids)

    def _is_elsewhere(self, one: Incoming) -> bool:
        """Tell whether the id of a record is one of another workspace."""
        return one.workspace not in {None, self._workspace}

    def _wants_detail(self, target: WritableObject, object_id: str, given: State) -> bool:
        """Tell whether a record mentions what only the detail tells, or would replace it along with something else."""
        detailed = target.listing.detailed
        if not detailed.isdisjoint(given):
            return True
        changed = differences(target, self._current.get(target, object_id) or {}, given).keys()
        replaced = [part.fields for part in target.parts if not part.partial and not detailed.isdisjoint(part.fields)]
        return any(not changed.isdisjoint(fields) for fields in replaced)

    def _awaited(self, write: Write) -> str | None:
        """Return what a write has to wait for: its key, its object, or one it refers to is being written."""
        if not self._busy:
            return None
        places = places_of(write)
        if write.operation is not Operation.DELETE:
            places += [object_place(*one) for one in referred(write.target, write.given)]
        return next((place for place in places if place in self._busy), None)

    def _turn_of(self, write: Write) -> int:
        if write.operation is Operation.DELETE:
            return TURNS.index("the deletions")
        if write.copied and write.target.interim and write.operation is Operation.UPDATE:
            return len(TURNS) - 1
        turn = max(write.target.turn, write.target.turn_of_copy if write.copied else 0)
        return turn + 1 if turn else 0

    def _count(self, write: Write) -> None:
        if write.operation is not Operation.DELETE:
            return
        if self._max_deletes is not None and self.deletes >= self._max_deletes:
            msg = f"more than the {self._max_deletes} deletions that max_deletes allows"
            raise RejectedError("max_deletes", msg)
        self.deletes += 1


def content_hash(route: Route, given: State) -> bytes:
    """Return a hash of what a call is made with: its parameters, however they are spelled and in whatever order."""
    content = msgspec.json.encode(route.canonical(given), enc_hook=str, order="sorted")
    return hashlib.blake2b(content, digest_size=16).digest()


def places_of(write: Write) -> list[str]:
    """Return what a write keeps others waiting for while it is under way."""
    incoming = write.incoming
    places = [key_place(*incoming.identity)]
    if write.operation is Operation.CALL:  # calls on one object keep the order of the input
        places += [object_place(*one) for one in referred(write.target, write.given)]
    if write.target.natural and not write.target.several and write.operation is Operation.INSERT:
        places.append(natural_place(write.target, write.given))
    return [*places, object_place(write.target.name, write.entry.id)] if write.entry.id else places
