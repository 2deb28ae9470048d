"""One run: reads messages, decides their records in chunks, and writes them.

Writes go to a pool of workers while the next chunk is read: in order for each key, and referenced objects first, since
a record waits until its references are known. A STATE is emitted when all records before it are written, or rejected to
disk.
"""

from __future__ import annotations

import logging
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from clockify_client import FanOut

from target_clockify import waiting
from target_clockify.apply.dispatch import Dispatcher
from target_clockify.apply.recovery import recover
from target_clockify.apply.rehearsal import NOT_AN_ADMINISTRATOR, Rehearsal
from target_clockify.apply.writer import Writer
from target_clockify.books.acknowledge import Acknowledgement
from target_clockify.books.rejects import Rejects
from target_clockify.books.summary import Summary
from target_clockify.chunks import CHUNK, Chunks
from target_clockify.consequences import Consequences
from target_clockify.copying import Copying
from target_clockify.creation import Creation
from target_clockify.errors import RejectedError
from target_clockify.half_built import HalfBuilt
from target_clockify.inbox import Inbox
from target_clockify.intake import Intake
from target_clockify.mirror import Mirror, Reader
from target_clockify.missing import Versions, deletions
from target_clockify.model.objects import OBJECTS
from target_clockify.results import Results
from target_clockify.scratch import Seen, Taken, open_scratch
from target_clockify.sheets import Sheets
from target_clockify.under_way import UnderWay
from target_clockify.understand.currencies import in_force
from target_clockify.understand.zones import Zones

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from clockify_client import Client

    from target_clockify.books.ledger import Ledger
    from target_clockify.decide.decisions import Write
    from target_clockify.settings import Settings
    from target_clockify.understand.layouts import Layout
    from target_clockify.understand.route import Route


logger = logging.getLogger("target-clockify")

_DISPENSABLE = [{one.name} for one in OBJECTS if one.copying.dispensable]


