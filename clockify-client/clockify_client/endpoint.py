"""Describes a readable endpoint: its path, its paging, and where the rows are in the response."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

_NAME = re.compile(r"\{(\w+)\}")

Ids = Mapping[str, Any]
"""The values of a path's placeholders, and of those in parameters and bodies: `{"workspaceId": ..., "userId": ...}`."""


class Host(enum.Enum):
    """Which of Clockify's three services answers."""

    CORE = "core"
    REPORTS = "reports"
    AUDIT_LOG = "audit_log"


@dataclass(frozen=True)
class Paging:
    """How to request a page from an endpoint. Clockify ignores unknown parameter names without an error.

    Attributes:
        page: Name of the page number, dotted where it is nested in the body.
        size: Name of the page size, in the same form.
        first: Number of the first page.
        in_body: Both are sent in the JSON body instead of the query.
        more: Response header that marks the last page, and its value on the last page.
    """

    page: str
    size: str
    first: int = 1
    in_body: bool = False
    more: tuple[str, str] = ("Last-Page", "true")


KEBAB = Paging("page", "page-size")
CAMEL = Paging("page", "pageSize")
BODY = Paging("page", "pageSize", in_body=True)
DETAILED_REPORT = Paging("detailedFilter.page", "detailedFilter.pageSize", in_body=True)
ATTENDANCE_REPORT = Paging("attendanceFilter.page", "attendanceFilter.pageSize", in_body=True)
AUDIT_LOG = Paging("page", "page-size", in_body=True)
DELIVERIES = Paging("page", "size", first=0)
ENTITY_FEED = Paging("page", "limit", first=0, more=("has-more-data", "false"))


@dataclass(frozen=True)
class Endpoint:
    """One endpoint that can be read.

    Attributes:
        path: Template below the host's base URL; placeholders are filled from `Ids`.
        paging: How it pages; None if one response holds everything and page parameters are ignored.
        page_size: The largest page size that Clockify allows; in the core API it is generally 5,000.
        rows: Dotted path of the rows in the response; empty if the response is the array itself.
        single: The response is one record, not an array.
        params: Query parameters sent with every call; `{name}` in a value is filled from `Ids`.
        body: JSON body of a read that is a POST. It is filled in the same way; a value that consists of one placeholder
            keeps its type.
        total: Dotted path of the total in the response. It counts the rows of all pages or, for some lists, of this
            page.
        paged: For a single record that comes in pages: the array that is divided into pages. Empty if there are no
            pages.
        identity: The field that every row has; an item without it is not a row of this endpoint. Empty if no field is
            certain.
        unique: Whether the identity is unique; if not, only the whole row identifies a row.
        memberships: The field with the memberships of a row, one of which must name the workspace; empty if there is
            none.
        feature: The feature that the plan of the workspace must include, as in `workspaces[].features`; empty if none.
    """

    path: str
    paging: Paging | None = None
    page_size: int = 5000
    rows: str = ""
    single: bool = False
    method: str = "GET"
    host: Host = Host.CORE
    params: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    total: str = ""
    paged: str = ""
    identity: str = "id"
    unique: bool = True
    memberships: str = ""
    feature: str = ""

    @property
    def call(self) -> str:
        """Method and path template, as errors and statistics name the endpoint."""
        return f"{self.method} {self.path}"

    @property
    def names(self) -> frozenset[str]:
        """The names of the placeholders that need values before a request."""
        return frozenset(_names_in((self.path, self.params, self.body)))

    def having(self, *, params: Mapping[str, Any] | None = None, body: Mapping[str, Any] | None = None) -> Endpoint:
        """Return this endpoint with additional parameters or body keys; those that are None are omitted."""
        more = {key: value for key, value in {**self.params, **(params or {})}.items() if value is not None}
        further = self.body if body is None else {**(self.body or {}), **body}
        return replace(self, params=more, body=further)


def filled(template: Any, ids: Ids) -> Any:
    """Return a JSON template with every `{name}` in its strings replaced by the value of that name.

    A key whose value is a single placeholder is omitted if the value of that name is None.
    """
    if isinstance(template, str):
        if template.startswith("{") and template.endswith("}") and template.count("{") == 1:
            return ids[template[1:-1]]
        return template.format_map(ids) if "{" in template else template
    if isinstance(template, Mapping):
        members = ((key, value, filled(value, ids)) for key, value in template.items())
        return {key: made for key, value, made in members if made is not None or value is None}
    if isinstance(template, (list, tuple)):
        return [filled(value, ids) for value in template]
    return template


def _names_in(template: Any) -> Iterator[str]:
    if isinstance(template, str):
        yield from _NAME.findall(template)
    elif isinstance(template, Mapping):
        for value in template.values():
            yield from _names_in(value)
    elif isinstance(template, (list, tuple)):
        for value in template:
            yield from _names_in(value)


def placed(body: Mapping[str, Any], dotted: str, value: object) -> dict[str, Any]:
    """Return the body with a value set at a dotted path."""
    head, _, rest = dotted.partition(".")
    return {**body, head: placed(body.get(head) or {}, rest, value) if rest else value}
