"""Carries writes out: creates, then brings the object to what the record says, call by call.

An INSERT is a create followed by an update of whatever the create did not take, so an object that a killed run left
half built is completed by the same means. A call of unknown outcome is never repeated blindly: an update or a deletion
looks at the object again and sends what is still missing, a create looks for its object first.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from clockify_client import (
    AmbiguousWriteError,
    BadCredentialsError,
    ClockifyError,
    GoneError,
    InvalidRequestError,
    LockedError,
    NotPermittedError,
    RateLimitedError,
    Request,
    UnreachableError,
)

from target_clockify.books.ledger import Entry
from target_clockify.decide import Write, differences
from target_clockify.mirror import natural_value
from target_clockify.model.declaration import UNKNOWN, Call, Change, Operation
from target_clockify.model.objects import BY_NAME
from target_clockify.understand.record import Incoming, RejectedError, Route

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from clockify_client import Client

    from target_clockify.books.ledger import Ledger
    from target_clockify.mirror import Current, Reader, Scope
    from target_clockify.model.declaration import Bulk, Part, State, WritableObject

logger = logging.getLogger("target-clockify")

_TRIES = 3
_MOST_LOST = 30  # answers that may be lost over one object of many parts
_LATE = (0.0, 1.0, 2.0, 4.0)  # seconds between looks for a write that was never answered: it may still be under way

UNKNOWN_OUTCOME = "unknown_outcome"
_KINDS: dict[type[ClockifyError], str] = {
    LockedError: "locked",
    NotPermittedError: "not_permitted",
    GoneError: "gone",
    InvalidRequestError: "refused",
    RateLimitedError: "rate_limited",
    AmbiguousWriteError: UNKNOWN_OUTCOME,
}
_RETRYABLE = {"rate_limited", UNKNOWN_OUTCOME, "locked"}
FATAL = (BadCredentialsError, UnreachableError)


def rejected(error: ClockifyError) -> RejectedError:
    """Return what a failure of Clockify means for the record it belongs to."""
    kind = next((kind for one, kind in _KINDS.items() if isinstance(error, one)), "failed")
    return RejectedError(
        kind, str(error), status=error.status, code=error.code, retryable=kind in _RETRYABLE, detail=error.detail
    )


@dataclass
class Outcome:
    """What became of a write: the object's id and state, None where it is gone, or why it failed.

    A write that failed has an id and a state where the object is another than before: some of its calls took place.
    """

    write: Write
    id: str | None = None
    state: State | None = None
    error: Exception | None = None

    @property
    def status(self) -> str | None:
        """What to close the journal's entry with; None to leave it open, for the next run to look the object up."""
        if self.error is None:
            return "done"
        certain = isinstance(self.error, FATAL) or getattr(self.error, "kind", UNKNOWN_OUTCOME) != UNKNOWN_OUTCOME
        if certain or self.id or self.write.operation not in {Operation.INSERT, Operation.CALL}:
            return "failed"
        if self.write.operation is Operation.INSERT:
            return None
        return "failed" if self.write.target.repeatable else "unknown"


class _BrokenOffError(Exception):
    """A write failed after some of its calls had taken place, or may have."""

    def __init__(self, error: ClockifyError | RejectedError) -> None:
        super().__init__(str(error))
        self.error = error


