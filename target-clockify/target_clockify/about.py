"""The operations of each object, as a table generated from the declarations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_clockify.model.declaration import Operation

_OPERATIONS = (Operation.INSERT, Operation.UPDATE, Operation.DELETE)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_clockify.model.declaration import WritableObject


def capability_table(objects: Iterable[WritableObject]) -> str:
    """Return the objects and their operations as a table in Markdown."""
    lines = [
        f"| Object | {' | '.join(_OPERATIONS)} | Found by |",
        f"|---|{'---|' * len(_OPERATIONS)}---|",
    ]
    for one in objects:
        marks = " | ".join("yes" if operation in one.operations else "" for operation in _OPERATIONS)
        found_by = ", ".join(one.natural or one.identity) or "id"
        lines.append(f"| {one.name} | {marks} | {found_by} |")
    return "\n".join(lines)
