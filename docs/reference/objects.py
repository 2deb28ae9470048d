"""The page of an object that can be written, and the overview of all of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from target_clockify.model.declaration import Operation
from target_clockify.model.objects import OBJECTS

from docs.reference import examples
from docs.reference.links import NAMES
from docs.reference.markdown import code, codes, facts, fenced, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_clockify.model.declaration import Bulk, Field, WritableObject

_OPERATIONS = (Operation.INSERT, Operation.UPDATE, Operation.DELETE)
_BOUNDS = {"minimum": "at least", "maximum": "at most", "exclusiveMinimum": "more than"}


def overview() -> str:
    """Return every object with its operations."""
    rows = [
        (
            f"[`{one.name}`](objects/{one.name}.md)",
            *("yes" if operation in one.operations else "" for operation in _OPERATIONS),
            found_by(one),
        )
        for one in OBJECTS
    ]
    return table(("Object", *_OPERATIONS, "Found by"), rows)


def found_by(target: WritableObject) -> str:
    """Return the natural keys of an object, by which a row without a known id identifies it."""
    keys = target.natural_keys or ((target.identity,) if target.identity else ())
    return ", or ".join(" and ".join(map(code, key)) for key in keys) or "its id"


def page(target: WritableObject) -> str:
    """Return the page of an object."""
    fields = [(code(one.name), takes(one), _notes(one, target)) for one in target.fields if one.name != "workspaceId"]
    return "\n\n".join(
        part
        for part in (
            f"# {target.name}",
            f"Each row is one {target.noun}." + _as_read(target),
            facts(_facts(target)),
            "## Example",
            "A row of the stream, as a Singer message. It refers to others by their keys in the same input.",
            fenced("json", _message(target.name, examples.OBJECTS[target.name])),
            "## Fields",
            "The name of a column may have any spelling: `clientId`, `client_id`, `ClientId`.",
            table(("Field", "Takes", "Notes"), fields),
            "## Requests",
            table(("For", "Request"), list(_requests(target))),
        )
        if part
    )


def _as_read(target: WritableObject) -> str:
    if target.name not in NAMES:
        return ""
    return f" The tap reads the same rows as stream [`{target.name}`](../streams/{target.name}.md)."


def _facts(target: WritableObject) -> dict[str, str]:
    create = target.create
    return {
        "Operations": codes(target.operations),
        "Found by": found_by(target),
        "Required to insert": codes(create.required) if create else "",
        "Other names of the stream": codes(target.aliases),
        "Ignored without a warning": codes(target.read_only),
        "Written": "after the other rows of the input" if target.turn else "",
        "Before a deletion": _before(target),
        "Irreversible": "an insert cannot be taken back and needs `allow_irreversible`"
        if create and create.irreversible
        else "",
    }


def _before(target: WritableObject) -> str:
    first = target.delete.first if target.delete else {}
    return ", ".join(f"`{name}` is set to `{json.dumps(value)}`" for name, value in first.items())


def takes(field: Field) -> str:
    """Return what a field takes, in words."""
    rules = {**field.rules}
    allowed = [one for one in rules.get("enum", ()) if one is not None]
    words = [f"one of {codes(allowed)}" if allowed else field.kind.name]
    if "maxLength" in rules:
        words.append(f"{rules.get('minLength', 0)} to {rules['maxLength']} characters")
    words += [f"{text} {rules[name]}" for name, text in _BOUNDS.items() if name in rules]
    if "maxItems" in rules:
        words.append(f"at most {rules['maxItems']}")
    return ", ".join(words)


def refers_to(field: Field) -> str:
    """Return the objects that a field refers to; empty if it refers to none."""
    return ", ".join(codes(name.split("|")) for name in _referred(field))


def _referred(field: Field) -> list[str]:
    return [field.refers] if isinstance(field.refers, str) and field.refers else [*dict(field.refers or {}).values()]


def _notes(field: Field, target: WritableObject) -> str:
    notes = [
        f"refers to {refers_to(field)}" if field.refers else "",
        f"also `{field.key}`" if field.key else "",
        f"also {codes(field.aliases)}" if field.aliases else "",
        "cannot change later" if field.fixed or field.initial else "",
        "null empties it" if field.clearable and not (field.modifier or field.fixed) else "",
        "sent with a write, but never compared" if field.modifier else "",
        "written when the row is new or has changed, since Clockify does not return it" if field.unreadable else "",
        "set at the end of the run" if field.name in target.last else "",
    ]
    text = "; ".join(note for note in notes if note)
    return f"{field.description} {text[:1].upper()}{text[1:]}{'.' if text else ''}".strip()


def _requests(target: WritableObject) -> Iterator[tuple[str, str]]:
    yield "the state now", code(target.listing.endpoint.call.replace("/workspaces/{workspaceId}", "…"))
    if target.create:
        yield "an insert", code(f"POST {_path(target.create.path)}")
    for part in target.parts:
        how = code(f"{part.method} {_path(part.path)}") if part.path else "one call for each difference"
        yield f"a change of {codes(part.fields)}", how + _at_once(part.bulk)
    if target.delete:
        yield "a deletion", code(f"DELETE {_path(target.delete.path)}") + _at_once(target.delete.bulk)


def _at_once(bulk: Bulk | None) -> str:
    return f", many at once: `{bulk.method} {_path(bulk.path)}`" if bulk else ""


def _path(path: str) -> str:
    return f"…{path}"


def _message(stream: str, row: dict[str, Any]) -> str:
    return json.dumps({"type": "RECORD", "stream": stream, "record": row}, indent=2, ensure_ascii=False)
