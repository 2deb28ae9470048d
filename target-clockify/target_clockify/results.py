"""Enters the outcomes of writes into ledger, journal and mirror, and releases the records that waited for them."""

from __future__ import annotations

import logging
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING

from target_clockify import waiting
from target_clockify.apply.aftermath import mirrored
from target_clockify.books.ledger import Row
from target_clockify.books.summary import HOURS
from target_clockify.books.words import seconds_between
from target_clockify.decide.decisions import Recognised, Rejected, Unchanged, Waits, Write
from target_clockify.errors import RejectedError, StoppedError
from target_clockify.model.declaration import Operation, WritableObject
from target_clockify.model.objects import BY_NAME
from target_clockify.understand.currencies import in_force
from target_clockify.understand.keys import place_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_clockify.apply.outcome import Outcome
    from target_clockify.books.acknowledge import Acknowledgement
    from target_clockify.books.ledger import Entry, Ledger
    from target_clockify.books.rejects import Rejects
    from target_clockify.books.summary import Summary
    from target_clockify.consequences import Consequences
    from target_clockify.decide.decisions import Decision
    from target_clockify.half_built import HalfBuilt
    from target_clockify.inbox import Arrivals
    from target_clockify.mirror import Mirror
    from target_clockify.model.declaration import Field, State, Writable
    from target_clockify.scratch import Taken
    from target_clockify.settings import Settings
    from target_clockify.under_way import UnderWay
    from target_clockify.understand.route import Incoming

logger = logging.getLogger("target-clockify")

_BEFORE_SENDING = {"unresolved", "invalid", "irreversible", "unsupported", "no_such_currency", "other_currency"}
"""The kinds of rejects that mean that a row cannot be copied; a refusal by Clockify is an error instead."""

_MOST_REFUSED = 10_000

_DONE = {
    Operation.INSERT: "inserted",
    Operation.UPDATE: "updated",
    Operation.DELETE: "deleted",
    Operation.CALL: "called",
}


