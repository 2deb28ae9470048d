"""The current workspace: the states of objects, from lists that are read at most once per run.

Rows are stored on disk without decoding, so memory does not grow with the workspace. Natural keys are indexed when one
is first looked up.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from clockify_client import GoneError, Incomplete, MalformedAnswerError, NotPermittedError, Page, Refusal, endpoints
from clockify_client.belonging import FOREIGN, Belonging
from clockify_client.endpoint import filled
from clockify_client.rows import UNLIKE, rows_of

from target_clockify.errors import RejectedError
from target_clockify.model.objects import BY_NAME, CHILDREN
from target_clockify.understand.keys import is_clockify_id

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from clockify_client import Client, ClockifyError, Endpoint, FanOut

    from target_clockify.model.declaration import Listing, State, Writable, WritableObject

Scope = tuple[str, ...]
"""The parents of a list, in the order of the object's declaration; empty for a list per workspace."""

_AT_ONCE = 400
_LOOKED_UP_AT_ONCE = 100


def natural_value(target: Writable, fields: Sequence[str], state: State) -> bytes:
    """Return a digest of the natural key of an object; values with the same meaning have the same digest."""
    values = [target.field(name).kind.canonical(state.get(name)) for name in fields]
    return hashlib.blake2b(msgspec.json.encode(values, enc_hook=str), digest_size=12).digest()


def digest(blob: bytes) -> bytes:
    """Return a hash that shows whether a row has changed."""
    return hashlib.blake2b(blob, digest_size=16).digest()


class Reader:
    """Reads states of objects straight from Clockify, for any thread."""

    def __init__(self, client: Client, workspace: str) -> None:
        self.client = client
        self.workspace = workspace

    def asked_with(self, target: WritableObject, scope: Scope) -> list[dict[str, Any]]:
        """Return the ids of the requests for a list, one for each of its variants."""
        ids = {"workspaceId": self.workspace, **dict(zip(target.listing.scope, scope, strict=True))}
        return [{**ids, **variant} for variant in target.listing.variants]

    def state(self, target: WritableObject, row: State, ids: Mapping[str, Any]) -> State:
        """Return a row of a list as the state of an object, with an id and the ids of its parents."""
        try:
            state = target.listing.shape(row, ids) if target.listing.shape else row
        except (AttributeError, LookupError, TypeError, ValueError):
            raise MalformedAnswerError(target.listing.endpoint.call, reason=UNLIKE) from None
        state.update({name: ids[name] for name in target.listing.scope})
        if target.identity:
            state["id"] = ":".join(str(state.get(name)) for name in target.identity)
        return state

    def states(self, target: WritableObject, scope: Scope) -> Iterator[State]:
        """Yield the current objects of a list."""
        for ids in self.asked_with(target, scope):
            for row in self.client.rows(self.endpoint(target, ids), ids):
                yield self.state(target, row, ids)

    def endpoint(self, target: WritableObject, ids: Mapping[str, Any]) -> Endpoint:
        """Return the list's endpoint, without the parameters that a variant omits."""
        endpoint = target.listing.endpoint
        unset = {name: None for name, value in filled(endpoint.params, ids).items() if value is None}
        return endpoint.having(params=unset) if unset else endpoint

    def one(self, target: WritableObject, scope: Scope, object_id: str) -> State | None:
        """Return the current state of one object, None if it was deleted."""
        listing = target.listing
        ids = {**self.asked_with(target, scope)[0], "id": object_id, "ids": [object_id]}
        try:
            if listing.detail:
                for row in self.client.rows(listing.detail, ids):
                    _require_whole(listing, row, object_id)
                    return self.state(target, row, ids)
                return None
            if listing.lookup:
                return next((self.state(target, row, ids) for row in self.client.rows(listing.lookup, ids)), None)
            return next((state for state in self.states(target, scope) if state["id"] == object_id), None)
        except GoneError:
            return None


def _require_whole(listing: Listing, row: State, object_id: str) -> None:
    """Require that details belong to the object and are complete: a write would empty missing fields."""
    if row.get("id") != object_id or not row.keys() >= listing.detailed:
        assert listing.detail is not None  # noqa: S101 - they come from there
        raise MalformedAnswerError(listing.detail.call, reason=UNLIKE)


