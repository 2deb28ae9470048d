"""Takes a run back: `target-clockify --undo RUN`. An undo is itself a run with its own journal, and can be undone."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import replace
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

from clockify_client import FanOut

from target_clockify.apply.aftermath import mirrored
from target_clockify.apply.dispatch import Dispatcher
from target_clockify.apply.recovery import recover
from target_clockify.apply.rehearsal import NOT_AN_ADMINISTRATOR, Rehearsal
from target_clockify.apply.writer import Writer
from target_clockify.books.ledger import Entry
from target_clockify.consequences import Consequences
from target_clockify.decide.decisions import differences
from target_clockify.decide.house import forbidden
from target_clockify.decide.reversal import (
    CHANGED_SINCE,
    IMPOSSIBLE,
    IN_PART,
    TAKEN_BACK,
    Reversal,
    Reversals,
    in_order,
    is_consequence,
)
from target_clockify.errors import RejectedError
from target_clockify.mirror import Mirror, Reader
from target_clockify.model.declaration import Operation, WritableObject
from target_clockify.model.objects import BY_NAME
from target_clockify.scratch import open_scratch
from target_clockify.understand.currencies import in_force

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from clockify_client import Client

    from target_clockify.apply.outcome import Outcome
    from target_clockify.books.ledger import Ledger, Row
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
        check: Raises an exception if the undo must end.
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
        self._reader = reader
        self._consequences = Consequences(self._mirror, ledger, supposes=not self._stores)
        self._parents: set[str] = set()  # objects whose deletion also deleted others
        self._to_come: set[tuple[str, str]] = set()  # objects that the run inserted and that are not taken back yet
        self._to_close: list[Reversal] = []  # objects that stay open until all their children are restored

    def take_back(self, run: str) -> Iterator[str]:
        """Take a run back (`last` for the latest), and yield a line for each of its writes: the result, and why.

        Raises:
            LookupError: The ledger knows no write of such a run in this workspace, or the latest is an incomplete undo.
            StoppedError: A signal has come.
        """
        if isinstance(self._writer, Writer):
            self._writer.look_back()
            recover(self._ledger, self._mirror, self._writer)
        self._reversals.run = run = self._ledger.latest_run() if run == "last" else run
        entries = in_order(self._ledger.entries_of(run))
        self._reversals.earlier, self._reversals.renewed = self._ledger.taken_back(run), self._ledger.renewed()
        if not self._stores:
            self._consequences.prepare(
                (one.object, str(one.id)) for one in entries if one.operation == Operation.INSERT
            )
        self._to_come = {(one.object, str(one.id)) for one in entries if one.operation == Operation.INSERT}
        self._parents = {one.recovery["with"] for one in entries if is_consequence(one)}
        for some in self._side_by_side(entries):
            self._check()
            yield from self._take_back(some)
        yield from self._close_again()
        if isinstance(self._writer, Writer):
            self._writer.settle()
        if not self._stores and not self._mirror.answer(self._mirror.is_admin):
            logger.warning(NOT_AN_ADMINISTRATOR)

    def close(self) -> None:
        """Close everything, however the undo ends."""
        outcomes, unsent = self._dispatcher.close()
        try:
            if self._stores:
                self._ledger.finish([self._closed(one) for one in outcomes if one.status])
                self._ledger.finish([(write.entry, "void", None, None) for write in unsent])
        finally:
            for end in (self._writer.close, self._fan_out.close, self._ledger.close):
                end()

    def _side_by_side(self, entries: list[Entry]) -> Iterator[list[Entry]]:
        """Yield the writes of one kind of object together, but one after another if several changed the same object."""
        for _, some in groupby(entries, key=lambda one: (one.object, one.operation)):
            batch: dict[str, Entry] = {}
            for entry in some:
                made = self._reversals.made_of(entry)
                place = str(made.id) if made.id else f"{entry.stream} {entry.key}"
                if place in batch:
                    yield list(batch.values())
                    batch = {}
                batch[place] = entry
            yield list(batch.values())

    def _take_back(self, entries: list[Entry]) -> Iterator[str]:
        self._to_come -= {(one.object, str(one.id)) for one in entries}
        states = self._states(entries)
        ids = [self._reversals.id_of(self._reversals.made_of(entry)) for entry in entries]
        reversals = [self._reversals.of(entry, states.get(one)) for entry, one in zip(entries, ids, strict=True)]
        reversals = [self._permitted(one) for one in reversals]
        yield from self._carry_out(self._without_others(reversals))

    def _permitted(self, reversal: Reversal) -> Reversal:
        """Keep writes whose reversal the workspace forbids."""
        write = reversal.write
        if write is None or reversal.is_done or not isinstance(target := write.incoming.route.object, WritableObject):
            return reversal
        wanted = {**write.current, **write.given} if write.operation is not Operation.DELETE else {}
        problems = self._mirror.answer(partial(forbidden, self._mirror, target, write.operation, write.current, wanted))
        return Reversal(reversal.entry, None, IMPOSSIBLE, problems) if problems else reversal

    def _without_others(self, reversals: list[Reversal]) -> list[Reversal]:
        """Keep inserted objects on which other objects depend by now."""
        deletions = [one.write for one in reversals if one.write and one.write.operation is Operation.DELETE]
        self._consequences.note(deletions)
        kept = []
        for one in reversals:
            along = one.write.consequences if one.write else []
            found = [entry.object for entry in along if (entry.object, str(entry.id)) not in self._to_come]
            others = Counter(name for name in found if name in BY_NAME and not BY_NAME[name].implied)
            if others:
                told = ", ".join(f"{count} {name}" for name, count in others.items())
                kept.append(Reversal(one.entry, None, CHANGED_SINCE, f"{told} belong or refer to it by now"))
            else:
                kept.append(one)
        return kept

    def _carry_out(self, reversals: list[Reversal]) -> Iterator[str]:
        waiting = {id(one.write): one for one in reversals if one.write}
        writes = []
        for one in reversals:
            try:
                ready = self._ready(one) if one.write else None
                one.write = None if one.is_done else ready
                writes += [one.write] if one.write else []
            except RejectedError as error:  # the values that it would set to defaults cannot be read
                one.write, one.outcome, one.why = None, IMPOSSIBLE, str(error)
            if one.write is None:
                yield self._line(one)
        if self._stores:
            self._ledger.begin([write.entry for write in writes])
        self._dispatcher.send(writes)
        while len(self._dispatcher):
            self._check()
            for outcome in self._dispatcher.collect(wait=True):
                yield self._line(self._settled(waiting[id(outcome.write)], outcome))

    def _ready(self, reversal: Reversal) -> Write:
        """Return the write that takes a write back.

        It includes values that Clockify would otherwise fill in, and leaves the object open for its children.
        """
        write = reversal.write
        assert write is not None  # noqa: S101 - the caller has looked
        target = write.incoming.route.object
        if write.operation is Operation.INSERT and reversal.entry.id in self._parents:
            interim = write.target.copying.interim
            closing = ({*write.target.closing} & write.given.keys()) | interim.keys()
            if closing:
                at_last = {name: write.given.get(name) for name in closing}
                self._to_close.append(replace(reversal, write=replace(write, given=at_last)))
                kept = {name: value for name, value in write.given.items() if name not in closing}
                write.given = {**kept, **interim}
        if write.operation is Operation.UPDATE:
            self._keep_hidden(reversal, write)
        if isinstance(target, WritableObject) and write.operation in {Operation.INSERT, Operation.UPDATE}:
            purpose = f"which values the undo would reset to defaults in a {target.noun}"
            write.beside = {
                name: self._mirror.answer(partial(self._mirror.needed, BY_NAME[name], purpose))
                for name in target.beside
            }
        return write

    def _keep_hidden(self, reversal: Reversal, write: Write) -> None:
        """Add the last written values of hidden fields that Clockify would reset, or report them as unknown."""
        covered = {
            name
            for part in write.target.parts
            if not write.given.keys().isdisjoint(part.fields)
            for name in part.fields
        }
        hidden = [one.name for one in write.target.fields if one.reset and one.name in covered - write.given.keys()]
        written = self._ledger.written(write.target.name, str(write.entry.id))[0] if hidden else {}
        write.given = {**write.given, **{name: written[name] for name in hidden if name in written}}
        if (unknown := [name for name in hidden if name not in written]) and reversal.outcome == TAKEN_BACK:
            reversal.outcome = IN_PART
            reversal.why = f"{', '.join(unknown)} may have the default value now, since Clockify does not return it"

    def _close_again(self) -> Iterator[str]:
        """Set the fields of restored objects that would have prevented restoring their children: archived, paid."""
        for one in self._to_close:
            self._check()
            assert one.write is not None  # noqa: S101 - see above
            renewed = self._reversals.renewed.get(str(one.entry.id))
            target = one.write.target
            current = renewed and self._stores and self._reader.one(target, one.write.scope, renewed)
            if not current or not (changes := differences(target, current, one.write.given)):
                continue
            entry = Entry(one.entry.stream, one.entry.key, target.name, Operation.UPDATE.value, renewed, changes)
            entry.recovery = {"scope": list(one.write.scope)}
            write = replace(one.write, operation=Operation.UPDATE, current=current, entry=entry)
            yield from self._carry_out([Reversal(entry, write)])

    def _states(self, entries: list[Entry]) -> dict[str, State]:
        """Return the current objects of these writes, by id."""
        entries = [made for one in entries if (made := self._reversals.made_of(one)).object in BY_NAME]
        if not entries:
            return {}
        target = BY_NAME[entries[0].object]
        ids = [self._reversals.id_of(one) for one in entries if one.id]
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
            if not outcome.write.entry.stream:
                self._ledger.forget([outcome.write.incoming.identity])  # it belongs to no row
        if outcome.error is None:
            if outcome.write.operation is Operation.INSERT:
                self._reversals.renewed[str(reversal.entry.id)] = str(outcome.id)
                if (changed := self._set_otherwise(reversal, outcome)) and reversal.outcome == TAKEN_BACK:
                    return replace(reversal, outcome=IN_PART, why=f"Clockify has set {', '.join(changed)} itself")
            if reversal.entry.operation == Operation.CALL and self._stores:
                self._ledger.forget([(reversal.entry.stream, reversal.entry.key)])
            return reversal
        if not isinstance(outcome.error, RejectedError):
            raise outcome.error
        return replace(reversal, outcome=IMPOSSIBLE, why=str(outcome.error))

    @staticmethod
    def _set_otherwise(reversal: Reversal, outcome: Outcome) -> list[str]:
        """Return the fields of a restored object that Clockify has set to a different value than before."""
        target, state = outcome.write.target, outcome.state or {}
        own = (target.create.defaults.keys() if target.create else set()) - outcome.write.given.keys() - target.closing
        before = {name: old for name, (old, _) in reversal.entry.changes.items() if name in own and old is not None}
        return [name for name in differences(target, state, before) if state.get(name) is not None]

    def _closed(self, outcome: Outcome) -> tuple[Entry, str, str | None, Row | None]:
        write, error = outcome.write, outcome.error
        row = mirrored(self._mirror, outcome, forgets=self._stores)
        if write.operation is Operation.UPDATE:  # the ledger keeps the row, and the next run compares it again
            stream, key = write.incoming.identity
            known = self._ledger.known(stream, [key]).get(key)
            row = replace(known, record_hash=None, state_hash=None) if known else None
        elif write.operation is Operation.CALL:
            row = None
        return write.entry, outcome.status or "", str(error) if error else None, row

    def _line(self, reversal: Reversal) -> str:
        if reversal.entry.operation == Operation.DELETE and reversal.outcome == IMPOSSIBLE:
            self._reversals.not_back.add(str(reversal.entry.id))
        self.outcomes[reversal.outcome] += 1
        entry = reversal.entry
        what = (
            reversal.outcome
            if self._stores or reversal.outcome not in {TAKEN_BACK, IN_PART}
            else f"would be {reversal.outcome}"
        )
        why = f": {reversal.why}" if reversal.why else ""
        return f"{what:<20} {entry.operation} {entry.object} {entry.id or entry.key}{why}"

    def _currency(self, write: Write) -> str:
        told = {**write.current, **write.given}
        return self._mirror.answer(lambda: in_force(self._mirror, write.incoming.route.object, told))
