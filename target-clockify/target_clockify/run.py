"""One run: takes messages in, decides in chunks, writes side by side, and acknowledges what is done.

Records are looked at in chunks, so that ledger and lists are asked for many at once. Their writes go to a pool of workers
while the next chunk is read: in order for one key, and parents before what refers to them, since a record whose reference
is unknown waits until it is known. A STATE goes out once everything before it is written, or rejected to disk.
"""

from __future__ import annotations

import hashlib
import logging
import queue
import time
from collections import Counter, deque
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from clockify_client import ClockifyError, FanOut

from target_clockify.current import Current, Reader
from target_clockify.declaration import Operation
from target_clockify.ledger import Entry, Ledger, Row
from target_clockify.objects import BY_NAME
from target_clockify.plan import Planner, Unchanged, Write
from target_clockify.record import RejectedError
from target_clockify.references import References, UnresolvedError
from target_clockify.rehearsal import Rehearsal
from target_clockify.rejects import Rejects
from target_clockify.scratch import Seen, Waiting, open_scratch
from target_clockify.summary import Summary
from target_clockify.write import FATAL, Outcome, Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from clockify_client import Client

    from target_clockify.current import Scope
    from target_clockify.declaration import Bulk, State, WritableObject
    from target_clockify.record import Incoming, Route
    from target_clockify.settings import Settings

logger = logging.getLogger("target-clockify")

_CHUNK = 2000  # records looked at together
_UNDER_WAY = 1000  # writes that may be on their way or queued before more records are looked at
_LATER = "at the end of the run"
_SETTLED_AFTER = 1.0  # seconds in which a request of a killed run has certainly arrived


class StoppedError(Exception):
    """The run ends early: too many rejects, or the first one where that is what the settings want."""


