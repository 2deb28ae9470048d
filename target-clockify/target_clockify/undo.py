"""Takes a run back: `target-clockify --undo RUN`. It is itself a run, with a journal of its own, and can be undone."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from clockify_client import FanOut

from target_clockify.apply.aftermath import mirrored
from target_clockify.apply.dispatch import Dispatcher
from target_clockify.apply.recovery import recover
from target_clockify.apply.rehearsal import Rehearsal
from target_clockify.apply.writer import Writer
from target_clockify.decide.reversal import IMPOSSIBLE, TAKEN_BACK, Reversal, Reversals
from target_clockify.errors import RejectedError
from target_clockify.mirror import Mirror, Reader
from target_clockify.model.declaration import Operation
from target_clockify.model.objects import BY_NAME
from target_clockify.scratch import open_scratch
from target_clockify.understand.currencies import in_force

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from clockify_client import Client

    from target_clockify.apply.outcome import Outcome
    from target_clockify.books.ledger import Entry, Ledger, Row
    from target_clockify.decide.decisions import Write
    from target_clockify.model.declaration import State
    from target_clockify.settings import Settings

logger = logging.getLogger("target-clockify")


class Undo:
    """Takes back one run.

    Args:
        settings: The settings.
        client: The connection to Clockify.
        ledger: The ledger of the workspace.
        check: Raises an exception where the undoing is to end.
    """

    def __init__(self, settings: Settings, client: Client, ledger: Ledger, check: Callable[[], None]) -> None:
        self.outcomes: Counter[str] = Counter()
        self._stores = settings.writes
        self._ledger = ledger
        self._check = check
        self._fan_out = FanOut(client)
        reader = Reader(client, settings.workspace_id)
        self._mirror = Mirror(reader, self._fan_out, open_scratch())
        self._writer = Writer(client, reader, ledger) if self._stores else Rehearsal(settings, self._currency)
        self._dispatcher = Dispatcher(self._writer, client.settings.max_workers if self._stores else 0)
        self._reversals = Reversals(settings.workspace_id)

    def take_back(self, run: str) -> Iterator[str]:
        """Take a run back, and yield a line for each of its writes: what became of it, and why.

        Raises:
            LookupError: The ledger knows no write of such a run in this workspace.
            StoppedError: A signal has come.
        """
        if isinstance(self._writer, Writer):
            recover(self._ledger, self._mirror, self._writer)
        entries = self._ledger.entries_of(run)
        # Writes of one object name are taken back side by side, different objects in turn: children before parents.
        for _, some in groupby(entries, key=lambda one: (one.object, one.operation)):
            self._check()
            yield from self._take_back(list(some))

    def close(self) -> None:
        """End; for any way the undoing can end."""
        outcomes, unsent = self._dispatcher.close()
        try:
            if self._stores:
                self._ledger.finish([self._closed(one) for one in outcomes if one.status])
                self._ledger.finish([(write.entry, "void", None, None) for write in unsent])
        finally:
            for end in (self._writer.close, self._fan_out.close, self._ledger.close):
                end()

    def _take_back(self, entries: list[Entry]) -> Iterator[str]:
        states = self._states(entries)
        reversals = [self._reversals.of(entry, states.get(str(entry.id))) for entry in entries]
        waiting = {id(one.write): one for one in reversals if one.write}
        for one in reversals:
            if one.write is None:
                yield self._line(one)
        writes = [one.write for one in reversals if one.write]
        if self._stores:
            self._ledger.begin([write.entry for write in writes])
        self._dispatcher.send(writes)
        while len(self._dispatcher):
            self._check()
            for outcome in self._dispatcher.collect(wait=True):
                yield self._line(self._settled(waiting[id(outcome.write)], outcome))

    def _states(self, entries: list[Entry]) -> dict[str, State]:
        """Return the objects of these writes as they are now, by their ids."""
        target = BY_NAME.get(entries[0].object)
        if target is None:
            return {}
        ids = [str(one.id) for one in entries if one.id]
        if target.listing.lookup:
            self._mirror.look_up(target, ids)
        else:
            scopes = [scope for one in entries if (scope := self._reversals.scope_of(one)) is not None]
            self._mirror.ensure({(target, scope): None for scope in scopes})
            self._mirror.detail(target, ids)
        return {one: state for one in ids if (state := self._mirror.get(target, one)) is not None}

    def _settled(self, reversal: Reversal, outcome: Outcome) -> Reversal:
        closed = self._closed(outcome)
        if self._stores and outcome.status:
            self._ledger.finish([closed])
        if outcome.error is None:
            if outcome.write.operation is Operation.INSERT:
                self._reversals.renewed[str(reversal.entry.id)] = str(outcome.id)
            if outcome.write.operation is Operation.CALL and self._stores:
                self._ledger.forget([(reversal.entry.stream, reversal.entry.key)])
            return reversal
        if not isinstance(outcome.error, RejectedError):
            raise outcome.error
        return replace(reversal, outcome=IMPOSSIBLE, why=str(outcome.error))

    def _closed(self, outcome: Outcome) -> tuple[Entry, str, str | None, Row | None]:
        write, error = outcome.write, outcome.error
        row = mirrored(self._mirror, outcome, forgets=self._stores)
        if write.operation is Operation.UPDATE:  # the ledger keeps the row, which is compared anew
            stream, key = write.incoming.identity
            known = self._ledger.known(stream, [key]).get(key)
            row = replace(known, record_hash=None, state_hash=None) if known else None
        elif write.operation is Operation.CALL:
            row = None
        return write.entry, outcome.status or "", str(error) if error else None, row

    def _line(self, reversal: Reversal) -> str:
        self.outcomes[reversal.outcome] += 1
        entry = reversal.entry
        what = reversal.outcome if self._stores or reversal.outcome != TAKEN_BACK else f"would be {TAKEN_BACK}"
        why = f": {reversal.why}" if reversal.why else ""
        return f"{what:<20} {entry.operation} {entry.object} {entry.id or entry.key}{why}"

    def _currency(self, write: Write) -> str:
        told = {**write.current, **write.given}
        return self._mirror.answer(lambda: in_force(self._mirror, write.incoming.route.object, told))
