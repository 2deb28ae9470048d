"""Finds out what became of the writes that were under way when an earlier run was killed, and completes the creates."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from target_clockify.books.ledger import Entry, Row
from target_clockify.model.declaration import Operation
from target_clockify.model.objects import BY_NAME

if TYPE_CHECKING:
    from target_clockify.apply.writer import Writer
    from target_clockify.books.ledger import Ledger
    from target_clockify.mirror import Mirror

logger = logging.getLogger("target-clockify")

_SETTLED_AFTER = 2.0  # seconds from the start of a run in which what a killed one had sent has certainly arrived


def recover(ledger: Ledger, mirror: Mirror, writer: Writer) -> None:
    """Close the entries that earlier runs left open.

    An update or a deletion need not be looked into: its record comes again, and is compared with what is there. A
    create is: what it made is found by its natural values, less what had these values before, and becomes the row's
    object. It is completed before anything else is written, since a payment must not meet an invoice without its
    items. Of a call that had left, and of a create that leaves no trace to go by, nothing can be found out.
    """
    entries = ledger.open_entries()
    if not entries:
        return
    # When an entry was begun tells nothing: the last of a thousand leaves long after all of them were written down.
    time.sleep(max(0.0, _SETTLED_AFTER - (time.monotonic() - ledger.opened)))
    lost = [entry for entry in entries if entry.operation == Operation.INSERT and not entry.id]
    mirror.ensure({(BY_NAME[one.object], tuple(one.recovery.get("scope") or ())): None for one in lost})
    closed: list[tuple[Entry, str, str | None, Row | None]] = []
    took_place = 0
    for entry in entries:
        is_lost = entry.operation == Operation.INSERT and not entry.id
        row = _found(mirror, writer, entry) if is_lost else None
        blind = entry.operation == Operation.INSERT and not BY_NAME[entry.object].recognised_by
        status = "unknown" if entry.status == "sent" or blind else "void"
        if row:
            took_place += 1
            entry.id = row.id
        if entry.operation == Operation.INSERT and entry.id:
            status = "done"
            writer.complete(entry, mirror)
        closed.append((entry, status, None, row))
    ledger.finish(closed)
    logger.info("%d writes of a broken run were looked up, %d of them had taken place", len(entries), took_place)


def _found(mirror: Mirror, writer: Writer, entry: Entry) -> Row | None:
    target, note = BY_NAME[entry.object], entry.recovery
    if "given" not in note:
        return None
    alike = mirror.matching(target, target.recognised_by, note["given"])
    states = ({**(mirror.get(target, one) or {}), "id": one} for one in alike)
    found = writer.lost.found(target, entry, states)
    if found is None:
        return None
    scope = dict(zip(target.scope, note.get("scope") or (), strict=False))
    return Row(entry.stream, entry.key, target.name, str(found["id"]), scope, created=True)