class Results:
    """The results of a run.

    Attributes:
        released: Records that no longer need to wait and are decided again.
    """

    def __init__(  # noqa: PLR0913, PLR0917
        self,
        settings: Settings,
        ledger: Ledger,
        mirror: Mirror,
        waiting: waiting.Waiting,
        under_way: UnderWay,
        rejects: Rejects,
        summary: Summary,
        acknowledgement: Acknowledgement,
        half_built: HalfBuilt,
        consequences: Consequences | None = None,
        refused: dict[tuple[str, str], str] | None = None,
    ) -> None:
        self.released: list[Taken] = []
        self._settings = settings
        self._stores = not settings.dry_run
        self._ledger = ledger
        self._mirror = mirror
        self._waiting = waiting
        self._under_way = under_way
        self._rejects = rejects
        self._summary = summary
        self._acknowledgement = acknowledgement
        self._half_built = half_built
        self._consequences = consequences
        self._refused = {} if refused is None else refused
        self._unfinished: set[tuple[str, str]] = set()
        self._left_standing: Counter[str] = Counter()
        self._warned: set[str] = set()

    # -- records -------------------------------------------------------------------------------

    def take_arrivals(self, arrivals: Arrivals) -> None:
        """Record the results of records that are not decided."""
        for taken, error in arrivals.rejected:
            self.reject_taken(taken, error)
        for what, records in (("superseded", arrivals.superseded), ("skipped", arrivals.skipped)):
            for one in records:
                self._summary.count(one.route.stream, what)
                self._acknowledgement.done(one.taken.epoch)

    def take(self, decisions: Iterable[Decision]) -> list[Write]:
        """Record decisions, enter the writes into the journal, and return the writes."""
        writes: list[Write] = []
        compared: list[Row] = []
        gone: list[tuple[str, str]] = []
        for one in decisions:
            if isinstance(one, Waits):
                self._wait(one.incoming, one.awaited, one.reason)
            elif isinstance(one, Rejected):
                self.reject(one)
            elif isinstance(one, Recognised):
                self._recognised(one)
            else:
                if one.takes_over and self._stores:
                    self._ledger.move(one.takes_over, one.incoming.key)
                if isinstance(one, Write):
                    writes.append(one)
                    self._warn(one)
                else:
                    self._unchanged(one)
                    compared += self._premises(one)
                    gone += [one.incoming.identity] if one.id is None and one.incoming.deleted else []
        if self._consequences:
            self._consequences.note(writes)
        if self._stores:
            self._ledger.remember(compared)
            self._ledger.begin([entry for write in writes for entry in write.entries])
            self._ledger.forget(gone)
        return writes

    def release(self, *awaited: waiting.Awaited) -> None:
        """Release the records that wait for one of these events."""
        if self._waiting:
            self.released += [taken for taken, _ in self._waiting.release(awaited)]

    def release_calls(self) -> None:
        """Release the next calls on objects that are not being written."""
        free = [one for one in self._waiting.objects_called_next() if not self._under_way.has(one)]
        self.release(*free)

    def reject(self, one: Rejected) -> None:
        """Reject a record."""
        incoming = one.incoming
        self._half_built.note(incoming.identity, incoming.route.object.name, one.id)
        if one.id is None and len(self._refused) < _MOST_REFUSED:
            called = [awaited for awaited in waiting.told_by(incoming, None) if awaited.what is waiting.What.REFERENCE]
            self._refused.update({(awaited.name, awaited.value): str(one.error) for awaited in called})
        self.release(waiting.key(incoming.identity))
        operation = one.operation or ("DELETE" if incoming.deleted else incoming.route.operation)
        self.reject_taken(incoming.taken, one.error, of=incoming, operation=operation)

    def reject_taken(
        self, taken: Taken, error: RejectedError, *, of: Incoming | None = None, operation: str = ""
    ) -> None:
        """Reject a record that cannot be written or, without `of`, not even be read.

        Raises:
            StoppedError: There are too many rejects.
        """
        self._rejects.add(taken, of.key if of else "", operation, error)
        self._acknowledgement.done(taken.epoch)
        is_lenient = not self._settings.config.get("strict_copy")
        if of and of.copied and is_lenient and error.kind in _BEFORE_SENDING:
            self._summary.leave_out(taken.stream, error)
            return
        self._summary.reject(taken.stream, error, str(place_of(taken.origin or taken.raw)))
        self._stop_for_rejects(f"in {taken.stream}: {error}")

    def reject_line(self, number: int, line: bytes, error: RejectedError) -> None:
        """Reject an input line that is not a message.

        Raises:
            StoppedError: There are too many rejects.
        """
        self._rejects.add_line(number, line, error)
        self._summary.reject_line(number, error)
        self._stop_for_rejects(f"line {number} of the input: {error}")

    def _stop_for_rejects(self, latest: str) -> None:
        most = self._settings.config.get("max_rejects")
        if self._settings.config.get("on_reject") == "fail_fast":
            msg = f"stopped at the first reject, {latest}"
            raise StoppedError(msg)
        if most is not None and self._summary.rejected > most:
            msg = f"stopped after more than {most} rejects (max_rejects); see {self._rejects.path}"
            raise StoppedError(msg)

    def acknowledge(self) -> None:
        """Emit the latest STATE whose preceding records are all done."""
        self._acknowledgement.go_out()

    def tell(self) -> None:
        """Log the deletions that were not made."""
        for stream, count in self._left_standing.items():
            logger.info("%s: %d deletions were left out: another row stands for their object", stream, count)

    def _wait(self, one: Incoming, awaited: waiting.Awaited, reason: str) -> None:
        self._waiting.add(awaited, one.taken, reason, one.identity)

    def _unchanged(self, one: Unchanged) -> None:
        incoming = one.incoming
        self._summary.count(incoming.route.stream, "unchanged")
        if one.left_standing:
            self._left_standing[incoming.route.stream] += 1
        if one.id and one.id != incoming.key:
            self._ledger.suppose(incoming.route.object.name, *incoming.identity, one.id)
        self._done_with(incoming, one.id)

    def _recognised(self, one: Recognised) -> None:
        """Record the object of a record if it is known; the next run compares the two."""
        incoming, name = one.incoming, one.incoming.route.object.name
        self._summary.count(incoming.route.stream, "unclear" if one.entry else "found" if one.id else "not found")
        if one.id:
            self._ledger.suppose(name, *incoming.identity, one.id)
        if self._stores and one.id:
            scope = dict(zip(incoming.route.object.scope, one.scope, strict=False))
            self._ledger.remember([Row(*incoming.identity, name, one.id, scope)])
        elif self._stores and one.entry:
            self._ledger.begin([one.entry])
            self._ledger.finish([(one.entry, "unknown", "the ledger was lost", None)])
        self._done_with(incoming, one.id)

    def _premises(self, unchanged: Unchanged) -> list[Row]:
        """Return the ledger row of a record that is up to date; None if the record needs none."""
        one, row, target = unchanged.incoming, unchanged.row, unchanged.incoming.route.object
        if unchanged.id is None or not unchanged.looked_at:
            return []
        if not isinstance(target, WritableObject):
            new = Row(*one.identity, target.name, unchanged.id, record_hash=one.seen)
            return [] if row == new else [new]
        if one.key == unchanged.id and not target.listing.detail:
            return []
        scope = dict(zip(target.scope, unchanged.scope, strict=False))
        state_hash = self._mirror.as_listed(target, unchanged.id)
        created = row is not None and row.created and row.id == unchanged.id
        new = Row(*one.identity, target.name, unchanged.id, scope, created, one.seen, state_hash)
        return [] if row == new else [new]

    def _warn(self, write: Write) -> None:
        name = write.incoming.route.object.name
        if write.resets and name not in self._warned:
            self._warned.add(name)
            logger.warning(
                "%s: an update sets %s back to the default where a row does not state it: Clockify does not show it",
                name,
                ", ".join(write.resets),
            )

    # -- writes --------------------------------------------------------------------------------

    def settle(self, outcomes: list[Outcome]) -> None:
        """Record the outcomes of writes in the ledger, then release the records that wait for them.

        Raises:
            Exception: A failure that ends the run; all other outcomes are recorded before.
        """
        closed: list[tuple[Entry, str, str | None, Row | None]] = []
        ended = [(outcome, self._under_way.end(outcome.write)) for outcome in outcomes]
        for outcome in outcomes:
            row = self._mirrored(outcome)
            closed += outcome.closed(row)
        if closed and self._stores:
            self._ledger.finish(closed)
        failures = [error for outcome, occupied in ended if (error := self._count_outcome(outcome, occupied))]
        if failures:
            raise failures[-1]

    def _mirrored(self, outcome: Outcome) -> Row | None:
        row = mirrored(self._mirror, outcome, forgets=self._stores)
        if row is not None and row.id:
            self._ledger.suppose(row.object, *outcome.write.incoming.identity, row.id)
        return row

    def _count_outcome(self, outcome: Outcome, occupied: list[waiting.Awaited]) -> Exception | None:
        """Count the outcome of a write, and release records that waited for it; return a failure that ends the run."""
        write, error, incoming = outcome.write, outcome.error, outcome.write.incoming
        if error is not None and not isinstance(error, RejectedError):
            return error
        self.release(*occupied)
        try:
            if error is not None:
                self.reject(Rejected(incoming, error, write.operation.value, outcome.id or write.entry.id))
            elif write.unfinished:
                self._unfinished.add(incoming.identity)
                self.release(*waiting.told_by(incoming, outcome.id))
                self._wait(incoming, waiting.turn(waiting.LATEST), "the very end of the run")
            else:
                done = "inserted" if incoming.identity in self._unfinished else _DONE[write.operation]
                self._summary.count(incoming.route.stream, done)
                self._add_up(write, done)
                self._done_with(incoming, outcome.id)
        except StoppedError as stopped:
            return stopped
        return None

    def _add_up(self, write: Write, done: str) -> None:
        """Add the amounts of a write to the totals of the summary."""
        target, changes = write.incoming.route.object, write.entry.changes
        for one in target.fields:
            if not one.adds_up or changes.keys().isdisjoint({one.name, one.priced_by}):
                continue
            before = {**write.current, **{name: old for name, (old, _) in changes.items()}}
            after = {**write.current, **write.given, **{name: new for name, (_, new) in changes.items()}}
            was, will = (self._amount(target, one, state) for state in (before, after))
            if was is None or will is None:
                continue
            unit = HOURS if one.kind.measure is None else self._currency(write)
            self._summary.add_up(write.incoming.route.stream, done, unit, will - was)

    def _amount(self, target: Writable, one: Field, state: State) -> int | None:
        """Return the amount of a field in seconds or minor units; None if it is not known."""
        value = state.get(one.name)
        if one.kind.measure is None:
            return seconds_between(value) or 0
        if one.price is None or not value:
            return value or 0
        pricing, price_id = BY_NAME[str(target.field(one.priced_by).refers)], state.get(one.priced_by)
        priced_by = self._mirror.answer(lambda: self._mirror.listed(pricing, price_id))
        return None if priced_by is None else round(Decimal(str(value)) * one.price(priced_by))

    def _currency(self, write: Write) -> str:
        """Return the currency of the amounts of a write, empty if it is not known."""
        told = {**write.current, **write.given}
        try:
            return self._mirror.answer(lambda: in_force(self._mirror, write.incoming.route.object, told))
        except RejectedError:
            return ""

    def _done_with(self, one: Incoming, object_id: str | None) -> None:
        self._half_built.settle(one.identity, one.route.object.name, object_id)
        self._acknowledgement.done(one.taken.epoch)
        if self._waiting:
            self.release(*waiting.told_by(one, object_id))
