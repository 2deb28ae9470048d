"""Sends writes: creates the object, then changes it call by call until it agrees with the record.

An INSERT is a create followed by an update of the fields that the create does not accept. So the same code completes an
object that a killed run left incomplete. A call with an unknown outcome is never just repeated: an update or deletion
reads the object again and sends only what is still missing, and a create searches for its object first.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from clockify_client import AmbiguousWriteError, ClockifyError, GoneError, InvalidRequestError

from target_clockify.apply import bodies, late
from target_clockify.apply.lost import LostCreates
from target_clockify.apply.outcome import FATAL, UNKNOWN_OUTCOME, Outcome, told
from target_clockify.books.ledger import Entry, Row
from target_clockify.decide.decisions import Write, differences, losses
from target_clockify.errors import UNEXPECTED_FORM, RejectedError, StoppedError
from target_clockify.mirror import natural_value
from target_clockify.model.declaration import UNKNOWN, Call, Change, Operation
from target_clockify.model.objects import BY_NAME
from target_clockify.scratch import Taken
from target_clockify.understand.keys import is_clockify_id
from target_clockify.understand.route import Incoming, Route

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from clockify_client import Client, Endpoint

    from target_clockify.books.ledger import Ledger
    from target_clockify.mirror import Mirror, Reader, Scope
    from target_clockify.model.declaration import Bulk, Part, Procedure, State, Writable, WritableObject

logger = logging.getLogger("target-clockify")

_TRIES = 3
# creates with unknown outcome in a row, after which the run stops waiting for them: the next run sends them
_OUTAGE = 100
_MOST_LOST = 30  # how many responses may be lost for one object with many parts


class _BrokenOffError(Exception):
    """A write failed after some of its calls took effect, or may have taken effect."""

    def __init__(self, error: ClockifyError | RejectedError) -> None:
        super().__init__(str(error))
        self.error = error


class Writer:
    """Sends writes. Any number of threads may use it."""

    def __init__(self, client: Client, reader: Reader, ledger: Ledger) -> None:
        self.requests: Counter[str] = Counter()  # by object
        self._client = client
        self._reader = reader
        self._ledger = ledger
        self.lost = LostCreates(ledger)
        self._in_vain = 0  # creates in a row that the run waited for in vain
        # creates that were or will be sent again, with the time of their start
        self._repeated: list[tuple[Entry, datetime]] = []
        self._of_earlier_runs: list[tuple[Entry, datetime]] = []  # those among them
        # deletions that were answered with an empty response, by list and id
        self._unproven: dict[tuple[str, Scope], dict[str, Row]] = {}
        # objects with the fields that a call may still change a second time, and the values that they are to have
        self._doubtful: dict[tuple[str, str], tuple[Write, State]] = {}
        self._is_call_unclear = False  # a call that may have created an object got no usable response
        self._lock = threading.Lock()
        self._twins: dict[tuple[str, bytes], tuple[threading.Lock, list[Write]]] = {}

    def run(self, write: Write) -> Outcome:
        """Send one write; failures are part of the outcome."""
        try:
            return _MEANS[write.operation](self, write)
        except _BrokenOffError as broken:
            return self._broken_off(write, told(broken.error))
        except (ClockifyError, RejectedError) as error:
            return Outcome(write, error=told(error))
        except OSError as error:
            return Outcome(write, error=RejectedError("unreadable_file", f"a file cannot be read: {error.strerror}"))
        except UNEXPECTED_FORM as error:
            msg = f"Clockify answered in a form that nobody expects ({type(error).__name__})"
            unknown = RejectedError(UNKNOWN_OUTCOME, msg, retryable=True)
            return self._broken_off(write, unknown) if write.entry.id else Outcome(write, error=unknown)

    def run_all(self, writes: Sequence[Write]) -> list[Outcome]:
        """Carry out writes; if only a list shows the effect of several writes, it is read once."""
        outcomes = [self.run(write) for write in writes]
        for attempt in range(_TRIES):
            unseen = [number for number, one in enumerate(outcomes) if one.error is None and one.write.unseen]
            if not unseen:
                break
            target, scope = writes[0].target, writes[0].scope
            listed: dict[str, State] = {}
            unread: ClockifyError | None = None
            try:
                listed = {state["id"]: state for state in self._reader.states(target, scope)}
            except ClockifyError as error:
                unread = error
            for number in unseen:
                outcomes[number] = self._looked_up(writes[number], listed, unread, again=attempt < _TRIES - 1)
        return outcomes

    def _looked_up(
        self, write: Write, listed: Mapping[str, State], unread: ClockifyError | None, *, again: bool
    ) -> Outcome:
        """Return the outcome of an update with an empty response; it is sent again if the object differs.

        Another write may have changed the object since. An update that Clockify adds instead of setting is not
        repeated.
        """
        names, write.unseen = write.unseen, frozenset()
        object_id = str(write.entry.id)
        fresh = listed.get(object_id, {} if write.target.implied else None)
        if unread is not None:
            error = unread if isinstance(unread, FATAL) else None
            return Outcome(write, object_id, None, error or _unseen(names, f"the list cannot be read ({unread})"))
        if fresh is None:
            return Outcome(write, object_id, None, _unseen(names, "the list does not contain it"))
        if not _not_shown(write.target, fresh, write.given, names):
            return Outcome(write, object_id, {**write.current, **fresh})
        if again and not any(_was_added(write.current.get(one), write.given.get(one), fresh.get(one)) for one in names):
            write.current = {**write.current, **fresh}
            return self.run(write)
        return Outcome(write, object_id, fresh or None, _unseen(names, "another value is shown"))

    def complete(self, entry: Entry, mirror: Mirror) -> bool:
        """Complete an object that a killed run created, apart from fields that are set at the end of a run.

        Return False if Clockify refuses; the record comes again and is then rejected with the reason.
        """
        target, object_id = BY_NAME[entry.object], str(entry.id)
        scope = tuple(entry.recovery.get("scope") or ())
        given = {name: new for name, (_, new) in entry.changes.items() if name not in target.last}
        try:
            state = self._reader.one(target, scope, object_id) if target.listing.detail else None
            state = state or mirror.get(target, object_id) or self._reader.one(target, scope, object_id)
            if state is None or not differences(target, state, given):
                return True
            write = self._of_no_record(entry, Operation.INSERT, target, scope, given, {})
            state = self._converge(write, object_id, state, given)
            mirror.put(target, {**state, "id": object_id}, scope)
        except FATAL:
            raise
        except (ClockifyError, RejectedError, _BrokenOffError) as error:
            logger.info("%s: what a killed run had begun is not completed yet: %s", target.name, error)
            return False
        return True

    def note_repeated(self, entries: Sequence[Entry]) -> None:
        """Record creates that are sent again although an earlier request may still take effect."""
        if entries:
            self._ledger.note_repeated(entries)
            now = datetime.now(tz=UTC)
            self._repeated += [(entry, now) for entry in entries]

    def look_back(self) -> None:
        """Load the creates of earlier runs that were sent again: the first request may have taken effect since."""
        self._of_earlier_runs = self._ledger.repeated_creates(datetime.now(tz=UTC) - late.LOOKED_BACK)
        self._repeated += self._of_earlier_runs
        for one in self._ledger.created_by_calls():
            self.lost.claim(one)

    def take_back_repeated(self) -> int:
        """Delete extra objects of creates that were repeated although the first request took effect later.

        Return their number. Such an object did not exist before, has all values that were sent, has no values that the
        object of its row lacks, and belongs to no row. Once the run that repeated the create has ended, somebody else
        may have created it.

        Raises:
            StoppedError: An earlier run, or a call without a usable response, may have left such objects; none of them
                is deleted.
        """
        taken_back, unclear, now = 0, list[str](), datetime.now(tz=UTC)
        places: dict[tuple[str, Scope], list[tuple[Entry, datetime]]] = {}
        for entry, began in self._repeated:
            row = self._ledger.known(entry.stream, [entry.key]).get(entry.key)
            if BY_NAME[entry.object].delete is not None and row:
                entry.id = row.id  # that of an earlier run has none
                places.setdefault((entry.object, tuple(entry.recovery.get("scope") or ())), []).append((entry, began))
        for (name, scope), entries in places.items():
            target = BY_NAME[name]
            with suppress(ClockifyError):
                states = {str(one["id"]): one for one in self._reader.states(target, scope)}
                for entry, began in entries:
                    found = self._made_twice(entry, began, now, states)
                    if found is None:
                        continue
                    if (entry, began) in self._of_earlier_runs or self._is_call_unclear:
                        unclear.append(f"{target.noun} {found['id']}")
                        continue
                    outcome = self._delete_of_no_record(target, scope, found, None)
                    taken_back += outcome.error is None
                self._ledger.note_repeated(
                    (entry for entry, began in entries if now - began > late.SURELY_OVER), repeated=False
                )
        if unclear:
            msg = (
                f"{', '.join(unclear)}: equal to an object whose create was repeated, and perhaps created by the first "
                f"request, which was lost: delete it unless somebody, or a call, created it on purpose"
            )
            raise StoppedError(msg)
        return taken_back

    def _made_twice(self, entry: Entry, began: datetime, now: datetime, states: Mapping[str, State]) -> State | None:
        """Return another object that the same create may have created, None if there is none."""
        target, mine = BY_NAME[entry.object], states.get(str(entry.id))
        if mine is None:
            return None
        self.lost.claim(str(entry.id))
        possible = [
            one
            for one in states.values()
            if late.may_stem_from(str(one["id"]), began, now) and not differences(target, one, _as_sent(entry))
        ]
        possible = [one for one in possible if _says_no_more(target, one, mine)]
        return self.lost.found(target, entry, possible, mine=False)

    def delete_unproven(self) -> int:
        """Delete objects again that still exist although an empty response confirmed their deletion.

        Return their number. An empty response may come from a proxy.

        Raises:
            ClockifyError: A list cannot be read.
            StoppedError: Some objects cannot be deleted; their rows are put back into the ledger.
        """
        count = 0
        for attempt in range(_TRIES + 1):
            with self._lock:
                unproven, self._unproven = self._unproven, {}
            still = [
                (target, scope, state, unproven[target.name, scope][state["id"]])
                for target, scope in ((BY_NAME[name], scope) for name, scope in unproven)
                for state in self._listed_still(target, scope, unproven[target.name, scope])
            ]
            if attempt == _TRIES and still:
                self._ledger.remember([row for _, _, _, row in still])
                msg = f"{len(still)} objects are still there although their deletion was acknowledged; run again"
                raise StoppedError(msg)
            count += len(still) if not attempt else 0
            for target, scope, state, row in still:
                outcome = self._delete_of_no_record(target, scope, state, row)
                if outcome.error is not None:
                    self._ledger.remember([row])
                    msg = f"an object is still there although its deletion was acknowledged: {outcome.error}"
                    raise StoppedError(msg)
        return count

    def _note_unproven(self, write: Write) -> None:
        entry, scope = write.entry, write.scope
        row = Row(entry.stream, entry.key, write.target.name, str(entry.id), created=write.created)
        row.scope = dict(zip(write.target.scope, scope, strict=False))
        with self._lock:
            self._unproven.setdefault((write.target.name, scope), {})[row.id] = row

    def _listed_still(self, target: WritableObject, scope: Scope, ids: Mapping[str, Row]) -> list[State]:
        try:
            return [state for state in self._reader.states(target, scope) if state["id"] in ids]
        except GoneError:
            if scope:  # the parent was deleted, and they with it
                return []
            raise

    def _delete_of_no_record(self, target: WritableObject, scope: Scope, state: State, row: Row | None) -> Outcome:
        """Delete an object; the journal entry belongs to a row or to no row."""
        stream, key = row.identity if row else ("", str(state["id"]))
        again = Entry(stream, key, target.name, Operation.DELETE.value, str(state["id"]))
        again.changes, again.recovery = losses(target, state), {"scope": list(scope)}
        return self._journalled(self._of_no_record(again, Operation.DELETE, target, scope, {}, state))

    def _journalled(self, write: Write) -> Outcome:
        """Send a write that does not belong to a record of this run, and enter it into the journal."""
        write.entry.recovery["settles"] = True  # it belongs to the write that it corrects
        self._ledger.begin([write.entry])
        outcome = self.run(write)
        told_error = str(outcome.error) if outcome.error else None
        self._ledger.finish([(write.entry, outcome.status or "unknown", told_error, None)])
        return outcome

    def settle(self) -> None:
        """Look again at writes whose responses did not prove their outcome, and correct what late requests did.

        Raises:
            ClockifyError: A list cannot be read.
            StoppedError: Something cannot be settled; run again.
        """
        with ExitStack() as last_first:  # each of these is done, even if another fails
            last_first.callback(self._settle, self.mend_doubtful, "had changed a second time were corrected")
            last_first.callback(self._settle, self.take_back_repeated, "had created a second time were deleted again")
            if count := self.delete_unproven():
                logger.warning(
                    "%d objects were deleted a second time: Clockify had only acknowledged the first deletion", count
                )

    @staticmethod
    def _settle(step: Callable[[], int], told_as: str) -> None:
        if count := step():
            logger.warning("%d objects that late requests %s", count, told_as)

    def close(self) -> None:
        """Put rows back into the ledger whose deletions are not proven; the next run deletes their objects again."""
        with self._lock:
            unproven, self._unproven = self._unproven, {}
        if rows := [row for some in unproven.values() for row in some.values()]:
            self._ledger.remember(rows)

    def run_bulk(self, bulk: Bulk, writes: Sequence[Write]) -> list[Outcome]:
        """Send many updates or deletions in one call; if Clockify refuses that, send them one by one."""
        first = writes[0]
        ids = bodies.change_of(first, None, first.current, {}).ids
        try:
            if bulk.query:
                call = Call(bulk.method, bulk.path, params={bulk.query: [write.entry.id for write in writes]})
            else:
                call = Call(bulk.method, bulk.path, json=[bodies.bulk_body(write) for write in writes])
            answer = self._send_proven(first.target, call, ids, "id")
        except FATAL as error:
            return [Outcome(write, error=error) for write in writes]
        except AmbiguousWriteError:
            return [self._run_afresh(write) for write in writes]
        except ClockifyError:
            return [self.run(write) for write in writes]
        shown = {row["id"] for row in (answer if isinstance(answer, list) else [answer])}
        return [
            self._run_afresh(write)  # the response proves nothing about an object that it does not show
            if write.entry.id not in shown
            else Outcome(write, write.entry.id)
            if bulk.query
            else Outcome(write, write.entry.id, bodies.desired(write.target, write.current, write.given))
            for write in writes
        ]

    def _broken_off(self, write: Write, error: Exception) -> Outcome:
        """Return the outcome of a write that took effect in part, with the current object."""
        object_id = str(write.entry.id)
        state: State | None = None
        with suppress(ClockifyError, *UNEXPECTED_FORM):
            state = None if isinstance(error, FATAL) else self._reader.one(write.target, write.scope, object_id)
        return Outcome(write, object_id, state, error)

    # -- procedures ----------------------------------------------------------------------------

    def _call(self, write: Write) -> Outcome:
        if write.procedure.repeatable:
            self._call_until_certain(write.procedure, write.given)
        else:
            self._call_once(write)
        return Outcome(write, "", {})

    def _call_once(self, write: Write) -> None:
        procedure, given = write.procedure, write.given
        before = self._before(procedure, given)
        self._ledger.sending(write.entry)
        try:
            answers = self._call_and_look(procedure, given, before)
        except AmbiguousWriteError as error:
            self._is_call_unclear = True
            if self._took_place(procedure, given, before):
                return
            raise RejectedError(UNKNOWN_OUTCOME, str(error), status=error.status, code=error.code) from None
        except ClockifyError as error:
            if not late.is_unsigned(error):
                raise
            self._is_call_unclear = True
            raise RejectedError(UNKNOWN_OUTCOME, str(error), status=error.status) from None
        self._note_shown(write.entry, answers)

    def _note_shown(self, entry: Entry, answers: Iterable[Any]) -> None:
        """Record what a call created: it belongs to no row, and must not be taken for what a lost create made."""
        rows = [row for answer in answers for row in (answer if isinstance(answer, list) else [answer])]
        shown = [row["id"] for row in rows if isinstance(row, dict) and is_clockify_id(row.get("id"))]
        for one in shown:
            self.lost.claim(one)
        if shown:
            entry.recovery["shown"] = shown
            self._ledger.amend(entry)

    def _call_until_certain(self, procedure: Procedure, given: State) -> None:
        """Call until the response, or a later read, shows that Clockify has executed the call."""
        lost: AmbiguousWriteError | None = None
        before = self._before(procedure, given)
        for _ in range(_TRIES):
            try:
                self._call_and_look(procedure, given, before)
            except AmbiguousWriteError as error:
                lost = error
            except ClockifyError:
                if lost and self._took_place(procedure, given, before):
                    return  # Clockify refuses to do the same thing twice
                raise
            else:
                return
            if self._took_place(procedure, given, before):
                return
        if lost:
            raise lost

    def call(self, procedure: Procedure, given: State) -> list[Any]:
        """Call a procedure and return the responses.

        Raises:
            AmbiguousWriteError: Nothing proves that Clockify has executed the call.
        """
        return self._call_and_look(procedure, given, self._before(procedure, given))

    def _call_and_look(self, procedure: Procedure, given: State, before: Sequence[State]) -> list[Any]:
        """Call a procedure and return the responses; if they are empty, look whether the call took effect.

        Raises:
            AmbiguousWriteError: Nothing proves that Clockify has executed the call.
        """
        answers = self._answers(procedure, given)
        if any(answer is None for answer in answers) and not self._took_place(procedure, given, before):
            reason = "the response is empty, and no object shows that the call took effect"
            raise AmbiguousWriteError(procedure.name, reason=reason)
        return answers

    def _before(self, procedure: Procedure, given: State) -> Sequence[State]:
        """Return the state before a call, to find out later whether the call took effect."""
        evidence = procedure.evidence
        return list(evidence.rows(self._read, given)) if evidence and evidence.before else ()

    def _read(self, endpoint: Endpoint, ids: Mapping[str, Any]) -> Iterator[State]:
        return self._client.rows(endpoint, {"workspaceId": self._reader.workspace, **ids})

    def _took_place(self, procedure: Procedure, given: State, before: Sequence[State]) -> bool:
        """Return whether an object shows that a call took effect; false if it cannot be read."""
        effect, evidence = procedure.effect, procedure.evidence
        try:
            if evidence is not None:
                return evidence.shows(given, before, list(evidence.rows(self._read, given)))
            state = self._effect(procedure, given)
        except (ClockifyError, *UNEXPECTED_FORM):
            return False
        if effect is None:
            return False
        return effect.gone if state is None else effect.shows(given, state)

    def _effect(self, procedure: Procedure, given: State) -> State | None:
        """Return the current state of the object that shows the effect of a call, None if there is no such object."""
        if procedure.effect is None:
            return None
        target = BY_NAME[procedure.effect.of]
        scope = tuple(str(given[one]) for one in target.scope)
        return self._reader.one(target, scope, str(given[procedure.effect.id]))

    def _answers(self, procedure: Procedure, given: State) -> list[Any]:
        ids = {**given, "workspaceId": self._reader.workspace}
        if procedure.calls:
            change = Change(ids, {}, given, frozenset(given), given)
            return [self._send_proven(procedure, call, ids, procedure.proof) for call in procedure.calls(change)]
        assert procedure.brings is not None  # noqa: S101 - it has the one or the other
        name, id_field, fields = procedure.brings
        target, object_id = BY_NAME[name], str(given[id_field])
        scope = tuple(str(given[one]) for one in target.scope)
        state = self._reader.one(target, scope, object_id)
        if state is None:
            raise GoneError(f"{procedure.name} of a {target.noun}")
        entry = Entry("", object_id, name, Operation.UPDATE.value, object_id)
        wanted = fields(given, state)
        write = self._of_no_record(entry, Operation.UPDATE, target, scope, {**given, **wanted}, state)
        try:
            return [self._converge(write, object_id, state, wanted)]
        except _BrokenOffError as broken:
            raise broken.error from None

    def _of_no_record(  # noqa: PLR0913, PLR0917
        self, entry: Entry, operation: Operation, target: WritableObject, scope: Scope, given: State, state: State
    ) -> Write:
        """Return a write that does not belong to a record of this run."""
        route = Route(entry.stream, target, ("id",), {}, destination=self._reader.workspace)
        incoming = Incoming(route, Taken(0, entry.stream, 0, b"{}"), key=entry.key)
        return Write(incoming, operation, scope, given, state, entry)

    # -- the three operations ------------------------------------------------------------------

    def _insert(self, write: Write) -> Outcome:
        with self._alone(write):
            state = self._create(write)
        object_id = write.entry.id = str(state["id"])
        if differences(write.target, state, write.given):
            # From here on the object exists: if the run is killed now, the next one completes it.
            self._ledger.exists(write.entry, replace(write.row(object_id), record_hash=None))
            try:
                if any(value is UNKNOWN and name not in write.given for name, value in state.items()):
                    # The update would also replace fields that Clockify filled in from its settings.
                    state |= self._whole(write, object_id)
                state = self._converge(write, object_id, state, write.given)
            except (ClockifyError, RejectedError) as error:
                raise _BrokenOffError(error) from None
        return Outcome(write, object_id, state)

    def _whole(self, write: Write, object_id: str) -> State:
        """Return an object with all its fields.

        Raises:
            RejectedError: It cannot be read.
        """
        state = self._reader.one(write.target, write.scope, object_id)
        if state is None:
            msg = f"the new {write.target.noun} cannot be read, and what Clockify filled in itself would be replaced"
            raise RejectedError("not_permitted", msg, retryable=True)
        return state

    def _update(self, write: Write) -> Outcome:
        object_id = str(write.entry.id)
        return Outcome(write, object_id, self._converge(write, object_id, dict(write.current), write.given))

    def _delete(self, write: Write) -> Outcome:
        target, object_id = write.target, str(write.entry.id)
        means = target.delete
        assert means is not None  # noqa: S101 - it was decided so
        state = dict(write.current)
        for attempt in range(_TRIES):
            try:
                if means.first:
                    state = self._converge(write, object_id, state, dict(means.first))
                change = bodies.change_of(write, object_id, state, {})
                answer = self._send_proven(target, bodies.deletion(write, means, change), change.ids, means.proof)
                if answer is None:
                    self._note_unproven(write)
                self._note_hidden(write, answer)
            except ClockifyError as error:
                if isinstance(error, AmbiguousWriteError) and attempt < _TRIES - 1:
                    continue
                may_be_gone = isinstance(error, (GoneError, InvalidRequestError)) or late.is_unsigned(error)
                if may_be_gone and not self._is_listed(write, object_id):
                    break  # it was deleted already: Clockify's response is the same as for a refusal
                unclear = late.unclear(error)
                if state != write.current or attempt or unclear:  # a try may have taken effect, or will
                    raise _BrokenOffError(unclear or error) from None
                raise
            else:
                break
        return Outcome(write, object_id)

    def _note_hidden(self, write: Write, answer: Any) -> None:
        """Record in the journal the values of an object that are only in the response to its deletion."""
        shown = answer if isinstance(answer, dict) else {}
        hidden = {one.name: shown.get(one.name) for one in write.target.fields if one.reset}
        if told := {name: (value, None) for name, value in hidden.items() if value is not None}:
            write.entry.changes = {**write.entry.changes, **told}
            self._ledger.amend(write.entry)

    def _is_listed(self, write: Write, object_id: str) -> bool:
        """Return whether an object is currently in its list; true if the list cannot be read."""
        try:
            return any(state["id"] == object_id for state in self._reader.states(write.target, write.scope))
        except GoneError:
            return not write.scope  # otherwise the parent was deleted, and the object with it
        except ClockifyError:
            return True

    # -- creating ------------------------------------------------------------------------------

    @contextmanager
    def _alone(self, write: Write) -> Iterator[None]:
        """Create equal objects one after another.

        Otherwise, if a response is lost, the search could find the object that another create has just created.
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
        """Create the object, and return the known part of its state."""
        target = write.target
        call, change = bodies.creation(write)
        lost: AmbiguousWriteError | None = None
        for attempt in range(_TRIES):
            try:
                answer = self._send(target, call, change.ids)
            except AmbiguousWriteError as error:
                lost = error
                patient = late.may_be_carried_out_yet(error)
                is_outage = self._in_vain >= _OUTAGE
                if found := self._look_up(write, lost, patient=patient and not is_outage):
                    return found
                self._in_vain += patient
                # the next run searches again before it sends the create
                if attempt == _TRIES - 1 or (patient and is_outage):
                    raise
                self.note_repeated([write.entry])
            except ClockifyError as error:
                # Names are unique: an earlier create without a response may have succeeded.
                unclear = late.unclear(error)
                doubt = unclear or lost
                if doubt and not isinstance(error, FATAL) and (found := self._look_up(write, doubt, patient=False)):
                    return found
                if unclear:  # the next run searches for it again
                    raise unclear from None
                if lost and not isinstance(error, InvalidRequestError):
                    raise lost from None
                raise
            else:
                self._in_vain = 0
                return self._created(write, answer)
        raise AmbiguousWriteError(call.path)

    def _created(self, write: Write, answer: Any) -> State:
        target = write.target
        means = target.create
        assert means is not None  # noqa: S101 - it was decided so
        shown = means.found(answer) if means.found else None
        if not isinstance(shown, dict) or not is_clockify_id(shown.get("id")) or target.unlike(shown):
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
        self.lost.claim(str(shown["id"]))
        return {**means.defaults, **state, **unanswered, **scope, "id": shown["id"]}

    def _look_up(self, write: Write, lost: Exception, *, patient: bool) -> State | None:
        """Return the object of a create with an unknown outcome, with all its fields; None if there is none.

        Raises:
            Exception: The error of the create, if no search is possible.
        """
        target, looked = write.target, False
        found: State | None = None
        for wait in late.WAITS if patient else late.WAITS[:2]:
            time.sleep(wait)
            try:
                found = found or self.lost.found(target, write.entry, self._reader.states(target, write.scope))
                if found and target.listing.detail:  # a list has fewer fields than an update replaces
                    details = self._reader.one(target, write.scope, str(found["id"]))
                    if details is None:
                        continue
                    return {**found, **details}
            except FATAL:  # the outcome stays unknown, and the next run looks it up
                raise lost from None
            except ClockifyError:  # such as a list that grew while it was read
                continue
            looked = True
            if found is not None or not patient:
                return found
        if found is not None or not looked:
            raise lost
        return None

    # -- changing ------------------------------------------------------------------------------

    def _converge(self, write: Write, object_id: str, state: State, given: State) -> State:
        """Send the calls that give the object these fields, and return its new state."""
        self._note_newer(write.target, object_id, given)
        lost, tries = AmbiguousWriteError(write.target.name), 0
        for attempt in range(_MOST_LOST):
            try:
                return self._send_parts(write, object_id, state, given)
            except AmbiguousWriteError as error:
                lost = error
            except ClockifyError as error:
                if attempt:  # an earlier try may have taken effect
                    raise _BrokenOffError(error) from None
                raise
            try:
                fresh = self._reader.one(write.target, write.scope, object_id)
            except ClockifyError as error:
                raise _BrokenOffError(error if isinstance(error, FATAL) else lost) from None
            if fresh is None:
                raise lost
            is_as_before = fresh == state
            tries = tries + 1 if is_as_before else 1  # a try that changed something is no failure
            state = fresh
            if tries == _TRIES or (is_as_before and late.is_refusal(lost)):
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
            change = bodies.change_of(write, object_id, state, given, touched)
            answer: Any = None
            now = state
            for call in bodies.calls_of(target, part, change):
                try:
                    answer = self._send_proven(target, call, change.ids, part.proof)
                except ClockifyError as error:
                    if unclear := late.unclear(error):
                        if call.after is not None and late.may_be_carried_out_yet(unclear):
                            self._wait_for(write, object_id, now, call.after)
                        raise unclear from None
                    if begun:
                        raise _BrokenOffError(error) from None
                    raise
                begun, now = True, {**now, **(call.after or {})}
            if answer is None:
                self._look_for(write, object_id, state, change, part)
            state = {**state, **{name: change.desired.get(name) for name in part.fields if name in change.desired}}
        return state

    def _wait_for(self, write: Write, object_id: str, before: State, names: Iterable[str]) -> None:
        """Wait until fields show the effect of a call that must not be repeated, or until it is unlikely."""
        if self._in_vain < _OUTAGE:
            for wait in late.WAITS:
                time.sleep(wait)
                with suppress(ClockifyError):
                    fresh = self._reader.one(write.target, write.scope, object_id)
                    if fresh is None or differences(write.target, before, {name: fresh.get(name) for name in names}):
                        self._in_vain = 0
                        return
            self._in_vain += 1
        wanted = {name: write.given[name] for name in names if name in write.given}
        with self._lock:
            self._doubtful[write.target.name, object_id] = (write, wanted)

    def _note_newer(self, target: WritableObject, object_id: str, given: State) -> None:
        """Let newer values replace those to which an object would be corrected."""
        with self._lock:
            if doubt := self._doubtful.get((target.name, object_id)):
                doubt[1].update({name: given[name] for name in doubt[1] if name in given})

    def mend_doubtful(self) -> int:
        """Read objects with repeated calls again, in case the first calls have taken effect as well.

        Only the fields that the calls changed are corrected. Return the number of corrected objects.

        Raises:
            StoppedError: An object cannot be read, or not be changed.
        """
        with self._lock:
            doubtful, self._doubtful = self._doubtful, {}
        count = 0
        for (_, object_id), (write, wanted) in doubtful.items():
            target, scope = write.target, write.scope
            try:
                state = self._reader.one(target, scope, object_id)
            except ClockifyError as error:
                msg = f"it is not known whether a {target.noun} was changed twice: {error}; run again"
                raise StoppedError(msg) from None
            changes = differences(target, state, wanted) if state else {}
            if state is None or not changes:
                continue
            entry = Entry(write.entry.stream, write.entry.key, target.name, Operation.UPDATE.value, object_id)
            entry.changes, entry.recovery = changes, {"scope": list(scope)}
            again = self._of_no_record(entry, Operation.UPDATE, target, scope, wanted, state)
            outcome = self._journalled(again)
            if outcome.error is not None:
                msg = f"a {target.noun} was changed twice, and cannot be corrected: {outcome.error}; run again"
                raise StoppedError(msg)
            count += 1
        return count

    def _look_for(self, write: Write, object_id: str, state: State, change: Change, part: Part) -> None:
        """Require that an object shows the effect of a call with an empty response, or mark its list to be read.

        Raises:
            AmbiguousWriteError: The object is unchanged, or cannot be read.
            _BrokenOffError: The object has another value.
        """
        target, names = write.target, change.changed
        if target.shown_by_list:
            write.unseen |= names
            return
        try:
            fresh = self._reader.one(target, write.scope, object_id)
        except FATAL:
            raise
        except ClockifyError:
            raise AmbiguousWriteError(
                part.path, reason="the response is empty, and the object cannot be read"
            ) from None
        if fresh is None or not _not_shown(target, fresh, change.desired, names):
            return
        if _is_as_before(target, state, fresh, names):
            raise AmbiguousWriteError(part.path, reason="the response is empty, and the object has not changed")
        raise _BrokenOffError(_unseen(names, "another value is shown"))

    def _run_afresh(self, write: Write) -> Outcome:
        """Complete a write after a call with an unknown outcome."""
        try:
            fresh = self._reader.one(write.target, write.scope, str(write.entry.id))
        except ClockifyError as error:
            return Outcome(write, write.entry.id, error=told(error))
        if fresh is not None:
            write.current = fresh
        outcome = self.run(write)
        return outcome if outcome.error is None else replace(outcome, id=write.entry.id)

    # -- sending -------------------------------------------------------------------------------

    def _send_proven(self, target: Writable, call: Call, ids: Mapping[str, Any], proof: str) -> Any:
        """Send a call, whose response contains an object or nothing, and return the response.

        Raises:
            AmbiguousWriteError: The response is different, so that it may not come from Clockify.
        """
        answer = self._send(target, call, ids)
        if answer is None and not proof:
            return None
        rows = answer if isinstance(answer, list) else [answer]
        if not rows or not all(isinstance(one, dict) and one.get(proof or "id") for one in rows):
            raise AmbiguousWriteError(
                f"{call.method} {call.path}", reason="the response does not contain the written values"
            )
        return answer

    def _send(self, target: Writable, call: Call, ids: Mapping[str, Any]) -> Any:
        with self._lock:
            self.requests[target.name] += 1
        return self._client.call(bodies.as_request(call, ids))


