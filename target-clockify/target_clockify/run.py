"""One run: takes messages in, has them decided upon in chunks, has them written, and keeps the books.

Writes go to a pool of workers while the next chunk is read: in order for one key, and parents before what refers to
them, since a record whose reference is unknown waits until it is known. A STATE goes out once everything before it is
written, or rejected to disk.
"""

from __future__ import annotations

import logging
from contextlib import ExitStack
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from clockify_client import FanOut

from target_clockify.apply.dispatch import Dispatcher
from target_clockify.apply.recovery import recover
from target_clockify.apply.rehearsal import Rehearsal
from target_clockify.apply.write import Writer
from target_clockify.books.acknowledge import Acknowledgement
from target_clockify.books.rejects import Rejects
from target_clockify.books.summary import Summary
from target_clockify.intake import TURNS, Intake, key_place, object_place, places_of, reference_place
from target_clockify.mirror import Current, Reader
from target_clockify.model.declaration import Operation
from target_clockify.model.objects import BY_NAME
from target_clockify.naming import folded
from target_clockify.scratch import Seen, Taken, Waiting, open_scratch
from target_clockify.understand.record import RejectedError, is_clockify_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from clockify_client import Client

    from target_clockify.apply.write import Outcome
    from target_clockify.books.ledger import Entry, Ledger, Row
    from target_clockify.settings import Settings
    from target_clockify.understand.record import Incoming, Route

logger = logging.getLogger("target-clockify")

_CHUNK = 1000  # records looked at together
_UNDER_WAY = 1000  # jobs on their way or queued before more records are looked at


class StoppedError(Exception):
    """The run ends early: too many rejects, or the first one where that is what the settings want."""


