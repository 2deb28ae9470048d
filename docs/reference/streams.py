"""The page of a stream, and the overview of all of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tap_clockify.settings import Scope
from tap_clockify.stream import schema_of
from tap_clockify.streams import STREAMS, logs, money, people, reports, schedule, time_off, webhooks, work
from target_clockify.model.objects import BY_NAME, COVERED

from docs.reference.costs import SCOPE, read_from, remark_of, requests_of
from docs.reference.links import links_of
from docs.reference.markdown import code, codes, facts, table
from docs.reference.plans import plan_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_clockify.declaration import StreamDeclaration

FAMILIES: dict[str, tuple[StreamDeclaration, ...]] = {
    "People": people.STREAMS,
    "Work": work.STREAMS,
    "Time off and approval": time_off.STREAMS,
    "Schedule": schedule.STREAMS,
    "Webhooks": webhooks.STREAMS,
    "Money": money.STREAMS,
    "Reports": reports.STREAMS,
    "Logs": logs.STREAMS,
}
_LATE = Scope(
    {**SCOPE.config, "start_date": "2025-06-01", "end_date": "2025-07-01", "policy_status": "ARCHIVED"},
    datetime(2026, 1, 1, tzinfo=UTC),
)
"""Settings that limit every stream that can be limited by settings."""


def overview() -> str:
    """Return every stream in a table for each family."""
    parts = []
    for family, streams in FAMILIES.items():
        rows = [
            (
                f"[`{stream.name}`](streams/{stream.name}.md)",
                "yes" if stream.selected else "",
                codes(stream.key),
                read_from(stream),
                schema_of(stream.name)["description"],
            )
            for stream in streams
        ]
        parts += [f"### {family}", table(("Stream", "Selected", "Key", "Read from", "A row is"), rows)]
    return "\n\n".join(parts)


def page(stream: StreamDeclaration) -> str:
    """Return the page of a stream."""
    schema = schema_of(stream.name)
    return "\n\n".join(
        part
        for part in (
            f"# {stream.name}",
            schema["description"],
            facts(_facts(stream)),
            remark_of(stream.source),
            "## Fields",
            table(("Field", "Type", "Meaning"), list(_fields(schema["properties"], stream.key, ""))),
            *_references(stream),
        )
        if part
    )


def _facts(stream: StreamDeclaration) -> dict[str, str]:
    endpoint = stream.source.asked(SCOPE)
    narrowed = stream.narrowed(_LATE) if stream.narrowed else ()
    deletions = "rows that were deleted in Clockify are removed from the destination"
    if narrowed:
        deletions += f", unless {codes(narrowed)} limits the stream"
    return {
        "Key": codes(stream.key),
        "Selected by default": "yes" if stream.selected else "no",
        "Read from": read_from(stream),
        "Requests": requests_of(stream),
        "Plan": plan_of(endpoint.feature),
        "Deletions": f"{deletions} ([how](../deletions.md))",
        "Written back by": _written_by(stream.name),
    }


def _written_by(name: str) -> str:
    if name in BY_NAME:
        return f"the object [`{name}`](../objects/{name}.md)"
    by = COVERED.get(name, "")
    return f"the object [`{by}`](../objects/{by}.md)" if by in BY_NAME else by or "nothing: the API cannot write it"


def _fields(properties: Mapping[str, Any], key: tuple[str, ...], prefix: str) -> Iterator[tuple[str, str, str]]:
    for name, schema in properties.items():
        mark = " (key)" if name in key and not prefix else ""
        yield f"{code(prefix + name)}{mark}", _type(schema), schema.get("description", "")
        yield from _fields(schema.get("properties", {}), key, f"{prefix}{name}.")
        items = schema.get("items", {})
        yield from _fields(items.get("properties", {}), key, f"{prefix}{name}[].")


def _type(schema: Mapping[str, Any]) -> str:
    types = schema.get("type", ())
    names = [one for one in ([types] if isinstance(types, str) else types) if one != "null"]
    name = " or ".join(names) or "any"
    if "items" in schema:
        return f"array of {_type(schema['items'])}"
    if "enum" in schema:
        return f"{name}: {codes(one for one in schema['enum'] if one is not None)}"
    return f"{name}, {schema['format']}" if "format" in schema else name


def _references(stream: StreamDeclaration) -> Iterator[str]:
    links = links_of(stream.name)
    if links:
        yield "## References"
        yield table(("Field", "Stream"), [(code(field), f"[`{other}`]({other}.md)") for field, other in links.items()])
    back = {
        other.name: field
        for other in STREAMS
        for field, name in links_of(other.name).items()
        if name == stream.name and field != "workspaceId"
    }
    if back:
        yield "## Referred to by"
        rows = [(f"[`{other}`]({other}.md)", code(field)) for other, field in back.items()]
        yield table(("Stream", "Field"), rows)
