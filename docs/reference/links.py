"""Which stream the fields of a stream refer to.

The objects of the target declare what their fields refer to, and a source of the tap declares its parents. Any other
field refers to the object that it is named after: `projectId` to `projects`.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from tap_clockify.stream import schema_of
from tap_clockify.streams import STREAMS
from target_clockify.model.objects import BY_NAME, OBJECTS
from target_clockify.model.procedures import PROCEDURES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from target_clockify.model.declaration import Field

NAMES = {stream.name for stream in STREAMS}


@cache
def links_of(name: str) -> dict[str, str]:
    """Return the streams that the fields of a stream refer to, by field: `{"projectId": "projects"}`."""
    declared = BY_NAME[name].by_name if name in BY_NAME else {}
    found = dict(_found(schema_of(name)["properties"], declared, ""))
    return {field: other for field, other in found.items() if other in NAMES}


def _found(properties: Mapping[str, Any], declared: Mapping[str, Field], prefix: str) -> Iterator[tuple[str, str]]:
    for name, schema in properties.items():
        field = declared.get(name)
        if field and field.refers:
            for place, other in _places(field):
                yield f"{prefix}{name}{place}", other
        elif other := _by_name().get(name) or _by_name().get(f"{name}Id", "") * ("id" in schema.get("properties", ())):
            yield f"{prefix}{name}" + ("" if name in _by_name() else ".id"), other


def _places(field: Field) -> Iterator[tuple[str, str]]:
    if isinstance(field.refers, str):
        yield "", field.refers
        return
    for place, other in field.refers.items():
        yield "" if place == "[]" else place if place.startswith("[") else f".{place}", other


@cache
def _by_name() -> dict[str, str]:
    """Names of fields that refer to the same object in every stream, with that object."""
    found = {f"{_camel(stream.name)}Id": stream.name for stream in STREAMS}
    for target in OBJECTS:
        found[_camel(target.noun.replace(" ", "_") + "s") + "Id"] = target.name
    for one in (*PROCEDURES, *OBJECTS):
        for field in one.fields:
            refers = field.refers if isinstance(field.refers, str) else field.refers.get("[]", "")
            if refers and field.name.endswith(("Id", "Ids")):
                found.setdefault(field.name, refers)
    return found


def _camel(name: str) -> str:
    """Return the singular of a name in camel case: `time_entries` becomes `timeEntry`."""
    singular = name[:-3] + "y" if name.endswith("ies") else name.removesuffix("s")
    first, *others = singular.split("_")
    return first + "".join(word.capitalize() for word in others)