class Writer:
    """Sends writes; for any number of threads."""

    def __init__(self, client: Client, reader: Reader, ledger: Ledger) -> None:
        self.requests: Counter[str] = Counter()  # by object
        self._client = client
        self._reader = reader
        self._ledger = ledger
        self._workspace = reader.workspace
        self._claimed: set[str] = set()
        self._lock = threading.Lock()
        self._twins: dict[tuple[str, bytes], tuple[threading.Lock, list[Write]]] = {}

    def run(self, write: Write) -> Outcome:
        """Carry out one write; whatever goes wrong is in the outcome."""
        try:
            return _MEANS[write.operation](self, write)
        except _BrokenOffError as broken:
            return self._broken_off(write, _told(broken.error))
        except (ClockifyError, RejectedError) as error:
            return Outcome(write, error=_told(error))
        except OSError as error:
            return Outcome(write, error=RejectedError("unreadable_file", f"a file cannot be read: {error.strerror}"))

    def complete(self, entry: Entry, current: Current) -> None:
        """Bring an object that a killed run created to what it was to be, as far as that was not left to the end.

        Where Clockify refuses, it is left to its record, which comes again and is told why.
        """
        target, object_id = BY_NAME[entry.object], str(entry.id)
        scope = tuple(entry.recovery.get("scope") or ())
        given = {name: new for name, (_, new) in entry.changes.items() if name not in target.last}
        incoming = Incoming(Route(entry.stream, target, ("id",), {}), b"{}", key=entry.key)
        try:
            state = self._reader.one(target, scope, object_id) if target.listing.detail else None
            state = state or current.get(target, object_id) or self._reader.one(target, scope, object_id)
            if state is None or not differences(target, state, given):
                return
            write = Write(incoming, Operation.INSERT, scope, given, {}, entry)
            state = self._converge(write, object_id, state, given)
            current.put(target, {**state, "id": object_id}, scope)
        except FATAL:
            raise
        except (ClockifyError, RejectedError, _BrokenOffError) as error:
            logger.info("%s: what a killed run had begun is not completed yet: %s", target.name, error)

    def close(self) -> None:
        """End; there is nothing to give back."""

    def run_bulk(self, bulk: Bulk, writes: Sequence[Write]) -> list[Outcome]:
        """Carry out many updates or deletions in one call; where Clockify refuses it, one by one."""
        first = writes[0]
        ids = self._ids(first, first.current, {})
        try:
            if bulk.query:
                params = {bulk.query: [write.entry.id for write in writes]}
                self._send(first.target, Call(bulk.method, bulk.path, params=params), ids)
            else:
                bodies = [self._bulk_body(write) for write in writes]
                self._send(first.target, Call(bulk.method, bulk.path, json=bodies), ids)
        except FATAL as error:
            return [Outcome(write, error=error) for write in writes]
        except AmbiguousWriteError:
            return [self.run(self._afresh(write)) for write in writes]
        except ClockifyError:
            return [self.run(write) for write in writes]
        if bulk.query:
            return [Outcome(write, write.entry.id) for write in writes]
        return [
            Outcome(write, write.entry.id, self._desired(write.target, write.current, write.given)) for write in writes
        ]

    def _broken_off(self, write: Write, error: Exception) -> Outcome:
        """Return the outcome of a write that took place in part, with the object as that left it."""
        object_id = str(write.entry.id)
        state: State | None = None
        with suppress(ClockifyError):
            state = None if isinstance(error, FATAL) else self._reader.one(write.target, write.scope, object_id)
        return Outcome(write, object_id, state, error)

    # -- procedures ----------------------------------------------------------------------------

    def _call(self, write: Write) -> Outcome:
        repeatable = write.target.repeatable
        if not repeatable:
            self._ledger.sending(write.entry)
        for attempt in range(_TRIES):
            try:
                self.call(write.target, write.given)
            except AmbiguousWriteError as error:
                if not repeatable:
                    raise RejectedError(UNKNOWN_OUTCOME, str(error), status=error.status, code=error.code) from None
                if attempt == _TRIES - 1:
                    raise
            else:
                break
        return Outcome(write, "", {})

    def call(self, procedure: WritableObject, given: State) -> list[Any]:
        """Carry out a procedure and return the answers."""
        ids = {**given, "workspaceId": self._workspace}
        if procedure.calls:
            change = Change(ids, {}, given, frozenset(given), given)
            return [self._send(procedure, call, ids) for call in procedure.calls(change)]
        assert procedure.brings is not None  # noqa: S101 - it has the one or the other
        name, id_field, fields = procedure.brings
        target, object_id = BY_NAME[name], str(given[id_field])
        scope = tuple(str(given[one]) for one in target.listing.scope)
        state = self._reader.one(target, scope, object_id)
        if state is None:
            raise GoneError(f"{procedure.name} of a {target.noun}")
        entry = Entry("", object_id, name, Operation.UPDATE.value, object_id)
        incoming = Incoming(Route(name, target, ("id",), {}), b"{}", key=object_id)
        write = Write(incoming, Operation.UPDATE, scope, {**given, **fields(given)}, state, entry)
        try:
            return [self._converge(write, object_id, state, fields(given))]
        except _BrokenOffError as broken:
            raise broken.error from None

    # -- the three operations ------------------------------------------------------------------

    def _insert(self, write: Write) -> Outcome:
        with self._alone(write):
            state = self._create(write)
        object_id = write.entry.id = str(state["id"])
        if differences(write.target, state, write.given):
            # From here on the object exists: a run killed now leaves it to the next one to complete.
            self._ledger.exists(write.entry, replace(write.row(object_id), record_hash=None))
            try:
                if any(value is UNKNOWN and name not in write.given for name, value in state.items()):
                    # What Clockify filled in by its settings would be replaced along with the rest.
                    state |= self._reader.one(write.target, write.scope, object_id) or {}
                state = self._converge(write, object_id, state, write.given)
            except (ClockifyError, RejectedError) as error:
                raise _BrokenOffError(error) from None
        return Outcome(write, object_id, state)

    def _update(self, write: Write) -> Outcome:
        object_id = str(write.entry.id)
        return Outcome(write, object_id, self._converge(write, object_id, dict(write.current), write.given))

    def _delete(self, write: Write) -> Outcome:
        target, object_id = write.target, str(write.entry.id)
        means = target.delete
        assert means is not None  # noqa: S101 - the plan has seen to it
        state = dict(write.current)
        for attempt in range(_TRIES):
            try:
                if means.first:
                    state = self._converge(write, object_id, state, dict(means.first))
                change = self._change(write, object_id, state, {})
                body = means.shape(change, {}) if means.shape else None
                call = Call("DELETE", means.path, json=body, params=_params(means.params, write.given), host=means.host)
                self._send(target, call, change.ids)
            except GoneError:
                break
            except ClockifyError as error:
                if isinstance(error, AmbiguousWriteError) and attempt < _TRIES - 1:
                    continue
                if isinstance(error, InvalidRequestError) and not self._is_listed(write, object_id):
                    break  # it was gone already: Clockify answers alike for that and for what it refuses
                if state != write.current:
                    raise _BrokenOffError(error) from None
                raise
            else:
                break
        return Outcome(write, object_id)

    def _is_listed(self, write: Write, object_id: str) -> bool:
        """Tell whether an object is on its list now; true where the list cannot be read."""
        try:
            return any(state["id"] == object_id for state in self._reader.states(write.target, write.scope))
        except ClockifyError:
            return True

    # -- creating ------------------------------------------------------------------------------

    @contextmanager
    def _alone(self, write: Write) -> Iterator[None]:
        """Create one after the other what could be taken for one another, should an answer not come.

        A create that looks for its object would find, and take, what a like one has just made and not yet heard of.
        """
        target, note = write.target, write.entry.recovery.get("given")
        if note is None:
            yield
            return
        place = (target.name, natural_value(target, target.recognised_by, note))
        with self._lock:
            gate, queue = self._twins.setdefault(place, (threading.Lock(), []))
            queue.append(write)
        try:
            with gate:
                yield
        finally:
            with self._lock:
                queue.pop()
                if not queue:
                    del self._twins[place]

    def _create(self, write: Write) -> State:
        """Create the object, and return its state as far as it is known."""
        target = write.target
        means = target.create
        assert means is not None  # noqa: S101 - the plan has seen to it
        change = self._change(write, None, {}, write.given)
        fields = [target.field(name) for name in means.fields if write.given.get(name) is not None]
        body = {one.written_as: one.written(write.given[one.name]) for one in fields}
        if means.shape:
            body = means.shape(change, body)
        call = Call(
            "POST",
            means.path,
            json=None if means.form else body,
            form=means.form(change) if means.form else None,
            params=_params(means.params, write.given),
            host=means.host,
        )
        lost: AmbiguousWriteError | None = None
        for attempt in range(_TRIES):
            try:
                answer = self._send(target, call, change.ids)
            except AmbiguousWriteError as error:
                lost = error
                if found := self._look_up(write, lost, patient=error.status is None):
                    return found
                if attempt == _TRIES - 1:
                    raise
            except InvalidRequestError:
                # Names are unique: a create that seemed lost may have taken place after all.
                if lost and (found := self._look_up(write, lost, patient=False)):
                    return found
                raise
            except ClockifyError as error:
                raise lost or error from None
            else:
                return self._created(write, answer)
        raise AmbiguousWriteError(call.path)

    def _created(self, write: Write, answer: Any) -> State:
        target = write.target
        means = target.create
        assert means is not None  # noqa: S101 - the plan has seen to it
        shown = means.found(answer) if means.found else None
        if shown is None:
            msg = f"the new {target.noun} cannot be found where it should be"
            unseen = RejectedError(UNKNOWN_OUTCOME, msg, retryable=True)
            found = self._look_up(write, unseen, patient=False)
            if found is None:
                raise unseen
            return found
        state = target.adapt(dict(shown)) if target.adapt else shown
        sent = {name: write.given[name] for name in means.fields if write.given.get(name) is not None}
        scope = dict(zip(target.listing.scope, write.scope, strict=False))
        unanswered = {name: value for name, value in sent.items() if state.get(name) is None}
        with self._lock:
            self._claimed.add(str(shown["id"]))
        return {**means.defaults, **state, **unanswered, **scope, "id": shown["id"]}

    def _look_up(self, write: Write, lost: Exception, *, patient: bool) -> State | None:
        """Find the object of a create whose outcome is unknown: one that was not there before and is nobody else's.

        Raises:
            Exception: That very failure of the create, where nothing can be looked up.
        """
        me = write.incoming.identity
        looked = False
        for wait in _LATE:
            time.sleep(wait)
            try:
                found = self.find(write.target, write.scope, write.entry.recovery, me)
            except FATAL:  # the create stays in doubt, for the next run to look it up
                raise lost from None
            except ClockifyError:  # such as a list that grew while it was read
                continue
            looked = True
            if found is not None or not patient:
                return found
        if not looked:
            raise lost
        return None

    def find(
        self, target: WritableObject, scope: Scope, recovery: Mapping[str, Any], me: tuple[str, str]
    ) -> State | None:
        """Return the object that a create of this recovery note made, None if it made none."""
        fields = target.recognised_by
        if not fields or "given" not in recovery:
            return None
        value = natural_value(target, fields, recovery["given"])
        states = [
            state
            for state in self._reader.states(target, scope)
            if natural_value(target, fields, state) == value and state["id"] not in recovery["before"]
        ]
        owners = self._ledger.owners(target.name, [state["id"] for state in states]) if states else {}
        with self._lock:
            for state in states:
                nobody_elses = all(row.identity == me for row in owners.get(state["id"], ()))
                if state["id"] not in self._claimed and nobody_elses:
                    self._claimed.add(state["id"])
                    return state
        return None

    # -- changing ------------------------------------------------------------------------------

    def _converge(self, write: Write, object_id: str, state: State, given: State) -> State:
        """Send what makes the object say what is given, and return its state after that."""
        lost, tries = AmbiguousWriteError(write.target.name), 0
        for _ in range(_MOST_LOST):
            try:
                return self._send_parts(write, object_id, state, given)
            except AmbiguousWriteError as error:
                lost = error
                fresh = self._reader.one(write.target, write.scope, object_id)
                if fresh is None:
                    raise
                tries = tries + 1 if fresh == state else 1  # whatever got on is no failed try
                state = fresh
            if tries == _TRIES:
                break
        raise _BrokenOffError(lost)

    def _send_parts(self, write: Write, object_id: str, state: State, given: State) -> State:
        target = write.target
        changed = frozenset(differences(target, state, given))
        covered = {name for part in target.parts for name in part.fields}
        changed = frozenset(name for name in changed if not target.field(name).fixed)
        if uncovered := changed - covered:
            msg = f"{', '.join(sorted(uncovered))} of {target.name} cannot be written"
            raise RejectedError("unsupported", msg)
        begun = False
        for part in target.parts:
            touched = changed.intersection(part.fields)
            if not touched:
                continue
            change = self._change(write, object_id, state, given, touched)
            for call in _calls(target, part, change):
                try:
                    self._send(target, call, change.ids)
                except AmbiguousWriteError:
                    raise
                except ClockifyError as error:
                    if begun:
                        raise _BrokenOffError(error) from None
                    raise
                begun = True
            state = {**state, **{name: change.desired.get(name) for name in part.fields if name in change.desired}}
        return state

    def _change(
        self,
        write: Write,
        object_id: str | None,
        state: State,
        given: State,
        changed: frozenset[str] = frozenset(),
    ) -> Change:
        desired = self._desired(write.target, state, given)
        ids = {**self._ids(write, state, given), "id": object_id}
        return Change(ids, state, desired, changed or frozenset(given), write.given, write.beside)

    def _desired(self, target: WritableObject, state: State, given: State) -> State:
        wanted = {
            one.name: one.kind.merged(state.get(one.name), given[one.name])
            for one in target.fields
            if one.name in given and not one.modifier
        }
        return {**{name: value for name, value in state.items() if value is not UNKNOWN}, **wanted}

    def _ids(self, write: Write, state: State, given: State) -> dict[str, Any]:
        scope = dict(zip(write.target.listing.scope, write.scope, strict=False))
        return {**state, **write.given, **given, **scope, "workspaceId": self._workspace}

    def _bulk_body(self, write: Write) -> State:
        changed = frozenset(differences(write.target, write.current, write.given))
        change = self._change(write, write.entry.id, write.current, write.given, changed)
        part = next(part for part in write.target.parts if part.bulk)
        return {"id": write.entry.id, **_body(write.target, part, change)}

    def _afresh(self, write: Write) -> Write:
        fresh = self._reader.one(write.target, write.scope, str(write.entry.id))
        if fresh is not None:
            write.current = fresh
        return write

    # -- sending -------------------------------------------------------------------------------

    def _send(self, target: WritableObject, call: Call, ids: Mapping[str, Any]) -> Any:
        with self._lock:
            self.requests[target.name] += 1
        return self._client.call(as_request(call, ids))


