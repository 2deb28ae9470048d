"""Every object that can be written, and the streams that can only be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_clockify.model.objects import money, people, schedule, time_off, webhooks, work
from target_clockify.naming import folded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_clockify.model.declaration import WritableObject

OBJECTS: tuple[WritableObject, ...] = (
    *people.OBJECTS,
    *work.OBJECTS,
    *money.OBJECTS,
    *time_off.OBJECTS,
    *schedule.OBJECTS,
    *webhooks.OBJECTS,
)

BY_NAME = {one.name: one for one in OBJECTS}
CHILDREN = {
    parent.name: tuple(
        one
        for one in OBJECTS
        if len(one.scope) == 1 and not one.identity and one.field(one.scope[0]).refers == parent.name
    )
    for parent in OBJECTS
}
"""For each kind of parent, the kinds of children that a new parent does not have yet: those in a separate list."""


def _referred(target: WritableObject, *, fixed: bool | None = None) -> Iterator[tuple[str, str]]:
    """Yield the fields that refer to objects, each with the kind of object."""
    for one in target.fields:
        if one.refers and not one.modifier and fixed in {None, one.fixed}:
            for names in [one.refers] if isinstance(one.refers, str) else one.refers.values():
                yield from ((one.name, name) for name in names.split("|"))


GOES_WITH = {
    parent.name: tuple((one, name) for one in OBJECTS for name, of in _referred(one, fixed=True) if of == parent.name)
    for parent in OBJECTS
    if parent.delete
}
"""For each kind of object, the kinds that are deleted with it: those that refer to it in an unchangeable field."""

REFERS_TO = {
    parent.name: tuple(
        (one, name)
        for one in OBJECTS
        if not one.identity  # it repeats values of an object that has its own id
        for name, of in _referred(one, fixed=False)
        if of == parent.name
    )
    for parent in OBJECTS
    if parent.delete
}
"""For each kind of object, the kinds that remain and lose a reference when it is deleted, with the referring field."""


def _depth(name: str) -> int:
    above = {of for _, of in _referred(BY_NAME[name]) if of in GOES_WITH and of != name} if name in BY_NAME else ()
    return 1 + max(map(_depth, above), default=0)


DEPTH = {one.name: (_depth(one.name), max(one.turn, one.copying.turn)) for one in OBJECTS}
"""The order in which deleted objects can be restored: referenced objects first."""


def _rank(name: str) -> int:
    changed = {
        one.name for one in OBJECTS if one.delete and one.delete.first and name in {of for _, of in _referred(one)}
    }
    return 1 + max(map(_rank, changed - {name}), default=-1)


DELETED_AFTER = {one.name: _rank(one.name) for one in OBJECTS if one.delete}
"""The turn of each kind of object among deletions, from 0.

An object that must be archived before its deletion is deleted before the objects that it refers to, since Clockify
would refuse to archive it later.
"""

_BY_ANY_NAME = {name: one for one in OBJECTS for name in one.names}

COVERED = {
    "project_memberships": "projects",
    "memberships": "users",
    "user_roles": "the procedures GiveManagerRole and RemoveManagerRole",
    "user_managers": "the procedures GiveManagerRole and RemoveManagerRole",
    "project_custom_fields": "the procedures SetProjectCustomField and RemoveProjectCustomField",
    "invoice_items": "invoices",
    "time_entries_in_progress": "time_entries",
    "expense_details": "expenses",
    "addon_webhooks": "nothing: they belong to an add-on",
}
"""Streams of the tap that repeat a part of another stream, and the stream or procedure that writes that part.

They are skipped, so that nothing is written twice.
"""

READ_ONLY = (
    *("current_user", "assignment_project_totals", "user_capacity_totals", "user_capacity_days"),
    *("webhook_logs", "webhook_event_statuses", "shared_report_data", "report_detailed", "report_summary"),
    *("report_weekly", "report_attendance", "report_expenses_detailed", "audit_log"),
    *("entities_created", "entities_updated", "entities_deleted"),
)
"""Streams of the tap that the API cannot write."""

_UNWRITABLE = {folded(name): name for name in (*COVERED, *READ_ONLY)} | {
    folded(alias): name for alias, name in {"TotalCapacityForUser": "user_capacity_totals"}.items()
}


def find_object(stream: str) -> WritableObject | None:
    """Return the object of a stream name in any spelling."""
    return _BY_ANY_NAME.get(folded(stream))


def why_not(stream: str) -> str | None:
    """Return why a stream of the tap is not written, None if it is not such a stream."""
    name = _UNWRITABLE.get(folded(stream))
    if name is None:
        return None
    return f"its rows are written with {COVERED[name]}" if name in COVERED else "the API cannot write it"
