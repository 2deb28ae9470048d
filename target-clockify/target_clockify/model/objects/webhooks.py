"""Webhooks and shared reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clockify_client import Host, endpoints

from target_clockify.model.declaration import (
    Change,
    Create,
    Delete,
    Field,
    Listing,
    Operation,
    Part,
    State,
    WritableObject,
)
from target_clockify.model.objects.shared import named
from target_clockify.model.values import FLAG, OBJECT, TEXT, WORD, Kind, list_of, said

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_TRIGGERS = "projects|users|tags|tasks|assignments|expenses"
_WEBHOOK = ("name", "url", "webhookEvent", "triggerSourceType", "triggerSource")


def _with_sources(_: Change, body: State) -> State:
    """The list of sources is required, but may be empty."""
    return {"triggerSource": [], **body}


def _enabled(operation: Operation, given: State, _: bool) -> Iterator[str]:  # noqa: FBT001
    if operation is Operation.INSERT and given.get("enabled") is False:
        yield "enabled is false, and a new webhook would be enabled: the API cannot disable one"


WEBHOOKS = WritableObject(
    name="webhooks",
    noun="webhook",
    aliases=("Webhook",),
    fields=(
        named(30, shortest=2),
        Field(
            "url",
            TEXT,
            rules={"pattern": "^https?://", **said("an address that begins with https:// or http://")},
            clearable=False,
        ),
        Field("webhookEvent", WORD, clearable=False),
        Field("triggerSourceType", WORD, clearable=False),
        Field("enabled", FLAG, fixed=True, clearable=False, description="The API cannot change it."),
        Field("triggerSource", list_of(TEXT), refers={"[]": _TRIGGERS}, clearable=False),
    ),
    listing=Listing(endpoints.WEBHOOKS),
    natural=("name",),
    several=True,
    create=Create(
        "/webhooks",
        fields=_WEBHOOK,
        required=("name", "url", "webhookEvent", "triggerSourceType"),
        shape=_with_sources,
        defaults={"enabled": True},
    ),
    parts=(Part(_WEBHOOK, path="/webhooks/{id}", shape=_with_sources),),
    delete=Delete("/webhooks/{id}", proof="", for_good=lambda _: ["its token (it has a new one)", "its log"]),
    rules=_enabled,
    read_only=("userId", "deliveryEnabled", "planEnabled", "authToken"),
)


def _id_of(value: Any) -> Any:
    return value.get("id") if isinstance(value, dict) else value


_PEOPLE = list_of(Kind("an id", {"type": "string"}, _id_of, _id_of), "an array of ids")


def _report_row(row: State, _: Mapping[str, Any]) -> State:
    """Lists contain id and name of the people who may see a report; a write needs the ids."""
    shown = {name: [_id_of(one) for one in row.get(name) or ()] for name in ("visibleToUsers", "visibleToUserGroups")}
    return {**row, **shown}


def _filter_needed(operation: Operation, given: State, _: bool) -> Iterator[str]:  # noqa: FBT001
    if operation is Operation.INSERT and not given.get("filter"):
        yield "filter is required; a row of Clockify's list of shared reports lacks it, so it is not enough for a copy"


_REPORT = ("name", "filter", "isPublic", "fixedDate", "visibleToUsers", "visibleToUserGroups")

SHARED_REPORTS = WritableObject(
    name="shared_reports",
    noun="shared report",
    aliases=("SharedReport",),
    fields=(
        named(250),
        Field("type", WORD, fixed=True, clearable=False),
        Field(
            "filter",
            OBJECT,
            clearable=False,
            unreadable=True,
            description="Required for a new report; lists do not contain it.",
        ),
        Field("isPublic", FLAG, clearable=False, aliases=("public",)),
        Field("fixedDate", FLAG, clearable=False),
        Field("visibleToUsers", _PEOPLE, refers={"[]": "users"}, clearable=False),
        Field("visibleToUserGroups", _PEOPLE, refers={"[]": "user_groups"}, clearable=False),
    ),
    listing=Listing(endpoints.SHARED_REPORTS, shape=_report_row),
    natural=("name", "type"),
    several=True,
    create=Create(
        "/shared-reports",
        fields=("name", "type", *_REPORT[1:]),
        required=("name", "type"),
        host=Host.REPORTS,
    ),
    parts=(Part(_REPORT, path="/shared-reports/{id}", host=Host.REPORTS),),
    delete=Delete("/shared-reports/{id}", host=Host.REPORTS, proof=""),
    rules=_filter_needed,
    read_only=("link", "reportAuthor", "userId"),
)

OBJECTS = (WEBHOOKS, SHARED_REPORTS)
