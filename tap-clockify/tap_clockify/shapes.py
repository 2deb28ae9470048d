"""Makes records from the rows of a response, if a row is not already the record."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from clockify_client import Ids

    from tap_clockify.declaration import Children, Parent, Record, Shape
    from tap_clockify.settings import Scope


class WithheldError(Exception):
    """A row lacks the part that records are made from.

    Clockify hides that part from some roles, so it may not be empty.
    """


_NULL_IF_EMPTY = {"tagIds", "customFieldValues"}
"""Arrays that Clockify sends as null when they are empty (recorded responses of 2019 to 2026); no other array was."""


def _array(row: Record, field: str) -> list[Any]:
    values = row.get(field)
    if values is None and field in row and field in _NULL_IF_EMPTY:
        return []
    if values is None:
        raise WithheldError
    if not isinstance(values, list):
        raise TypeError(field)
    return values


def exploded(field: str, *, drop: tuple[str, ...] = (), **names: str) -> Shape:
    """Return a shape that makes one record from each object in an array of the row.

    Args:
        field: The array.
        drop: Fields of the objects to leave out.
        names: Fields of the record, and the fields of the row that they copy, such as `projectId="id"`.

    The shape raises WithheldError for a row without the array, and TypeError for another value in its place.
    """

    def shape(row: Record, _: Ids) -> Iterator[Record]:
        outer = {name: row.get(source) for name, source in names.items()}
        for item in _array(row, field):
            yield {**{name: value for name, value in item.items() if name not in drop}, **outer}

    return shape


def listed(field: str, name: str, **names: str) -> Shape:
    """Return a shape that makes one record from each value in an array of the row.

    Args:
        field: The array, of ids.
        name: Field of the record that takes the value.
        names: Fields of the record, and the fields of the row that they copy, such as `timeEntryId="id"`.

    The shape raises WithheldError for a row without the array, and TypeError for another value in its place.
    """

    def shape(row: Record, _: Ids) -> Iterator[Record]:
        outer = {inner: row.get(source) for inner, source in names.items()}
        for value in dict.fromkeys(_array(row, field)):
            yield {name: value, **outer}

    return shape


def audience(**names: str) -> Shape:
    """Return a shape that makes one record for each user and user group that something applies to.

    Args:
        names: Fields of the record, and the fields of the row that they copy.
    """
    kinds = {
        "USER": listed("userIds", "audienceId", **names),
        "USER_GROUP": listed("userGroupIds", "audienceId", **names),
    }

    def shape(row: Record, ids: Ids) -> Iterator[Record]:
        for kind, members in kinds.items():
            for record in members(row, ids):
                yield {"audienceType": kind, **record}

    return shape


def with_text(shape: Shape, *fields: str) -> Shape:
    """Return a shape that converts fields with several types to text: text stays as it is, other values become JSON.

    A column has one type in a warehouse. The type of the custom field, another column, says how to read the text.

    Args:
        shape: Makes the records.
        fields: Fields of several types; a dot separates nested fields.
    """

    def texted(row: Record, ids: Ids) -> Iterator[Record]:
        for record in shape(row, ids):
            for field in fields:
                *path, last = field.split(".")
                holder: Any = record
                for step in path:
                    holder = holder.get(step) or {}
                value = holder.get(last)
                if value is not None and not isinstance(value, str):
                    holder[last] = msgspec.json.encode(value).decode()
            yield record

    return texted


def itself(row: Record, _: Ids) -> Iterator[Record]:
    """The row is the record."""
    yield row


def with_one_direction(row: Record, _: Ids) -> Iterator[Record]:
    """Keep one of two fields whose names differ only in case, since many databases ignore case."""
    columns = row.get("exportFields")
    if isinstance(columns, dict) and "rtl" in columns:
        columns.setdefault("RTL", columns["rtl"])
        del columns["rtl"]
    yield row


def without(*fields: str) -> Shape:
    """Return a shape that removes fields: secrets that the tap must not write."""

    def shape(row: Record, _: Ids) -> Iterator[Record]:
        yield {name: value for name, value in row.items() if name not in fields}

    return shape


def with_working_days(row: Record, _: Ids) -> Iterator[Record]:
    """Convert `workingDays` to an array if it comes as JSON text, as one API description shows."""
    days = row.get("workingDays")
    if isinstance(days, str):
        row["workingDays"] = msgspec.json.decode(days)
    yield row


def roles(row: Record, ids: Ids) -> Iterator[Record]:
    """One record per role of a user and per entity of the role; if no entity is named, it is the workspace."""
    for role in _array(row, "roles"):
        entities: list[Record] = (_array(role, "entities") if role.get("entities") is not None else []) or [{}]
        for entity in entities:
            yield {
                "userId": row["id"],
                "role": role["role"],
                "entityId": entity.get("id") or ids["workspaceId"],
                "entityName": entity.get("name"),
            }


def inside(outer: Shape, inner: Shape) -> Shape:
    """Return a shape that applies an inner shape to the records of an outer shape."""

    def shape(row: Record, ids: Ids) -> Iterator[Record]:
        for record in outer(row, ids):
            yield from inner(record, ids)

    return shape


def hoisted(field: str) -> Shape:
    """Return a shape that moves the fields of a nested object to the top level of the row."""

    def shape(row: Record, _: Ids) -> Iterator[Record]:
        inner = row.pop(field, None) or {}
        yield {**inner, **row}

    return shape


def fed_document(row: Record, _: Ids) -> Iterator[Record]:
    """A row of an entity feed: the fields that every kind of entity has, and the entity's own fields as `document`."""
    common = {
        "id": row.pop("id", None) or row.pop("deletionBinId", None),
        "documentType": row.pop("documentType", None) or row.pop("documentCode", None),
    }
    metadata: Record = {name: row.pop(name) for name in ("auditMetadata", "deletedAt", "deletionBinId") if name in row}
    row.pop("documentCode", None)
    yield {**common, **metadata, "document": row.get("document") if "document" in row else row}