def _told(error: Exception) -> Exception:
    """Return a failure as it is told: what the record has to answer for is its rejection, what ends the run is not."""
    return rejected(error) if isinstance(error, ClockifyError) and not isinstance(error, FATAL) else error


_MEANS = {
    Operation.INSERT: Writer._insert,  # noqa: SLF001
    Operation.UPDATE: Writer._update,  # noqa: SLF001
    Operation.DELETE: Writer._delete,  # noqa: SLF001
    Operation.CALL: Writer._call,  # noqa: SLF001
}


def as_request(call: Call, ids: Mapping[str, Any]) -> Request:
    """Return a call as the client sends it, below the workspace unless it names it itself."""
    path = call.path if call.path.startswith("/workspaces") else f"/workspaces/{{workspaceId}}{call.path}"
    return Request(
        method=call.method,
        path=path,
        ids={**ids, **call.ids},
        host=call.host,
        params=call.params,
        json=call.json,
        form=call.form,
    )


def _calls(target: WritableObject, part: Part, change: Change) -> Iterable[Call]:
    if part.calls:
        return part.calls(change)
    params = _params(part.params, change.given)
    return [Call(part.method, part.path, json=_body(target, part, change), params=params, host=part.host)]


def _body(target: WritableObject, part: Part, change: Change) -> State:
    """What is null stays out, unless emptying it is what the record asks for."""
    body: State = {}
    for name in part.fields:
        if part.partial and name not in change.changed:
            continue
        one = target.field(name)
        value = change.desired.get(name)
        if value is not None or name in change.changed:
            body[one.written_as] = one.written(value)
    return part.shape(change, body) if part.shape else body


def _params(names: Mapping[str, str], given: State) -> dict[str, str]:
    pairs: Iterator[tuple[str, Any]] = ((param, given.get(name)) for name, param in names.items())
    return {
        param: str(value).lower() if isinstance(value, bool) else str(value)
        for param, value in pairs
        if value is not None
    }
