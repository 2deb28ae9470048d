"""Finds out what became of the writes that were under way when an earlier run was killed, and completes the creates."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from target_clockify.books.ledger import Entry, Row
from target_clockify.model.declaration import Operation
from target_clockify.model.objects import BY_NAME

if TYPE_CHECKING:
    from target_clockify.apply.write import Writer
    from target_clockify.books.ledger import Ledger
    from target_clockify.mirror import Current

logger = logging.getLogger("target-clockify")

_SETTLED_AFTER = 2.0  # seconds from the start of a run in which what a killed one had sent has certainly arrived


def recover(ledger: Ledger, current: Current, writer: Writer) -> None:
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
    current.ensure({(BY_NAME[one.object], tuple(one.recovery.get("scope") or ())): None for one in lost})
    taken: set[str] = set()
    closed: list[tuple[Entry, str, str | None, Row | None]] = []
    for entry in entries:
        row = _found(ledger, current, entry, taken) if entry.operation == Operation.INSERT and not entry.id else None
        blind = entry.operation == Operation.INSERT and not BY_NAME[entry.object].recognised_by
        status = "unknown" if entry.status == "sent" or blind else "void"
        if row:
            entry.id = row.id
        if entry.operation == Operation.INSERT and entry.id:
            status = "done"
            writer.complete(entry, current)
        closed.append((entry, status, None, row))
    ledger.finish(closed)
    logger.info("%d writes of a broken run were looked up, %d of them had taken place", len(entries), len(taken))


def _found(ledger: Ledger, current: Current, entry: Entry, taken: set[str]) -> Row | None:
    target, note = BY_NAME[entry.object], entry.recovery
    if "given" not in note:
        return None
    found = current.matching(target, target.recognised_by, note["given"])
    free = [one for one in found if one not in note["before"] and one not in taken]
    owners = ledger.owners(target.name, free) if free else {}
    me = (entry.stream, entry.key)
    mine = next((one for one in free if all(row.identity == me for row in owners.get(one, ()))), None)
    if mine is None:
        return None
    taken.add(mine)
    scope = dict(zip(target.listing.scope, note.get("scope") or (), strict=False))
    return Row(entry.stream, entry.key, target.name, mine, scope, created=True)
