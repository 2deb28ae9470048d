"""What one readable endpoint looks like: its path, how it pages, and where the rows are in the answer."""

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
    """How an endpoint wants to be asked for a page. A name it does not know is ignored in silence.

    Attributes:
        page: Name of the page number, dotted where it is nested in the body.
        size: Name of the page size, likewise.
        first: Number of the first page.
        in_body: The two travel in the JSON body rather than in the query.
        more: Response header that says whether this was the last page, and its value when it was.
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
        paging: How it pages; None if one answer holds everything and page parameters are ignored.
        page_size: The largest page that may be asked for. 5,000 is the general ceiling of the core API.
        rows: Dotted place of the rows in the answer; empty if the answer is the array itself.
        single: The answer is one record, not an array of them.
        params: Query parameters sent with every call; `{name}` in a value is filled from `Ids`.
        body: JSON body of a read that is a POST; filled likewise, a value that is all placeholder keeps its type.
        total: Dotted place of the number of rows that the answer states; of all pages or, on some lists, of this one.
        paged: For a single record that comes in pages, the array that the pages continue; empty if there are no pages.
        identity: The field that every row has: what lacks it is no row of this endpoint; empty if none is certain.
        unique: The identity differs from row to row; if not, only the whole row distinguishes it from others.
        feature: What the plan of the workspace must include, as `workspaces[].features` names it; empty if nothing.
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
    feature: str = ""

    @property
    def call(self) -> str:
        """Method and path template, as errors and statistics name the endpoint."""
        return f"{self.method} {self.path}"

    @property
    def names(self) -> frozenset[str]:
        """The names that must have values before it can be requested."""
        return frozenset(_names_in((self.path, self.params, self.body)))

    def having(self, *, params: Mapping[str, Any] | None = None, body: Mapping[str, Any] | None = None) -> Endpoint:
        """Return this endpoint with further parameters or body keys; those that are None are left out."""
        more = {key: value for key, value in {**self.params, **(params or {})}.items() if value is not None}
        further = self.body if body is None else {**(self.body or {}), **body}
        return replace(self, params=more, body=further)


def filled(template: Any, ids: Ids) -> Any:
    """Return a JSON template with every `{name}` in its strings replaced by the value of that name.

    A member of an object whose value is a single placeholder is left out where the value of that name is None.
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
    """Return the body with a value set at a dotted place."""
    head, _, rest = dotted.partition(".")
    return {**body, head: placed(body.get(head) or {}, rest, value) if rest else value}
