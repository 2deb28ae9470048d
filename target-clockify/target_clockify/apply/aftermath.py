"""Updates the mirror of the workspace after a write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_clockify.model.declaration import Operation
from target_clockify.model.objects import BY_NAME

if TYPE_CHECKING:
    from target_clockify.apply.outcome import Outcome
    from target_clockify.books.ledger import Row
    from target_clockify.mirror import Mirror


def mirrored(mirror: Mirror, outcome: Outcome, *, forgets: bool) -> Row | None:
    """Update the mirror after a write, and return the row to store in the ledger, if there is one.

    Args:
        mirror: The mirror.
        outcome: The outcome of the write.
        forgets: Whether other lists that the write changed must be read again; false if nothing was sent.
    """
    write = outcome.write
    if write.operation is Operation.CALL:
        if outcome.error is not None:
            return None
        if made := write.entry.recovery.get("made"):
            known = mirror.get(BY_NAME[made["of"]], made["id"])
            if known is not None:  # another write may have made the mirror forget it; then it is read again
                news = {name: new for name, (_, new) in made["changes"].items()}
                mirror.put(BY_NAME[made["of"]], {**known, **news}, tuple(write.entry.recovery["scope"]))
        if forgets and (name := write.procedure.changes):
            mirror.forget(BY_NAME[name])
        return write.row("")
    target, object_id = write.target, str(outcome.id)
    if outcome.error is not None:
        if outcome.state is not None:  # some of its calls took effect, and a row with its key may come again
            known = mirror.get(target, object_id) or {}
            mirror.put(target, {**known, **outcome.state}, write.scope)
        return None
    for name in target.affects:
        mirror.forget(BY_NAME[name])
    if write.operation is Operation.DELETE:
        mirror.drop(target, object_id)
        return None
    put = mirror.put_new if write.operation is Operation.INSERT else mirror.put
    put(target, {**(outcome.state or {}), "id": object_id}, write.scope)
    return write.row(object_id)
