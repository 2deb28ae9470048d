"""How many requests a stream needs: how often its source is requested, for which parents, and in which pages."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from tap_clockify.settings import CONFIG_SCHEMA, Scope
from tap_clockify.streams import STREAMS
from tap_clockify.streams.people import WORKSPACES

from docs.reference.markdown import code, codes

if TYPE_CHECKING:
    from tap_clockify.declaration import Parent, Source, StreamDeclaration

_DEFAULTS: dict[str, Any] = {name: one.get("default") for name, one in CONFIG_SCHEMA["properties"].items()}
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
SCOPE = Scope(_DEFAULTS, _NOW)
"""The default settings."""

_YEAR = Scope(
    {**_DEFAULTS, "start_date": "2024-01-01", "end_date": "2025-01-01", "addon_ids": ["addon"]},
    _NOW,
)
_PERIODS = {12: "month of the window", 53: "week of the window", 13: "30 days of the window"}
_WORDS = {2: "two", 3: "three", 4: "four"}


def siblings(stream: StreamDeclaration) -> list[str]:
    """Return the other streams that are read from the same responses."""
    return [other.name for other in STREAMS if other.source is stream.source and other is not stream]


def call_of(source: Source) -> str:
    """Return the call of a source, without the path of the workspace."""
    return code(source.asked(SCOPE).call.replace("/workspaces/{workspaceId}", "…"))


def read_from(stream: StreamDeclaration) -> str:
    """Return the call of a stream, and the parents for which it is made."""
    parent = stream.source.parent
    per = "" if parent in {None, WORKSPACES} else f", for each of {_rows_of(parent)}"
    return f"{call_of(stream.source)}{per}"


def requests_of(stream: StreamDeclaration) -> str:
    """Return what a stream costs: `one for each workspace, and page of 5,000 rows`."""
    others = siblings(stream)
    free = f"; together with {codes(others)}, which share its responses" if others else ""
    return f"{_how_many(stream.source)}{free}"


def _how_many(source: Source) -> str:
    endpoint = source.asked(SCOPE)
    pages = f", and page of {endpoint.page_size:,} rows" if endpoint.paging and not endpoint.single else ""
    if source.parent is None:
        return "one"
    number = len(_asked(source))
    if source.parent is not WORKSPACES:
        return f"one for each row of {_rows_of(source.parent)}{pages}"
    if number in _PERIODS:
        return f"one for each workspace and {_PERIODS[number]}{pages}"
    return f"{_WORDS.get(number, 'one')} for each workspace{pages}"


def _asked(source: Source) -> list[Any]:
    assert source.children is not None  # noqa: S101 - a source with a parent has them
    row = cast("Parent", {"id": "1", "userId": "1", "policyId": "1", "paid": 1})
    ids = {} if source.parent is WORKSPACES else {"workspaceId": "1"}
    return list(source.children([row], ids, _YEAR))


def _rows_of(source: Source) -> str:
    """Return the stream that holds the rows of a source, or the source's call if there is no such stream."""
    holder = next((stream.name for stream in STREAMS if stream.source is source), "")
    return code(holder) if holder else call_of(source)


def remark_of(source: Source) -> str:
    """Return the declaration's statement of which parents are requested, and how often."""
    children = source.children
    if children is None or not children.__name__.startswith("_"):
        return ""
    return (children.__doc__ or "").split("\n\n")[0].replace("\n", " ").strip()
