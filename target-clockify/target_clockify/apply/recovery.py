"""Finds the outcomes of unanswered writes of an earlier run that was killed, and completes creates."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from target_clockify.apply import late
from target_clockify.books.ledger import Entry, Row
from target_clockify.model.declaration import Operation
from target_clockify.model.objects import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_clockify.apply.writer import Writer
    from target_clockify.books.ledger import Ledger
    from target_clockify.mirror import Mirror

logger = logging.getLogger("target-clockify")


def recover(ledger: Ledger, mirror: Mirror, writer: Writer) -> None:
    """Close the entries that earlier runs left open.

    An update or a deletion needs no search: its record comes again and is compared with the object. For a create, the
    object is searched by its natural values, except for objects that had these values before. The object found becomes
    the row's object. It is completed before any other write, since a payment must not be added to an invoice without
    its items. An object that is not found at once may still be created, so the search is repeated. The outcome of a
    call, and of a create without natural values, remains unknown.
    """
    entries = ledger.open_entries()
    if not entries:
        return
    lost = [entry for entry in entries if entry.operation == Operation.INSERT and not entry.id]
    rows = _found(mirror, writer, lost)
    recognised = [one for one in lost if one.seq not in rows and BY_NAME[one.object].recognised_by]
    if (recognised or any(map(_may_take_place_twice, entries))) and not _is_surely_over(ledger):
        # The time of an entry is no help: of a thousand creates, the last is sent long after all of them were recorded.
        logger.info("Waiting until the last requests of an interrupted run have taken effect")
        time.sleep(max(0.0, sum(late.WAITS) - (time.monotonic() - ledger.opened)))
        for name in {one.object for one in recognised}:
            mirror.forget(BY_NAME[name])
        rows |= _found(mirror, writer, recognised)
        writer.note_repeated([one for one in recognised if one.seq not in rows])
    closed: list[tuple[Entry, str, str | None, Row | None]] = []
    for entry in entries:
        row = rows.get(entry.seq)
        blind = entry.operation == Operation.INSERT and not BY_NAME[entry.object].recognised_by
        status = "unknown" if entry.status == "sent" or blind else "void"
        if row:
            entry.id = row.id
        if entry.operation == Operation.INSERT and entry.id:
            status = "done" if writer.complete(entry, mirror) else "failed"
        closed.append((entry, status, None, row))
    ledger.finish(closed)
    logger.info("%d writes of an interrupted run were looked up, %d of them had taken place", len(entries), len(rows))


def _may_take_place_twice(entry: Entry) -> bool:
    """Return whether a call for an entry adds to an object; then the target waits before it sends it again."""
    parts = BY_NAME[entry.object].parts if entry.operation != Operation.CALL else ()
    return any(part.adds and not entry.changes.keys().isdisjoint(part.fields) for part in parts)


def _is_surely_over(ledger: Ledger) -> bool:
    """Return whether enough time has passed that no request of an earlier run can still take effect."""
    last = ledger.last_noted()
    return last is not None and datetime.now(tz=UTC) - last > late.SURELY_OVER


def _found(mirror: Mirror, writer: Writer, entries: Iterable[Entry]) -> dict[int, Row]:
    """Return the ledger rows of created objects, by the number of their journal entry."""
    some = list(entries)
    mirror.ensure({(BY_NAME[one.object], tuple(one.recovery.get("scope") or ())): None for one in some})
    found = {one.seq: _row_of(mirror, writer, one) for one in some}
    return {number: row for number, row in found.items() if row}


def _row_of(mirror: Mirror, writer: Writer, entry: Entry) -> Row | None:
    target, note = BY_NAME[entry.object], entry.recovery
    if "given" not in note:
        return None
    alike = mirror.resembling(target, note["given"])
    states = ({**(mirror.get(target, one) or {}), "id": one} for one in alike)
    found = writer.lost.found(target, entry, states)
    if found is None:
        return None
    scope = dict(zip(target.scope, note.get("scope") or (), strict=False))
    return Row(entry.stream, entry.key, target.name, str(found["id"]), scope, created=True)