class Run:
    """One run of the target.

    Args:
        settings: The settings.
        client: The connection to Clockify.
        ledger: The ledger of the workspace.
        emit: Emits a STATE.
        check: Raises an exception if the run must end.
    """

    def __init__(
        self,
        settings: Settings,
        client: Client,
        ledger: Ledger,
        emit: Callable[[Any], None],
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self.settings = settings
        self.summary = Summary(client, rehearsed=settings.dry_run)
        self.rejects = Rejects(settings.config["rejects_path"])
        self.routes: dict[str, Route] = {}
        self._emit = emit
        self.ledger = ledger
        self._fan_out = FanOut(client)
        reader, scratch = Reader(client, settings.workspace_id), open_scratch()
        self._mirror = Mirror(reader, self._fan_out, scratch)
        self._waiting, self._seen, under_way = waiting.Waiting(scratch), Seen(scratch), UnderWay()
        self._copying = Copying(settings.workspace_id, settings.config.get("copy_from"))
        self._acknowledgement = Acknowledgement(self._acknowledge if settings.writes else None)
        self._inbox = Inbox(self.routes, self._copying, self._seen, self._waiting, under_way)
        half_built = HalfBuilt(ledger, under_way)
        self._intake = Intake(settings, ledger, self._mirror, self._seen, under_way, self._copying, half_built)
        self._results = Results(
            settings,
            ledger,
            self._mirror,
            self._waiting,
            under_way,
            self.rejects,
            self.summary,
            self._acknowledgement,
            half_built,
            Consequences(self._mirror, ledger) if settings.config.get("journal_consequences") else None,
            self._intake.references.refused,
        )
        self._writer = Rehearsal(settings, self._currency) if settings.dry_run else Writer(client, reader, ledger)
        self._dispatcher = Dispatcher(self._writer, 0 if settings.dry_run else client.settings.max_workers)
        self._chunks = Chunks(self._inbox, self._intake, self._dispatcher, self._results, self._begin, check)
        zones = Zones(settings.time_zone, reader, self._intake.user)
        self._sheets = Sheets(scratch, ledger, self._mirror, zones, self._reject_row, self._foreseen)
        self._creation = Creation(self.routes, self._intake.references, self._intake.foreseen)
        self._versions = Versions()
        self._number = 0  # of the latest record

    # -- messages ------------------------------------------------------------------------------

    def introduce(self, route: Route) -> None:
        """Register a stream."""
        self.routes[route.stream] = route
        self.ledger.introduce(route.name, route.keys, route.source, store=not self.settings.dry_run)
        self._intake.references.coming.add(route.object.name)
        self._intake.references.expected.add(route.object.name)
        self.summary.objects[route.stream] = route.object.name

    def introduce_sheet(self, stream: str, layout: Layout, columns: Iterable[str]) -> None:
        """Register a stream in a layout, after the streams of the objects that its rows become."""
        self._sheets.introduce(stream, layout, columns)

    def record(self, stream: str, raw: bytes, version: int | None = None, origin: bytes = b"") -> None:
        """Accept a record; `origin` is the record before stream maps."""
        self._versions.record(stream, version)
        taken = self._taken(stream, raw, origin)
        if stream not in self._sheets:
            self._chunks.add([taken])
            return
        try:
            self._sheets.add(taken)
        except RejectedError as error:
            self._reject_row(taken, error)

    def _taken(self, stream: str, raw: bytes, origin: bytes = b"", *, of_input: bool = True) -> Taken:
        (self.summary.records if of_input else self.summary.added)[stream] += 1
        self._number += 1
        return Taken(self._number, stream, self._acknowledgement.took(), raw, origin)

    def reject_line(self, number: int, line: bytes, error: Exception) -> None:
        """Reject an input line that is not a message."""
        self._versions.invalid_lines = True
        self._chunks.begin()
        self._results.reject_line(number, line, RejectedError("malformed", str(error)))

    def catch_up(self) -> None:
        """Process the records received so far."""
        self._chunks.work_off()
        self._acknowledgement.go_out()

    def state(self, value: Any) -> None:
        """Accept a STATE; it is emitted when all records before it are done."""
        self._acknowledgement.state(value)
        self._acknowledgement.go_out()

    def activate(self, stream: str, version: int | None = None) -> None:
        """Mark a version of a stream as complete, until further records of it come."""
        self._versions.activate(stream, version)

    def finish(self) -> None:
        """Process everything that is left."""
        self.summary.is_complete = True
        self._chunks.work_off()
        self._work_off_sheets()
        self._copying.begin()
        while waiting.COPY in self._waiting:
            self._chunks.add(self._waiting.release_some(waiting.COPY, CHUNK))
        self._chunks.work_off()
        expected = self._intake.references.expected  # existing data must be enough from now on
        for arrived in (*_DISPENSABLE, expected.copy()):  # first the references that a copy may omit
            expected -= arrived
            self._chunks.add(taken for taken, _ in self._waiting.release_all(but=waiting.What.TURN))
            self._chunks.work_off()
        self._create_missing()
        for turn in range(waiting.DELETIONS, waiting.LATEST + 1):
            self._intake.turn = turn
            self._results.release(waiting.turn(turn))
            self._chunks.work_off()
        for taken, reason in self._waiting.release_all():
            error = self._creation.refused.get(taken.number) or RejectedError("unresolved", reason)
            self._results.reject_taken(taken, error, of=self._inbox.glance(taken))
        if self.settings.config.get("delete_missing") and not self.settings.rebuilds_ledger:
            self._delete_missing()
        if isinstance(self._writer, Writer):
            self._writer.settle()
        self._copying.tell()
        self._results.tell()
        if self.settings.dry_run and self._number and not self._mirror.answer(self._mirror.is_admin):
            logger.warning(NOT_AN_ADMINISTRATOR)
        self._acknowledgement.go_out()

    def close(self) -> None:
        """Wait for sent requests, record their outcomes, and close everything, however the run ends."""
        outcomes, unsent = self._dispatcher.close()
        with ExitStack() as last_first:  # all of these run, even if one of them fails
            for end in (self.ledger.close, self._fan_out.close, self._writer.close, self.rejects.close):
                last_first.callback(end)
            self.summary.pages.update(self._mirror.pages)
            self.summary.writes.update(self._writer.requests)
            last_first.callback(self._acknowledgement.go_out)
            if not self.settings.dry_run:
                last_first.callback(
                    self.ledger.finish, [(entry, "void", None, None) for write in unsent for entry in write.entries]
                )
            self._results.settle(outcomes)

    # -- inside --------------------------------------------------------------------------------

    def _work_off_sheets(self) -> None:
        """Process the records of files in a layout; the time entry of a row counts as the row."""
        self._chunks.begin()
        for (stream, fields, origin), epoch in self._sheets.records():
            raw = msgspec.json.encode(fields)
            if epoch is None:
                taken = self._taken(stream, raw, origin)
            else:
                self._number += 1
                taken = Taken(self._number, stream, epoch, raw, origin)
            self._chunks.add([taken])
        self._chunks.work_off()

    def _create_missing(self) -> None:
        """Create missing objects that references name: clients and projects first, then their children."""
        while self._creation.is_wanted and (
            some := list(self._creation.wanted(self._waiting.for_references(), self._inbox.glance))
        ):
            for one in some:
                if one.route.stream not in self.routes:
                    self.introduce(one.route)
                    self.rejects.introduce_like(one.route.stream, one.of)
                self._chunks.add([self._taken(one.route.stream, msgspec.json.encode(one.fields), one.origin)])
            self._intake.references.expected.clear()  # as above
            self._chunks.work_off()
            self._results.release(*(waiting.reference(one.name, one.value) for one in some))
            self._chunks.work_off()

    def _foreseen(self, taken: Taken) -> RejectedError | None:
        """Return why the record of a row would be rejected even if all its references existed."""
        incoming = self._inbox.glance(taken)
        incoming.route.fill(incoming)
        return self._intake.foreseen(incoming)

    def _reject_row(self, taken: Taken, error: RejectedError) -> None:
        self._chunks.begin()
        self._inbox.nameless.add(taken.stream)  # it has no readable key, so it may be any row
        self._results.reject_taken(taken, error)

    def _begin(self) -> None:
        self.rejects.start()
        if (days := self.settings.config.get("journal_days")) is not None and self.settings.writes:
            self.ledger.forget_journal_before(datetime.now(tz=UTC) - timedelta(days=days))
        if isinstance(self._writer, Writer) and self.settings.writes:
            self._writer.look_back()
            recover(self.ledger, self._mirror, self._writer)

    def _currency(self, write: Write) -> str:
        told = {**write.current, **write.given}
        with suppress(RejectedError):  # it does not matter here
            return self._mirror.answer(lambda: in_force(self._mirror, write.incoming.route.object, told))
        return ""

    def _acknowledge(self, state: Any) -> None:
        self.rejects.sync()
        self.ledger.sync()
        self._emit(state)

    def _delete_missing(self) -> None:
        found = deletions(
            self.settings,
            self._versions,
            self.routes,
            self.ledger,
            self._seen,
            nameless=self._inbox.nameless,
            deleted=self._intake.deletes,
        )
        for some in found:
            for route, raw in some:
                self._chunks.add([self._taken(route.stream, raw, of_input=False)])
            self._chunks.work_off()