class NotReadError(Exception):
    """A decision needs data that has not been read yet.

    Attributes:
        read: Reads it.
    """

    def __init__(self, read: Callable[[], None]) -> None:
        super().__init__()
        self.read = read


Answer = TypeVar("Answer")


class Mirror:
    """The rows of all lists that a run has needed so far."""

    def __init__(self, reader: Reader, fan_out: FanOut, scratch: sqlite3.Connection) -> None:
        self.reader = reader
        self.pages: dict[str, int] = {}  # requests, by object
        self._fan_out = fan_out
        self._scratch = scratch
        self._rank = 0
        self._slots: dict[tuple[str, ...], int] = {}
        self._lists: list[dict[str, Any]] = []
        self._loaded: set[tuple[str, Scope]] = set()
        self._refused: dict[tuple[str, Scope], ClockifyError] = {}
        self._without_details: dict[tuple[str, str], ClockifyError] = {}
        self._indexed: dict[str, set[tuple[str, ...]]] = {}
        self._wholes: dict[str, list[State]] = {}
        self._is_admin: bool | None = None
        self._running: set[str] | None = None
        self._approved: set[str] | None = None
        self._supposed: set[str] = set()  # objects that exist only in a dry run, so Clockify cannot be asked about them
        self._owner = ""  # of the key, if its owner is not an administrator

    # -- loading -------------------------------------------------------------------------------

    def ensure(self, wanted: Iterable[tuple[WritableObject, Scope]]) -> None:
        """Read the lists that have not been read yet, several at the same time.

        Raises:
            ClockifyError: A list cannot be read, and not because its parent is gone or reading is not permitted.
        """
        missing: dict[str, tuple[WritableObject, list[Scope]]] = {}
        for target, scope in wanted:
            if (target.name, scope) not in self._loaded:
                self._loaded.add((target.name, scope))
                if not self._supposed.isdisjoint(scope):
                    continue
                missing.setdefault(target.name, (target, []))[1].append(scope)
        readings = []
        for target, scopes in missing.values():
            for endpoint, asked in self._grouped(target, scopes):
                self._rank += 1
                reading = self._fan_out.read(endpoint, rank=(self._rank,), consumers=1)
                reading.feed(asked, last=True)
                readings.append((target, reading))
        for target, reading in readings:
            for item in reading.items():
                self._keep(target, item)

    def _keep(self, target: WritableObject, item: Page | Refusal | Incomplete) -> None:
        if isinstance(item, Page):
            self.pages[target.name] = self.pages.get(target.name, 0) + 1
            for piece in item.pieces():
                self._keep_page(target, item.ids, piece)
        elif isinstance(item, Incomplete):  # otherwise an object that is missing from it would be created again
            raise MalformedAnswerError(target.listing.endpoint.call, reason=item.reason)
        elif isinstance(item.error, (GoneError, NotPermittedError)):
            scope = tuple(item.ids[name] for name in target.listing.scope)
            self._refused[target.name, scope] = item.error
            if target.listing.own:  # this is enough to resolve references; writes are still rejected
                for row in self.reader.client.rows(target.listing.own, item.ids):
                    self.put(target, self.reader.state(target, row, item.ids), scope)
        else:
            raise item.error

    def answer(self, question: Callable[[], Answer]) -> Answer:
        """Return the answer to a question, and read the lists that it needs.

        Raises:
            ClockifyError: As `ensure`.
        """
        while True:
            try:
                return question()
            except NotReadError as need:
                need.read()

    def _require(self, target: WritableObject, scope: Scope = ()) -> None:
        if (target.name, scope) not in self._loaded:
            raise NotReadError(lambda: self.ensure([(target, scope)]))

    def is_read(self, target: WritableObject, scope: Scope) -> bool:
        """Return whether a list was read successfully."""
        return (target.name, scope) in self._loaded and (target.name, scope) not in self._refused

    def refusal(self, target: WritableObject, scope: Scope) -> ClockifyError | None:
        """Return why a list could not be read; None if its parent was deleted, which leaves an empty list.

        Clockify's response is the same for a deleted parent and for one that may not be read. A parent counts as
        deleted if the list of parents lacks it.
        """
        error = self._refused.get((target.name, scope))
        if isinstance(error, GoneError) and scope:
            parent = BY_NAME.get(str(target.field(target.listing.scope[0]).refers))
            return error if parent and self.has(parent, scope[0]) else None
        return error

    def detail(self, target: WritableObject, ids: Iterable[str]) -> None:
        """Read the details of these objects, which lists lack."""
        endpoint = target.listing.detail
        slot = self._slot(target.name)
        query = "SELECT state FROM objects WHERE slot = ? AND id = ? AND listed IS NULL"
        found = {one: self._scratch.execute(query, (slot, one)).fetchone() for one in ids}
        missing = {one: digest(row[0]) for one, row in found.items() if row}
        if endpoint is None or not missing:
            return
        self._rank += 1
        reading = self._fan_out.read(endpoint, rank=(self._rank,), consumers=1)
        reading.feed([{"workspaceId": self.reader.workspace, "id": one} for one in missing], last=True)
        for item in reading.items():
            if isinstance(item, Refusal) and not isinstance(item.error, (GoneError, NotPermittedError)):
                raise item.error
            if isinstance(item, Refusal):
                self._without_details[target.name, str(item.ids["id"])] = item.error
            if isinstance(item, Page):
                self.pages[target.name] = self.pages.get(target.name, 0) + 1
                (read,) = rows_of(endpoint, item.body)
                _require_whole(target.listing, read, item.ids["id"])
                state: State = {**(self.get(target, item.ids["id"]) or {}), **read}
                self.put(target, state, (), listed=missing[item.ids["id"]])

    def refused_details(self, target: WritableObject, object_id: str) -> ClockifyError | None:
        """Return why the details of an object could not be read; None if they were read or not requested yet."""
        return self._without_details.get((target.name, object_id))

    def look_up(self, target: WritableObject, ids: Iterable[str]) -> None:
        """Read objects by their ids."""
        endpoint = target.listing.lookup
        missing = [one for one in dict.fromkeys(ids) if self.get(target, one) is None]
        for start in range(0, len(missing) if endpoint else 0, _LOOKED_UP_AT_ONCE):
            asked = {"workspaceId": self.reader.workspace, "ids": missing[start : start + _LOOKED_UP_AT_ONCE]}
            for row in self.reader.client.rows(endpoint, asked):  # type: ignore[arg-type]
                self.put(target, row, tuple(row[name] for name in target.listing.scope))
            self.pages[target.name] = self.pages.get(target.name, 0) + 1

    def _grouped(self, target: WritableObject, scopes: list[Scope]) -> Iterator[tuple[Endpoint, list[dict[str, Any]]]]:
        groups: dict[str, tuple[Endpoint, list[dict[str, Any]]]] = {}
        for scope in scopes:
            for ids in self.reader.asked_with(target, scope):
                endpoint = self.reader.endpoint(target, ids)
                groups.setdefault(repr(sorted(endpoint.params)), (endpoint, []))[1].append(ids)
        yield from groups.values()

    def _keep_page(self, target: WritableObject, ids: Mapping[str, Any], body: bytes) -> None:
        place = self._list(target, {name: ids[name] for name in target.listing.scope})
        plain = not target.listing.shape and not target.identity
        rows = rows_of(target.listing.endpoint, body, msgspec.Raw)
        slot, belonging = self._slot(target.name), Belonging(target.listing.endpoint, ids)
        try:
            if not body.isascii():
                body.decode()  # undecoded rows are decoded when they are needed
            decode = _decoder(tuple(belonging.names)).decode if plain else None
            told = [msgspec.structs.asdict(decode(row)) if decode else msgspec.json.decode(row) for row in rows]
            if len(belonging.own(told)) < len(told):
                raise MalformedAnswerError(target.listing.endpoint.call, reason=FOREIGN)
            if plain:
                kept = [(slot, one["id"], place, None, bytes(row)) for one, row in zip(told, rows, strict=True)]
            else:
                states = [self.reader.state(target, row, ids) for row in told]
                kept = [(slot, state["id"], place, None, msgspec.json.encode(state)) for state in states]
        except (AttributeError, LookupError, TypeError, UnicodeDecodeError, msgspec.DecodeError):
            raise MalformedAnswerError(target.listing.endpoint.call, reason=UNLIKE) from None
        self._scratch.execute("BEGIN")
        self._scratch.executemany("INSERT INTO objects VALUES (?, ?, ?, ?, ?)", kept)
        for fields in self._indexed.get(target.name, ()):
            self._index(target, fields, ((row[1], self._stamped(row[4], place)) for row in kept))
        self._scratch.execute("COMMIT")

    # -- looking up --------------------------------------------------------------------------------

    def blobs(self, target: WritableObject, ids: Sequence[str]) -> dict[str, bytes]:
        """Return the undecoded rows of these objects, by id."""
        slot = self._slot(target.name)
        found: dict[str, bytes] = {}
        for start in range(0, len(ids), _AT_ONCE):
            some = ids[start : start + _AT_ONCE]
            marks = ",".join("?" * len(some))
            query = f"SELECT id, state FROM objects WHERE slot = ? AND id IN ({marks})"  # noqa: S608 - marks only
            found.update(self._scratch.execute(query, (slot, *some)).fetchall())
        return found

    def as_listed(self, target: WritableObject, object_id: str) -> bytes | None:
        """Return the digest of an object's row in its list; None if the object was written since."""
        query = "SELECT state, listed FROM objects WHERE slot = ? AND id = ?"
        row = self._scratch.execute(query, (self._slot(target.name), object_id)).fetchone()
        if row is None:
            return None
        state, listed = row
        return digest(state) if listed is None else listed or None

    def get(self, target: WritableObject, object_id: str) -> State | None:
        """Return the state of an object, None if it is in no list that was read."""
        query = "SELECT state, list FROM objects WHERE slot = ? AND id = ?"
        row = self._scratch.execute(query, (self._slot(target.name), object_id)).fetchone()
        return self._stamped(*row) if row else None

    def has(self, target: WritableObject, object_id: str) -> bool:
        """Return whether an object is in a list that was read."""
        query = "SELECT 1 FROM objects WHERE slot = ? AND id = ?"
        return self._scratch.execute(query, (self._slot(target.name), object_id)).fetchone() is not None

    def whole(self, target: WritableObject) -> list[State]:
        """Return all objects of a list per workspace; none if the key may not read it.

        Raises:
            NotReadError: The list has not been read.
        """
        if target.name not in self._wholes:
            self._require(target)
            query = "SELECT state FROM objects WHERE slot = ? ORDER BY id"
            rows = self._scratch.execute(query, (self._slot(target.name),))
            self._wholes[target.name] = [msgspec.json.decode(row[0]) for row in rows]
        return self._wholes[target.name]

    def needed(self, target: WritableObject, purpose: str) -> list[State]:
        """Return all objects of a list per workspace that a write depends on.

        There are none if the plan of the workspace does not include them.

        Args:
            target: The object.
            purpose: What it is needed for, for the message.

        Raises:
            NotReadError: The list has not been read.
            RejectedError: The list cannot be read.
        """
        rows = self.whole(target)
        if (refusal := self.refusal(target, ())) and not self._is_ruled_out(target):
            msg = f"{target.name} cannot be read, so it is not known {purpose}: {refusal}"
            raise RejectedError("not_permitted", msg, status=refusal.status, code=refusal.code)
        if name := next((name for row in rows if (name := target.unlike(row) or target.lacks(row))), ""):
            msg = f"Clockify shows {name} of {target.name} in an unexpected form, so it is not known {purpose}"
            raise RejectedError("unexpected_form", msg, retryable=True)
        return rows

    def _is_ruled_out(self, target: WritableObject) -> bool:
        feature = target.listing.endpoint.feature
        included = (self.listed(BY_NAME["workspaces"], self.reader.workspace) or {}).get("features")
        return bool(feature) and isinstance(included, list) and feature not in included

    def each(self, target: WritableObject, scopes: Iterable[Scope] = ((),)) -> Iterator[State]:
        """Yield the objects of these lists one by one, without keeping them in memory.

        Objects of other lists are included.
        """
        self.ensure((target, scope) for scope in scopes)
        last, query = "", "SELECT id, state, list FROM objects WHERE slot = ? AND id > ? ORDER BY id LIMIT 400"
        while rows := self._scratch.execute(query, (self._slot(target.name), last)).fetchall():
            yield from (self._stamped(row[1], row[2]) for row in rows)
            last = rows[-1][0]

    def narrowed(
        self, target: WritableObject, scopes: Iterable[Scope], params: Mapping[str, str]
    ) -> Iterator[State | None]:
        """Yield the objects of lists with additional filters, None for each list that cannot be read.

        They are not stored, since the lists are incomplete.
        """
        asked = [ids for scope in scopes for ids in self.reader.asked_with(target, scope)]
        self._rank += 1
        reading = self._fan_out.read(target.listing.endpoint.having(params=params), rank=(self._rank,), consumers=1)
        reading.feed(asked, last=True)
        for item in reading.items():
            if isinstance(item, Page):
                self.pages[target.name] = self.pages.get(target.name, 0) + 1
                for piece in item.pieces():
                    rows = rows_of(target.listing.endpoint, piece)
                    yield from (self.reader.state(target, row, item.ids) for row in rows)
            else:
                yield None

    def unread(self, target: WritableObject, scopes: Iterable[Scope]) -> int:
        """Return how many of these lists could not be read although their parents exist."""
        return sum(self.refusal(target, scope) is not None for scope in scopes)

    def is_ruled_out(self, target: WritableObject) -> bool:
        """Return whether the plan of the workspace does not include a kind of object; false if that is not known."""
        return bool(target.listing.endpoint.feature) and self.answer(lambda: self._is_ruled_out(target))

    def listed(self, target: WritableObject, object_id: Any, scope: Scope = ()) -> State | None:
        """Return an object of a list, None if the list lacks it.

        Raises:
            NotReadError: The list has not been read.
        """
        self._require(target, scope)
        return self.get(target, str(object_id))

    def sees_all(self, target: WritableObject, scope: Scope | None) -> bool:
        """Return whether the key sees every object of a list: administrators do, and everybody sees their own objects.

        Lists are filtered by role, with status 200.

        Raises:
            NotReadError: The owner of the key is not known yet.
        """
        return self.is_admin() or (target.scope == ("userId",) and scope == (self._owner,))

    def is_admin(self) -> bool:
        """Return whether the owner of the key is an owner or administrator of the workspace.

        Raises:
            NotReadError: It has not been read yet.
        """
        if self._is_admin is None:
            raise NotReadError(self._read_rights)
        return self._is_admin

    def running(self) -> set[str]:
        """Return the ids of the people whose timer was running at the first call.

        Raises:
            NotReadError: It has not been read yet.
        """
        if self._running is None:
            raise NotReadError(self._read_running)
        return self._running

    def approved(self) -> set[str]:
        """Return the ids of the contents of approved timesheets; none if the key may not read these.

        Raises:
            NotReadError: It has not been read yet.
        """
        if self._approved is None:
            raise NotReadError(self._read_approved)
        return self._approved

    def _read_approved(self) -> None:
        self._approved = set()
        endpoint = endpoints.APPROVAL_REQUESTS.having(params={"status": "APPROVED"})
        with suppress(GoneError, NotPermittedError):
            for row in self.reader.client.rows(endpoint, {"workspaceId": self.reader.workspace}):
                held = [one for name in ("entries", "expenses") for one in row.get(name) or ()]
                self._approved.update(str(one.get("id")) for one in held)

    def _read_running(self) -> None:
        self._running = set()
        with suppress(GoneError, NotPermittedError):
            rows = self.reader.client.rows(endpoints.TIME_ENTRIES_IN_PROGRESS, {"workspaceId": self.reader.workspace})
            self._running = {str(row.get("userId")) for row in rows}

    def _read_rights(self) -> None:
        client, workspace = self.reader.client, self.reader.workspace
        self._is_admin = any(row.get("id") == workspace for row in client.rows(endpoints.WORKSPACES_OF_ADMIN, {}))
        if not self._is_admin:
            self._owner = str(next(iter(client.rows(endpoints.CURRENT_USER, {}))).get("id"))

    def workspace(self) -> State:
        """Return the workspace itself; empty if the key may not read it."""
        target = BY_NAME["workspaces"]
        return self.answer(lambda: self.listed(target, self.reader.workspace)) or {}

    def matching(self, target: WritableObject, fields: tuple[str, ...], state: State) -> list[str]:
        """Return the ids of the objects that have the same values in these fields."""
        indexed = self._indexed.setdefault(target.name, set())
        if fields not in indexed:
            indexed.add(fields)
            query = "SELECT id, state, list FROM objects WHERE slot = ?"
            rows = self._scratch.execute(query, (self._slot(target.name),))
            self._index(target, fields, ((row[0], self._stamped(row[1], row[2])) for row in rows.fetchall()))
        value = natural_value(target, fields, state)
        found = self._scratch.execute(
            "SELECT id FROM naturals WHERE slot = ? AND value = ? ORDER BY id",
            (self._slot(target.name, *fields), value),
        )
        return [row[0] for row in found]

    def resembling(self, target: WritableObject, noted: State) -> list[str]:
        """Return the ids of the objects that a create with these fields may have created."""
        alike = self.matching(target, target.recognised_by, noted)
        return [one for one in alike if target.may_stem_from(noted, self.get(target, one) or {})]

    # -- changes of our own --------------------------------------------------------------------

    def put_new(self, target: WritableObject, state: State, scope: Scope) -> None:
        """Add a new object, which has no children yet."""
        self._loaded.update((child.name, (str(state["id"]),)) for child in CHILDREN[target.name])
        if not is_clockify_id(state["id"]):
            self._supposed.add(state["id"])
        self.put(target, state, scope)

    def put(self, target: WritableObject, state: State, scope: Scope, *, listed: bytes = b"") -> None:
        """Store the state of an object with its details, and the digest of its row in the list if it is still valid."""
        self.drop(target, state["id"])
        place = self._list(target, dict(zip(target.listing.scope, scope, strict=False)))
        values = (self._slot(target.name), state["id"], place, listed, msgspec.json.encode(state, enc_hook=str))
        self._scratch.execute("INSERT INTO objects VALUES (?, ?, ?, ?, ?)", values)
        for fields in self._indexed.get(target.name, ()):
            self._index(target, fields, [(state["id"], {**state, **self._lists[place]})])

    def drop(self, target: WritableObject, object_id: str) -> None:
        """Record that an object was deleted."""
        self._wholes.pop(target.name, None)
        known = self.get(target, object_id)
        if known is None:
            return
        for fields in self._indexed.get(target.name, ()):
            self._scratch.execute(
                "DELETE FROM naturals WHERE slot = ? AND value = ? AND id = ?",
                (self._slot(target.name, *fields), natural_value(target, fields, known), object_id),
            )
        self._scratch.execute("DELETE FROM objects WHERE slot = ? AND id = ?", (self._slot(target.name), object_id))

    def forget(self, target: WritableObject) -> None:
        """Discard what was read of an object; it is read again when it is needed."""
        self._wholes.pop(target.name, None)
        self._loaded = {place for place in self._loaded if place[0] != target.name}
        self._scratch.execute("DELETE FROM objects WHERE slot = ?", (self._slot(target.name),))
        for fields in self._indexed.pop(target.name, ()):
            self._scratch.execute("DELETE FROM naturals WHERE slot = ?", (self._slot(target.name, *fields),))

    # -- inside --------------------------------------------------------------------------------

    def _slot(self, *name: str) -> int:
        return self._slots.setdefault(name, len(self._slots))

    def _list(self, target: WritableObject, ids: dict[str, Any]) -> int:
        if self._lists and self._lists[-1] == ids:
            return len(self._lists) - 1
        if not target.listing.scope:
            ids = {}
        self._lists.append(ids)
        return len(self._lists) - 1

    def _stamped(self, blob: bytes, place: int) -> State:
        state: State = msgspec.json.decode(blob)
        return {**state, **self._lists[place]}

    def _index(self, target: WritableObject, fields: tuple[str, ...], states: Iterable[tuple[str, State]]) -> None:
        slot = self._slot(target.name, *fields)
        rows = [(slot, natural_value(target, fields, state), object_id) for object_id, state in states]
        self._scratch.executemany("INSERT OR IGNORE INTO naturals VALUES (?, ?, ?)", rows)


@cache
def _decoder(names: tuple[str, ...]) -> msgspec.json.Decoder[Any]:
    """Return a decoder of the id of a row, and of the ids of its parents."""
    fields: list[Any] = [("id", str), *((name, Any, None) for name in names)]
    return msgspec.json.Decoder(msgspec.defstruct("Listed", fields))