_MEANS = {
    Operation.INSERT: Writer._insert,  # noqa: SLF001
    Operation.UPDATE: Writer._update,  # noqa: SLF001
    Operation.DELETE: Writer._delete,  # noqa: SLF001
    Operation.CALL: Writer._call,  # noqa: SLF001
}


def _says_no_more(target: WritableObject, one: State, other: State) -> bool:
    """Return whether every field of an object equals that of another, has the value of a new object, or is empty."""
    fresh = target.create.defaults if target.create else {}
    more = differences(
        target, other, {name: value for name, value in one.items() if value and value != fresh.get(name)}
    )
    return not more


def _as_sent(entry: Entry) -> State:
    """Return the fields with which a create was sent."""
    create = BY_NAME[entry.object].create
    return {name: new for name, (_, new) in entry.changes.items() if create and name in create.fields}


def _not_shown(target: WritableObject, fresh: State, wanted: State, names: Iterable[str]) -> list[str]:
    """Return the fields in which an object has neither the wanted value nor a later one."""
    expected = {name: wanted[name] for name in names if name in wanted}
    different = differences(target, fresh, expected)
    moved_on = {name: target.field(name).outgrown for name in different}
    return [name for name, tells in moved_on.items() if not (tells and tells(fresh, expected[name]))]


def _is_as_before(target: WritableObject, before: State, fresh: State, names: Iterable[str]) -> bool:
    return not differences(target, before, {name: fresh.get(name) for name in names})


def _was_added(before: Any, wanted: Any, fresh: Any) -> bool:
    return bool(before) and all(isinstance(one, (int, float)) for one in (before, wanted)) and fresh == before + wanted


def _unseen(names: Iterable[str], why: str) -> RejectedError:
    msg = f"Clockify acknowledged a new value of {', '.join(sorted(names))}, but the object does not show it: {why}"
    return RejectedError(UNKNOWN_OUTCOME, msg, retryable=True)