class Run:
    """One run of the target.

    Args:
        settings: The settings.
        client: The connection to Clockify.
        ledger: The ledger of the workspace.
        acknowledge: Emits a STATE.
    """

    def __init__(self, settings: Settings, client: Client, ledger: Ledger, acknowledge: Callable[[Any], None]) -> None:
        self.settings = settings
        self.summary = Summary(client)
        self.rejects = Rejects(settings.config["rejects_path"])
        self._client = client
        self._ledger = ledger
        self._acknowledge = acknowledge
        self._fan_out = FanOut(client)
        scratch = open_scratch()
        reader = Reader(client, settings.workspace_id)
        self._current = Current(reader, self._fan_out, scratch)
        self._references = References(ledger, self._current, BY_NAME, settings.workspace_id)
        self._planner = Planner(settings, ledger, self._current)
        self._writer: Writer | Rehearsal = Rehearsal(settings) if settings.dry_run else Writer(client, reader, ledger)
        self._waiting = Waiting(scratch)
        self._seen = Seen(scratch)
        self.routes: dict[str, Route] = {}
        self._chunk: list[tuple[str, int, bytes]] = []
        self._versions: set[str] = set()
        self._pool = ThreadPoolExecutor(client.settings.max_workers, thread_name_prefix="write")
        self._outcomes: queue.SimpleQueue[list[Outcome]] = queue.SimpleQueue()
        self._futures: dict[Future[None], list[Write]] = {}
        self._busy: set[tuple[str, str]] = set()
        self._epoch = 0
        self._outstanding: Counter[int] = Counter()
        self._states: deque[tuple[int, Any]] = deque()
        self._deletes = 0
        self._recovered = False
        self._at_the_end = False
        self._unfinished: set[str] = set()

    # -- messages ------------------------------------------------------------------------------

    def introduce(self, route: Route, message: dict[str, Any]) -> None:
        """Take note of a stream."""
        self.routes[route.stream] = route
        self._references.expected.add(route.object.name)
        self.rejects.introduce(route.stream, message)

    def record(self, stream: str, raw: bytes) -> None:
        """Take a record in."""
        self.summary.read(stream)
        self._outstanding[self._epoch] += 1
        self._chunk.append((stream, self._epoch, raw))
        if len(self._chunk) >= _CHUNK:
            self._look_at_chunk()

    def state(self, value: Any) -> None:  # noqa: ANN401
        """Take a STATE in; it goes out once everything before it is done."""
        self._states.append((self._epoch, value))
        self._epoch += 1
        self._acknowledge_done()

    def activate(self, stream: str) -> None:
        """Note that a stream has come whole."""
        self._versions.add(stream)

    def finish(self) -> None:
        """Do everything that is left."""
        self._work_off()
        self._at_the_end = True
        self._references.expected.clear()
        self._chunk += [row[:3] for row in self._waiting.release_all()]
        self._work_off()
        for stream, epoch, raw, reason in self._waiting.release_all():
            self._reject_raw(stream, epoch, raw, RejectedError("unresolved", reason))
        if self.settings.config.get("delete_missing"):
            self._delete_missing()
        self._acknowledge_done()

    def close(self) -> None:
        """Let what is on its way arrive, note it, and end; for any way a run can end."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        while not self._outcomes.empty():
            self._settle(self._outcomes.get())
        unsent = [write for writes in self._futures.values() for write in writes]
        if unsent:
            self._ledger.finish([(write.entry, "void", None, None) for write in unsent])
        self._acknowledge_done()
        self.rejects.close()
        self._writer.close()
        self._fan_out.close()
        self.summary.pages.update(self._current.pages)
        self.summary.writes.update(self._writer.requests)

    # -- from records to writes ----------------------------------------------------------------

    def _work_off(self) -> None:
        while self._chunk or self._futures:
            if self._chunk:
                self._look_at_chunk()
            else:
                self._collect()

    def _look_at_chunk(self) -> None:
        if not self._recovered:
            self._recover()
        chunk, self._chunk = self._chunk, []
        incoming = [one for stream, epoch, raw in chunk if (one := self._glanced(stream, epoch, raw))]
        rows = self._known(incoming)
        closer = self._without_unchanged(incoming, rows)
        writes, unchanged = self._planned(closer, rows)
        self._ledger.remember(unchanged)
        self._dispatch(writes)
        while len(self._futures) > _UNDER_WAY or not self._outcomes.empty():
            self._collect()
        self._acknowledge_done()

    def _glanced(self, stream: str, epoch: int, raw: bytes) -> Incoming | None:
        route = self.routes[stream]
        try:
            incoming = route.glance(raw, epoch=epoch)
        except RejectedError as error:
            self._reject_raw(stream, epoch, raw, error)
            return None
        if (stream, incoming.key) in self._busy:
            self._waiting.add(_busy(stream, incoming.key), stream, epoch, raw, "an earlier record of the same key")
            return None
        if self.settings.config.get("delete_missing") and not incoming.deleted:
            self._seen.add(stream, [incoming.key])
        return incoming

    def _known(self, incoming: list[Incoming]) -> dict[tuple[str, str], Row]:
        keys: dict[str, list[str]] = {}
        for one in incoming:
            keys.setdefault(one.route.stream, []).append(one.key)
        return {
            (stream, key): row for stream, some in keys.items() for key, row in self._ledger.known(stream, some).items()
        }

    def _without_unchanged(self, incoming: list[Incoming], rows: Mapping[tuple[str, str], Row]) -> list[Incoming]:
        """Return the records that need a closer look.

        The others repeat what the list has literally, or neither they nor the list have changed since they were last
        compared.
        """
        own = self.settings.workspace_id
        places: list[tuple[WritableObject, Scope, str] | None] = []
        for one in incoming:
            target, row = one.route.object, rows.get((one.route.stream, one.key))
            names = target.listing.scope
            place = None
            if target.is_procedure:
                pass
            elif row and row.record_hash == one.seen and row.state_hash:
                place = (target, tuple(str(row.scope.get(name)) for name in names), row.id)
            elif one.id and one.workspace == own and one.route.literal and all(name in one.data for name in names):
                place = (target, tuple(bytes(one.data[name])[1:-1].decode() for name in names), one.id)
            places.append(place)
        self._current.ensure({(place[0], place[1]): None for place in places if place})
        blobs = self._blobs(place for place in places if place)
        closer = []
        for one, place in zip(incoming, places, strict=True):
            blob = blobs.get((place[0].name, place[2])) if place else None
            row = rows.get((one.route.stream, one.key))
            if blob is not None and place and not self._is_touched(place[0], place[2]):
                if row and row.record_hash == one.seen and row.state_hash == _hash(blob):
                    self._unchanged(one, row.id)
                    continue
                if one.id == place[2] and one.route.says(one, blob):
                    self._unchanged(one, one.id)
                    continue
            closer.append(one)
        return closer

    def _blobs(self, places: Iterable[tuple[WritableObject, Scope, str]]) -> dict[tuple[str, str], bytes]:
        ids: dict[str, list[str]] = {}
        for target, _, object_id in places:
            ids.setdefault(target.name, []).append(object_id)
        return {
            (name, object_id): blob
            for name, some in ids.items()
            for object_id, blob in self._current.blobs(BY_NAME[name], some).items()
        }

    def _is_touched(self, target: WritableObject, object_id: str) -> bool:
        return ("=" + target.name, object_id) in self._busy

    def _planned(self, closer: list[Incoming], rows: Mapping[tuple[str, str], Row]) -> tuple[list[Write], list[Row]]:
        resolved = [(one, given) for one in closer if (given := self._resolved(one)) is not None]
        placed = [(one, given, self._place(one, given, rows)) for one, given in resolved]
        self._current.ensure({(one.route.object, scope): None for one, _, scope in placed if _is_listed(one, scope)})
        self._read_more(placed, rows)
        writes: list[Write] = []
        unchanged: list[Row] = []
        for one, given, scope in placed:
            row = rows.get((one.route.stream, one.key))
            try:
                if (one.route.stream, one.key) in self._busy:
                    self._wait(_busy(one.route.stream, one.key), one, "an earlier record of the same key")
                    continue
                planned = self._planner.planned(one, given, scope, row)
                if isinstance(planned, Write):
                    if planned.entry.id and self._is_touched(planned.target, planned.entry.id):
                        self._wait(
                            _busy("=" + planned.target.name, planned.entry.id), one, "a write to the same object"
                        )
                        continue
                    if awaited := self._awaited(planned):
                        self._wait(awaited, one, "a write to what it refers to")
                        continue
                    self._count_delete(planned)
                    self._mark_busy(planned)
                    writes.append(planned)
                else:
                    unchanged += self._premises(one, planned, row)
                    self._unchanged(one, planned.id)
            except RejectedError as error:
                self._reject(one, error)
        return writes, unchanged

    def _awaited(self, write: Write) -> str | None:
        """Return what a write has to wait for: an object it refers to that is being written."""
        if self._busy and write.operation is not Operation.DELETE:
            for name, object_id in self._references.ids(write.target, write.given):
                if ("=" + name, object_id) in self._busy:
                    return _busy("=" + name, object_id)
        return None

    def _resolved(self, one: Incoming) -> State | None:
        try:
            one.route.fill(one)
            return self._references.resolved(one)
        except UnresolvedError as error:
            name, key = error.missing[0]
            self._wait(_place(name, key), one, f"refers to what never came: {error.said}")
        except RejectedError as error:
            self._reject(one, error)
        return None

    def _place(self, one: Incoming, given: State, rows: Mapping[tuple[str, str], Row]) -> Scope | None:
        return self._planner.scope_of(one, given, rows.get((one.route.stream, one.key)))

    def _read_more(
        self, placed: list[tuple[Incoming, State, Scope | None]], rows: Mapping[tuple[str, str], Row]
    ) -> None:
        """Read what lists do not bring: details that records mention, and objects known by their ids alone."""
        details: dict[str, list[str]] = {}
        alone: dict[str, list[str]] = {}
        for one, given, scope in placed:
            target = one.route.object
            if target.is_procedure:
                continue
            if scope is None and one.id:
                alone.setdefault(target.name, []).append(one.id)
            if target.listing.detailed.intersection(given) and not one.deleted:
                found = self._planner.found_or_none(one, given, rows.get((one.route.stream, one.key)))
                details.setdefault(target.name, []).extend([found] if found else [])
        for name, ids in alone.items():
            self._current.look_up(BY_NAME[name], ids)
        for name, ids in details.items():
            self._current.detail(BY_NAME[name], ids)

    def _premises(self, one: Incoming, unchanged: Unchanged, row: Row | None) -> list[Row]:
        """Return the row to remember for a record that is up to date, none where the record itself says it all."""
        if unchanged.id is None or one.key == unchanged.id or self.settings.dry_run:
            return []
        target = one.route.object
        blob = self._current.blobs(target, [unchanged.id]).get(unchanged.id)
        scope = dict(zip(target.listing.scope, unchanged.scope, strict=False))
        state_hash = _hash(blob) if blob is not None and not target.listing.detail else None
        created = row is not None and row.created and row.id == unchanged.id
        new = Row(one.route.stream, one.key, target.name, unchanged.id, scope, created, one.seen, state_hash)
        return [] if row == new else [new]

    # -- writes --------------------------------------------------------------------------------

    def _count_delete(self, write: Write) -> None:
        if write.operation is not Operation.DELETE:
            return
        limit = self.settings.max_deletes
        if limit is not None and self._deletes >= limit:
            msg = f"more than the {limit} deletions that max_deletes allows"
            raise RejectedError("max_deletes", msg)
        self._deletes += 1

    def _mark_busy(self, write: Write) -> None:
        self._busy.add((write.incoming.route.stream, write.incoming.key))
        if write.entry.id:
            self._busy.add(("=" + write.target.name, write.entry.id))

    def _dispatch(self, writes: list[Write]) -> None:
        if not writes:
            return
        if not self.settings.dry_run:
            self._ledger.begin([write.entry for write in writes])
        together: dict[tuple[str, Any], tuple[Bulk, list[Write]]] = {}
        for write in writes:
            bulk = _bulk_of(write)
            if bulk is None or self.settings.dry_run:
                self._submit([write], lambda write=write: [self._writer.run(write)])
                continue
            parent = write.current.get(bulk.together)
            _, some = together.setdefault((bulk.method + write.target.name, parent), (bulk, []))
            some.append(write)
        for bulk, some in together.values():
            for start in range(0, len(some), bulk.size):
                part = some[start : start + bulk.size]
                if len(part) == 1:
                    self._submit(part, lambda part=part: [self._writer.run(part[0])])
                else:
                    self._submit(part, lambda part=part, bulk=bulk: self._writer.run_bulk(bulk, part))

    def _submit(self, writes: list[Write], work: Callable[[], list[Outcome]]) -> None:
        def carry_out() -> None:
            try:
                outcomes = work()
            except Exception as error:  # noqa: BLE001 - a thread must not take the outcome of a write with it
                outcomes = [Outcome(write, error=error) for write in writes]
            self._outcomes.put(outcomes)

        if self.settings.dry_run:
            carry_out()
            self._settle(self._outcomes.get())
            return
        future = self._pool.submit(carry_out)
        self._futures[future] = writes

    def _collect(self) -> None:
        """Wait for outcomes, and take all that are there."""
        outcomes = self._outcomes.get()
        while not self._outcomes.empty():
            outcomes += self._outcomes.get()
        self._settle(outcomes)

    def _settle(self, outcomes: list[Outcome]) -> None:
        done = {id(outcome.write) for outcome in outcomes}
        self._futures = {
            future: writes for future, writes in self._futures.items() if not any(id(write) in done for write in writes)
        }
        closed: list[tuple[Entry, str, str | None, Row | None]] = []
        fatal: Exception | None = None
        stopped: StoppedError | None = None
        for outcome in outcomes:
            write, error = outcome.write, outcome.error
            self._busy.discard((write.incoming.route.stream, write.incoming.key))
            if write.entry.id:
                self._busy.discard(("=" + write.target.name, write.entry.id))
            if isinstance(error, RejectedError):
                closed.append((write.entry, "failed", str(error), None))
                if self._deserves_another_try(write, error):
                    self._wait(_LATER, write.incoming, str(error))
                    self._release(_busy(write.incoming.route.stream, write.incoming.key))
                    continue
                if write.entry.id:
                    self._release(_busy("=" + write.target.name, write.entry.id))
                try:
                    self._reject(write.incoming, error, write.operation.value)
                except StoppedError as stop:
                    stopped = stop
            elif error is not None:
                fatal = error
                closed.append((write.entry, "failed", str(error), None))
            else:
                closed.append((write.entry, "done", None, self._done(outcome)))
        if not self.settings.dry_run:
            self._ledger.finish(closed)
        for outcome in outcomes:
            if outcome.error is None:
                if outcome.write.unfinished:
                    self._unfinished.add(outcome.write.incoming.key)
                    self._outstanding[outcome.write.incoming.epoch] += 1
                    self._wait(_LATER, outcome.write.incoming, "unfinished")
                self._settled(outcome.write.incoming, outcome.id)
        if failure := fatal or stopped:
            raise failure

    def _deserves_another_try(self, write: Write, error: RejectedError) -> bool:
        refused = write.operation is Operation.INSERT and error.kind in {"refused", "gone"}
        return refused and write.target.second_chance and not self._at_the_end

    def _done(self, outcome: Outcome) -> Row | None:
        write, target = outcome.write, outcome.write.target
        if not write.unfinished:
            done = "inserted" if write.incoming.key in self._unfinished else _DONE[write.operation]
            self.summary.count(write.incoming.route.stream, done)
        if write.operation is Operation.DELETE:
            if outcome.id:
                self._current.drop(target, outcome.id)
            return None
        if write.operation is Operation.CALL:
            return write.row("")
        if outcome.state is not None and outcome.id:
            if write.operation is Operation.INSERT:
                for child in _CHILDREN.get(target.name, ()):
                    self._current.suppose_empty(child, (outcome.id,))
            self._current.put(target, {**outcome.state, "id": outcome.id}, write.scope, detailed=True)
            if self.settings.dry_run:
                self._ledger.suppose(target.name, write.incoming.key, outcome.id)
            return write.row(outcome.id)
        return None

    def _unchanged(self, one: Incoming, object_id: str | None) -> None:
        self.summary.count(one.route.stream, "unchanged")
        if object_id is not None and object_id != one.key:
            self._ledger.suppose(one.route.object.name, one.key, object_id)
        self._settled(one, object_id)

    def _settled(self, one: Incoming, object_id: str | None) -> None:
        """Close the books on a record, and take up what waited for it."""
        self._outstanding[one.epoch] -= 1
        if not self._waiting.places:
            return
        target = one.route.object
        natural = one.fields.get(target.natural[0]) if target.natural else None
        places = [_busy(one.route.stream, one.key), _place(target.name, one.key), _place("any", one.key)]
        places += [_place(target.name, str(natural))] if natural else []
        places += [_busy("=" + target.name, object_id)] if object_id else []
        self._release(*places)

    def _release(self, *places: str) -> None:
        self._chunk += [row[:3] for row in self._waiting.release(places)]

    def _wait(self, place: str, one: Incoming, reason: str) -> None:
        self._waiting.add(place, one.route.stream, one.epoch, one.raw, reason)

    # -- rejects and states --------------------------------------------------------------------

    def _reject(self, one: Incoming, error: RejectedError, operation: str = "") -> None:
        operation = operation or ("DELETE" if one.deleted else one.route.operation)
        self._reject_raw(one.route.stream, one.epoch, one.raw, error, one.key, operation)
        self._release(_busy(one.route.stream, one.key))

    def _reject_raw(  # noqa: PLR0913
        self, stream: str, epoch: int, raw: bytes, error: RejectedError, key: str = "", operation: str = ""
    ) -> None:
        self.rejects.add(stream, key, operation, raw, error)
        self.summary.reject(stream, error)
        self._outstanding[epoch] -= 1
        config = self.settings.config
        most = config.get("max_rejects")
        if config.get("on_reject") == "fail_fast":
            msg = f"stopped at the first reject, in {stream}: {error}"
            raise StoppedError(msg)
        if most is not None and self.rejects.count > most:
            msg = f"stopped after more than {most} rejects (max_rejects); see {self.rejects.path}"
            raise StoppedError(msg)

    def _acknowledge_done(self) -> None:
        while self._states and not any(
            count for epoch, count in self._outstanding.items() if epoch <= self._states[0][0]
        ):
            epoch, value = self._states.popleft()
            for old in [one for one in self._outstanding if one <= epoch]:
                del self._outstanding[old]
            if not self.settings.dry_run and not (self._states and self._is_done(self._states[0][0])):
                self._acknowledge(value)

    def _is_done(self, epoch: int) -> bool:
        return not any(count for one, count in self._outstanding.items() if one <= epoch)

    # -- the beginning and the end -------------------------------------------------------------

    def _recover(self) -> None:
        """Find out what became of the writes that were under way when an earlier run was killed."""
        self._recovered = True
        self.rejects.start()
        entries = self._ledger.open_entries() if not self.settings.dry_run else []
        if not entries:
            return
        latest = max(datetime.fromisoformat(entry.began) for entry in entries)
        time.sleep(max(0.0, _SETTLED_AFTER - (datetime.now(tz=UTC) - latest).total_seconds()))
        inserts = [one for one in entries if one.operation == Operation.INSERT and not one.id and one.object in BY_NAME]
        self._current.ensure({(BY_NAME[one.object], tuple(one.recovery.get("scope") or ())): None for one in inserts})
        closed: list[tuple[Entry, str, str | None, Row | None]] = []
        taken: set[str] = set()
        for entry in entries:
            found = self._found_again(entry, taken) if entry in inserts else None
            status = "done" if found or entry.id and entry.operation == Operation.INSERT else "void"
            if entry.operation == Operation.CALL:
                status = "unknown"
            closed.append((entry, status, None, found))
        self._ledger.finish(closed)
        logger.info("%d writes of a broken run were looked up, %d of them had taken place", len(entries), len(taken))

    def _found_again(self, entry: Entry, taken: set[str]) -> Row | None:
        target, note = BY_NAME[entry.object], entry.recovery
        if "given" not in note:
            return None
        found = self._current.matching(target, target.recognised_by, note["given"])
        free = [one for one in found if one not in note["before"] and one not in taken]
        owners = self._ledger.owners(target.name, free) if free else {}
        free = [one for one in free if owners.get(one, (entry.stream, entry.key)) == (entry.stream, entry.key)]
        if not free:
            return None
        taken.add(free[0])
        scope = dict(zip(target.listing.scope, note.get("scope") or (), strict=False))
        return Row(entry.stream, entry.key, target.name, free[0], scope, created=True)

    def _delete_missing(self) -> None:
        missing: list[tuple[Route, Row]] = []
        for stream in sorted(self._versions):
            route = self.routes.get(stream)
            if route is not None and route.object.delete:
                missing += [(route, row) for row in self._ledger.created(stream) if not self._seen.has(stream, row.key)]
        limit = self.settings.max_deletes
        if limit is not None and self._deletes + len(missing) > limit:
            msg = f"{len(missing)} objects are missing from the input, more than max_deletes ({limit}) allows to delete"
            raise StoppedError(msg)
        order = {name: number for number, name in enumerate(reversed(BY_NAME))}
        for name in sorted({row.object for _, row in missing}, key=lambda name: order[name]):
            for route, row in missing:
                if row.object == name:
                    self.summary.missing(route.stream)
                    self._outstanding[self._epoch] += 1
                    self._chunk.append((route.stream, self._epoch, route.farewell(row)))
            self._work_off()


_CHILDREN = {"projects": [BY_NAME["tasks"]], "invoices": [BY_NAME["invoice_payments"]]}
_DONE = {
    Operation.INSERT: "inserted",
    Operation.UPDATE: "updated",
    Operation.DELETE: "deleted",
    Operation.CALL: "called",
}


def _is_listed(one: Incoming, scope: Scope | None) -> bool:
    return scope is not None and not one.route.object.is_procedure


def _hash(blob: bytes) -> bytes:
    return hashlib.blake2b(blob, digest_size=16).digest()


def _place(name: str, key: str) -> str:
    return f"{name}\0{key}"


def _busy(stream: str, key: str) -> str:
    return f"={stream}\0{key}"


def _bulk_of(write: Write) -> Bulk | None:
    """Return the bulk call that can take a write, None where it has to be sent by itself."""
    target = write.target
    if write.operation is Operation.DELETE:
        return target.delete.bulk if target.delete and write.current else None
    if write.operation is not Operation.UPDATE:
        return None
    part = next((part for part in target.parts if part.bulk), None)
    whole = part and set(write.entry.changes) <= set(part.fields)
    interval = write.given.get("timeInterval") or write.current.get("timeInterval") or {}
    return part.bulk if part and whole and interval.get("end") else None