def audited(row: Record, _: Ids) -> Iterator[Record]:
    """A row of the audit log with a hash of its content as its key, since it has no id."""
    said = [row.get(name) for name in ("timestamp", "userId", "action", "content", "previousContent")]
    yield {"id": hashlib.sha256(msgspec.json.encode(said)).hexdigest(), **row}


def summary_groups(row: Record, ids: Ids) -> Iterator[Record]:
    """One record per group of the summary report, at every level; its key is the path of names that leads to it."""
    yield from _groups(row, (), list(ids["groups"]), ids)


def _groups(row: Record, above: tuple[str, ...], groups: list[str], ids: Ids) -> Iterator[Record]:
    children = row.pop("children", None) or ()
    name = row.get("_id")
    # The name of the innermost level may be an object with the values of all levels.
    own = name if isinstance(name, str) else msgspec.json.encode(name, order="sorted").decode()
    path = (*above, own)
    yield {
        **row,
        "_id": own,
        "path": _joined(path),
        "parentPath": _joined(above) or None,
        "level": len(path),
        "group": groups[len(path) - 1] if len(path) <= len(groups) else None,
        "dateRangeStart": ids["start"][:10],
        "dateRangeEnd": ids["end"][:10],
    }
    for child in children:
        yield from _groups(child, path, groups, ids)


def _joined(path: tuple[str, ...]) -> str:
    """Return a path as a unique text: a slash within a name is written %2F."""
    return "/".join(name.replace("%", "%25").replace("/", "%2F") for name in path)


def weekly_groups(row: Record, ids: Ids) -> Iterator[Record]:
    """One record per group and week of the weekly report; rows without a group get an empty id."""
    yield {**row, "_id": row.get("_id") or "", "weekStart": ids["start"][:10]}


def started_within(scope: Scope) -> Callable[[Mapping[str, Any]], bool] | None:
    """Return a filter for time entries that start in the window, None if there is no window."""
    start, end = scope.start, scope.past_end
    if start is None and end is None:
        return None

    def keep(entry: Mapping[str, Any]) -> bool:
        moment = datetime.fromisoformat(entry["timeInterval"]["start"])
        return (start is None or moment >= start) and (end is None or moment < end)

    return keep


def overlapping_window(scope: Scope) -> Callable[[Mapping[str, Any]], bool]:
    """Return a filter for assignments whose period overlaps the window of the schedule."""
    start, end = scope.schedule_window

    def keep(assignment: Mapping[str, Any]) -> bool:
        period = assignment.get("period") or {}
        if not period.get("start") or not period.get("end"):
            return True
        return datetime.fromisoformat(period["end"]) >= start and datetime.fromisoformat(period["start"]) <= end

    return keep


def each(field: str, **more: str) -> Children:
    """Return a function that makes one child per row.

    Its ids are those of its parent, and the id of the row as `field`.

    Args:
        field: Name of the row's `id` in the ids of the child.
        more: Further ids of the child, and the fields of the row that hold them.
    """

    def children(rows: list[Parent], ids: Ids, _: Scope) -> Iterator[Ids]:
        for row in rows:
            yield {**ids, field: row["id"], **{name: row.get(source) for name, source in more.items()}}

    return children