class Run:
    """One run of the target.

    Args:
        settings: The settings.
        client: The connection to Clockify.
        ledger: The ledger of the workspace.
        emit: Emits a STATE.
        check: Raises an exception where the run is to end.
    """

    def __init__(
        self,
        settings: Settings,
        client: Client,
        ledger: Ledger,
        emit: Callable[[Any], None],
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self._check = check
        self.settings = settings
        self.summary = Summary(client, rehearsed=settings.dry_run)
        self.rejects = Rejects(settings.config["rejects_path"])
        self.routes: dict[str, Route] = {}
        self._ledger = ledger
        self._fan_out = FanOut(client)
        reader, scratch = Reader(client, settings.workspace_id), open_scratch()
        self._current = Current(reader, self._fan_out, scratch)
        self._waiting = Waiting(scratch)
        self._seen = Seen(scratch)
        self._intake = Intake(settings, ledger, self._current, self._seen, self)
        self._writer = Rehearsal(settings) if settings.dry_run else Writer(client, reader, ledger)
        self._dispatcher = Dispatcher(self._writer, 0 if settings.dry_run else client.settings.max_workers)
        self._emit = emit
        self._acknowledgement = Acknowledgement(None if settings.dry_run else self._acknowledge)
        self._chunk: list[Taken] = []
        self._taken = 0  # records, this run
        self._versions: dict[str, int | None] = {}  # by stream, of those that came whole
        self._came: dict[str, set[int | None]] = {}  # versions of the records that came, by stream
        self._nameless: set[str] = set()  # streams with a record whose key cannot be read
        self._copied_from: str | None = settings.config.get("copy_from")
        self._held = not self._copied_from  # rows of another workspace wait until the whole input is known
        self._gone: list[tuple[str, str]] = []
        self._unfinished: set[tuple[str, str]] = set()
        self._begun = False

    # -- messages ------------------------------------------------------------------------------

    def keys_of(self, stream: str, keys: list[str], *, rekey: bool) -> list[str]:
        """Return the key properties of a stream in the order in which the ledger has them.

        Raises:
            StoppedError: The ledger knows the rows of the stream by other ones.
        """
        known = self._ledger.keys_of(folded(stream))
        if known is None or rekey:
            return keys
        if set(known) == set(keys):
            return known
        msg = (
            f"the key of {stream} was {', '.join(known) or 'none'} and is {', '.join(keys) or 'none'} now, so that no "
            "row would find its object again. Set `key` of the stream to the old one, or `rekey` to true to let rows "
            "find their objects by natural key"
        )
        raise StoppedError(msg)

    def introduce(self, route: Route, message: dict[str, Any]) -> None:
        """Take note of a stream."""
        self.routes[route.stream] = route
        self._ledger.introduce(route.name, route.keys, route.source, store=not self.settings.dry_run)
        self._intake.references.expected.add(route.object.name)
        self.summary.objects[route.stream] = route.object.name
        self.rejects.introduce(route.stream, message)

    def record(self, stream: str, raw: bytes, version: int | None = None) -> None:
        """Take a record in."""
        self.summary.records[stream] += 1
        self._versions.pop(stream, None)
        self._came.setdefault(stream, set()).add(version)
        self._take(stream, raw)

    def _take(self, stream: str, raw: bytes) -> None:
        self._taken += 1
        self._chunk.append(Taken(self._taken, stream, self._acknowledgement.took(), raw))
        if len(self._chunk) >= _CHUNK:
            self._look_at_chunk()

    def state(self, value: Any) -> None:
        """Take a STATE in; it goes out once everything before it is done."""
        self._acknowledgement.state(value)
        self._acknowledgement.go_out()

    def activate(self, stream: str, version: int | None = None) -> None:
        """Note that a version of a stream has come whole; if more of it comes, it had not."""
        self._versions[stream] = version

    def finish(self) -> None:
        """Do everything that is left."""
        self._work_off()
        self._held = False
        while _COPY in self._waiting.places:
            self._chunk += self._waiting.release_some(_COPY, _CHUNK)
            self._look_at_chunk()
        self._work_off()
        self._intake.references.expected.clear()  # what is there already will have to do
        self._release(*[place for place in self._waiting.places if place not in TURNS])
        self._work_off()
        for turn in range(1, len(TURNS)):
            self._intake.turn = turn
            self._release(TURNS[turn])
            self._work_off()
        for taken, reason in self._waiting.release_all():
            self._reject(taken, RejectedError("unresolved", reason), key=self._glance(taken).key)
        if self.settings.config.get("delete_missing"):
            self._delete_missing()
        if left_out := self._intake.left_out:
            said = ", ".join(f"{count} {what}" for what, count in sorted(left_out.items()))
            logger.warning("The copy goes without what is not here, members or amounts in another currency: %s", said)
        for stream, count in self._intake.left_standing.items():
            logger.info("%s: %d deletions were left out: another row stands for their object", stream, count)
        self._acknowledgement.go_out()

    def close(self) -> None:
        """Let what is on its way arrive, note it, and end; for any way a run can end."""
        outcomes, unsent = self._dispatcher.close()
        with ExitStack() as last_first:  # each of these is done, whichever of them fails
            for end in (self._ledger.close, self._fan_out.close, self._writer.close, self.rejects.close):
                last_first.callback(end)
            self.summary.pages.update(self._current.pages)
            self.summary.writes.update(self._writer.requests)
            last_first.callback(self._acknowledgement.go_out)
            if not self.settings.dry_run:
                last_first.callback(self._ledger.finish, [(write.entry, "void", None, None) for write in unsent])
            self._settle(outcomes)

    # -- from records to writes ----------------------------------------------------------------

    def _work_off(self) -> None:
        while self._chunk or len(self._dispatcher):
            if self._chunk:
                self._look_at_chunk()
            else:
                self._settle(self._dispatcher.collect(wait=True))
            self._check()

    def _look_at_chunk(self) -> None:
        self._check()
        if not self._begun:
            self._begin()
        self._chunk.sort()  # what has waited is older than what has just come
        chunk, self._chunk = self._chunk[:_CHUNK], self._chunk[_CHUNK:]
        writes = self._intake.writes(self._glanced_at(chunk))
        if writes and not self.settings.dry_run:
            self._ledger.begin([write.entry for write in writes])
        if self._gone:
            gone, self._gone = self._gone, []
            self._ledger.forget(gone)
        self._dispatcher.send(writes)
        self._settle(self._dispatcher.collect(wait=False))
        while len(self._dispatcher) > _UNDER_WAY:
            self._settle(self._dispatcher.collect(wait=True))
            self._check()
        self._acknowledgement.go_out()

    def _begin(self) -> None:
        self._begun = True
        self.rejects.start()
        if isinstance(self._writer, Writer):
            recover(self._ledger, self._current, self._writer)

    def _glanced_at(self, chunk: list[Taken]) -> list[Incoming]:
        """Return the records of a chunk that are decided about now: one of each key, and every call.

        The newest record of a key wins, also over one that still waits for something; what it does not mention is taken
        from the one before. Records of a key that is being written wait for it.
        """
        incoming: list[Incoming] = []
        for taken in chunk:
            try:
                one = self._glance(taken)
                if self._is_chosen(one):
                    incoming.append(one)
            except RejectedError as error:
                self._nameless.add(taken.stream)
                self._reject(taken, error)
        self._seen.add((one.key, one.route.name, one.number, not one.deleted) for one in incoming)
        found: dict[tuple[str, str], Incoming] = {}
        for one in incoming:
            if one.route.object.is_procedure:  # each call counts for itself
                if one.identity in found or self._intake.is_busy(key_place(*one.identity)):
                    self.wait(one, key_place(*one.identity), "an earlier record of the same key")
                else:
                    found[one.identity] = one
                continue
            waiting = [self._glance(taken) for taken in self._waiting.take(*one.identity)]
            older = [*([found.pop(one.identity)] if one.identity in found else []), *waiting]
            newest = self._merged(sorted([one, *older], key=attrgetter("number"))) if older else one
            if self._intake.is_busy(key_place(*one.identity)):
                self.wait(newest, key_place(*one.identity), "an earlier record of the same key")
            else:
                found[one.identity] = newest
        return list(found.values())

    def _is_chosen(self, one: Incoming) -> bool:
        """Tell whether a record is decided about now: it is of the destination, or of the one workspace copied from.

        Raises:
            StoppedError: The records are of several workspaces; nothing of them has been written.
        """
        if not is_clockify_id(one.workspace) or one.workspace == self.settings.workspace_id:
            return True
        self._copied_from = self._copied_from or one.workspace
        if one.workspace == self._copied_from:
            if self._held:
                self.wait(one, _COPY, "the end of the input")
            return not self._held
        if self._held:
            msg = (
                f"the input holds rows of two workspaces, {self._copied_from} and {one.workspace}, and a copy has one "
                "source: name it in copy_from, or let the tap read one workspace"
            )
            raise StoppedError(msg)
        self.summary.count(one.route.stream, "skipped")
        self._acknowledgement.done(one.epoch)
        return False

    def _merged(self, records: list[Incoming]) -> Incoming:
        """Return the newest of the records of a key, with what only the ones before it mention."""
        merged = records[0]
        for one in records[1:]:
            self.summary.count(merged.route.stream, "superseded")
            self._acknowledgement.done(merged.epoch)
            raw = one.raw if one.deleted or merged.deleted else one.route.merged(merged.raw, one.raw)
            merged = self._glance(Taken(one.number, one.route.stream, one.epoch, raw))
        return merged

    # -- what becomes of records ---------------------------------------------------------------

    def unchanged(self, one: Incoming, object_id: str | None) -> None:
        """Note a record that says what is there already."""
        self.summary.count(one.route.stream, "unchanged")
        if object_id is not None and object_id != one.key:
            self._ledger.suppose(one.route.object.name, *one.identity, object_id)
        if object_id is None and one.deleted and not self.settings.dry_run:
            self._gone.append(one.identity)
        self._done_with(one, object_id)

    def wait(self, one: Incoming, place: str, reason: str) -> None:
        """Let a record wait for something."""
        self._waiting.add(place, Taken(one.number, one.route.stream, one.epoch, one.raw), reason, one.identity)

    def reject(self, one: Incoming, error: RejectedError, operation: str = "") -> None:
        """Note a record that cannot be written."""
        self._release(key_place(*one.identity))
        operation = operation or ("DELETE" if one.deleted else one.route.operation)
        taken = Taken(one.number, one.route.stream, one.epoch, one.raw)
        self._reject(taken, error, key=one.key, operation=operation)

    def _settle(self, outcomes: list[Outcome]) -> None:
        """Note what became of writes: in the ledger first, then to those who wait."""
        closed: list[tuple[Entry, str, str | None, Row | None]] = []
        for outcome in outcomes:
            self._intake.lay_down(outcome.write)
            row = self._written(outcome) if outcome.error is None else self._broken_off(outcome)
            if (status := outcome.status) is not None:
                closed.append((outcome.write.entry, status, str(outcome.error) if outcome.error else None, row))
        if closed and not self.settings.dry_run:
            self._ledger.finish(closed)
        failure: Exception | None = None
        for outcome in outcomes:
            try:
                self._tell(outcome)
            except Exception as error:  # noqa: BLE001 - the others are noted before the run ends
                failure = error
        if failure:
            raise failure

    def _written(self, outcome: Outcome) -> Row | None:
        """Take a success into the current state, and return the row it makes in the ledger."""
        write, target = outcome.write, outcome.write.target
        for name in target.affects:
            self._current.forget(BY_NAME[name])
        if write.operation is Operation.CALL:
            return write.row("")
        if write.operation is Operation.DELETE:
            self._current.drop(target, str(outcome.id))
            return None
        object_id = str(outcome.id)
        if write.operation is Operation.INSERT:
            for child in _CHILDREN.get(target.name, ()):
                self._current.suppose_empty(BY_NAME[child], (object_id,))
        self._current.put(target, {**(outcome.state or {}), "id": object_id}, write.scope)
        self._ledger.suppose(target.name, *write.incoming.identity, object_id)
        return write.row(object_id)

    def _broken_off(self, outcome: Outcome) -> Row | None:
        """Take into the current state what a write did before it failed: its key may come again."""
        target, state = outcome.write.target, outcome.state
        if state is not None:
            known = self._current.get(target, str(outcome.id)) or {}
            self._current.put(target, {**known, **state}, outcome.write.scope)
        return None

    def _tell(self, outcome: Outcome) -> None:
        """Count what became of a write, and let go what waited for it.

        Raises:
            Exception: The failure is not the record's, and ends the run.
        """
        write, error = outcome.write, outcome.error
        incoming = write.incoming
        name = incoming.identity
        if error is None or isinstance(error, RejectedError):
            self._release(*places_of(write))
        if error is None and not write.unfinished:
            done = "inserted" if name in self._unfinished else _DONE[write.operation]
            self.summary.count(incoming.route.stream, done)
            self._done_with(incoming, outcome.id)
        elif error is None:
            self._unfinished.add(name)
            self._release(*self._waiting_for(incoming, outcome.id))
            self.wait(incoming, TURNS[-1], TURNS[-1])
        elif not isinstance(error, RejectedError):
            raise error
        else:
            self.reject(incoming, error, write.operation.value)

    def _done_with(self, one: Incoming, object_id: str | None) -> None:
        self._acknowledgement.done(one.epoch)
        if self._waiting.places:
            self._release(*self._waiting_for(one, object_id))

    def _waiting_for(self, one: Incoming, object_id: str | None) -> list[str]:
        """Return everything that may be waited for once a record is done with."""
        target = one.route.object
        places = [key_place(*one.identity)]
        places += [reference_place(name, one.key) for name in (target.name, "any")]
        natural = one.fields.get(target.natural[0]) if target.natural else None
        places += [reference_place(target.name, str(natural))] if natural else []
        return [*places, object_place(target.name, object_id)] if object_id else places

    def _release(self, *places: str) -> None:
        self._chunk += [taken for taken, _ in self._waiting.release(places)]

    def _glance(self, taken: Taken) -> Incoming:
        return self.routes[taken.stream].glance(taken.raw, epoch=taken.epoch, number=taken.number)

    def _reject(self, taken: Taken, error: RejectedError, *, key: str = "", operation: str = "") -> None:
        stream = taken.stream
        self.rejects.add(stream, key, operation, taken.raw, error)
        self.summary.reject(stream, error)
        self._acknowledgement.done(taken.epoch)
        config = self.settings.config
        most = config.get("max_rejects")
        if config.get("on_reject") == "fail_fast":
            msg = f"stopped at the first reject, in {stream}: {error}"
            raise StoppedError(msg)
        if most is not None and self.rejects.count > most:
            msg = f"stopped after more than {most} rejects (max_rejects); see {self.rejects.path}"
            raise StoppedError(msg)

    # -- the end -------------------------------------------------------------------------------

    def _acknowledge(self, state: Any) -> None:
        self.rejects.sync()
        self._ledger.sync()
        self._emit(state)

    def _delete_missing(self) -> None:
        """Delete what whole streams lack and this ledger created: what refers to others before the others.

        A record that was rejected is not missing. One whose key cannot be read might be any, so its stream loses none.
        """
        missing: list[tuple[Route, Row]] = []
        for stream in sorted(self._versions):
            route = self.routes.get(stream)
            if reason := self._why_nothing_is_missing(stream):
                logger.warning("%s: nothing is deleted as missing, since %s", stream, reason)
            elif route is not None and route.object.delete:
                rows = self._ledger.created(route.name)
                missing += [(route, row) for row in rows if not self._seen.has(*row.identity)]
        limit = self.settings.max_deletes
        if limit is not None and self._intake.deletes + len(missing) > limit:
            msg = f"{len(missing)} objects are missing from the input, more than max_deletes ({limit}) allows to delete"
            raise StoppedError(msg)
        for name in reversed(BY_NAME):
            for route, row in missing:
                if row.object == name:
                    self.summary.records[route.stream] += 1
                    self._take(route.stream, route.deletion_of(row))
            self._work_off()

    def _why_nothing_is_missing(self, stream: str) -> str:
        """Return why a stream that came whole may lack rows all the same; empty where it does not."""
        if stream in self._nameless:
            return "a record came without a key to tell it by"
        if self.settings.config.get("allow_empty"):
            return ""
        version, came = self._versions[stream], self._came.get(stream, set())
        if not came:
            return "none of its records came: allow_empty deletes all the same"
        if version is not None and not came & {version, None}:
            return "no record of the version that was activated came: allow_empty deletes all the same"
        return ""


_COPY = "the end of the input, which decides whether this is a copy of one workspace"
_CHILDREN = {"projects": ("tasks",), "invoices": ("invoice_payments",)}  # lists that are empty when their parent is new
_DONE = {
    Operation.INSERT: "inserted",
    Operation.UPDATE: "updated",
    Operation.DELETE: "deleted",
    Operation.CALL: "called",
}
