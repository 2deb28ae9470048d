"""Checks that rows belong to their request, since a proxy or a cache can mix up responses."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from clockify_client.endpoint import Endpoint, Ids

FOREIGN = "a row belongs to another request: a proxy or a cache may mix answers up"

_LAST_PLACE = re.compile(r"/\{(\w+)\}$")
_NOTHING = ("", b'""')  # decoded or not

Row = TypeVar("Row", bound="Mapping[str, Any]")


class _Membership(msgspec.Struct):
    kind: Any = msgspec.field(default=None, name="membershipType")
    of: Any = msgspec.field(default=None, name="targetId")


_MEMBERSHIPS = msgspec.json.Decoder(list[_Membership])

_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Belonging:
    """The ids that the rows of a request should contain.

    Args:
        endpoint: The endpoint that was requested.
        ids: The ids that it was requested with.
    """

    def __init__(self, endpoint: Endpoint, ids: Ids) -> None:
        expected = {name: value for name, value in ids.items() if name.endswith("Id") and isinstance(value, str)}
        own = _LAST_PLACE.search(endpoint.path) if endpoint.single and endpoint.identity == "id" else None
        if own and isinstance(ids.get(own[1]), str):
            expected["id"] = ids[own[1]]
        self._allowed = {name: {value, json.dumps(value).encode(), *_NOTHING} for name, value in expected.items()}
        self._inside = endpoint.identity
        self._memberships = endpoint.memberships
        self._workspace = ids.get("workspaceId")

    @property
    def names(self) -> list[str]:
        """The fields with the ids of a row's parents."""
        return [*self._allowed, *([self._memberships] if self._memberships else [])]

    def own(self, rows: Iterable[Row]) -> list[Row]:
        """Return the rows that belong to the request; values may be undecoded JSON."""
        rows = list(rows)
        for name, allowed in self._allowed.items():
            if {_plain(row.get(name)) for row in rows} - allowed:
                return [row for row in rows if self.fits(row)]
        is_deeper = bool(self._memberships) or any(_members(row.get(self._inside)) for row in rows)
        return [row for row in rows if self.fits(row)] if is_deeper else rows

    def fits(self, row: Mapping[str, Any]) -> bool:
        """Return whether a row contains no other id than that of the request."""
        for one in (row, _members(row.get(self._inside))):
            if any(_plain(one.get(name)) not in allowed for name, allowed in self._allowed.items()):
                return False
        return not self._memberships or self._is_member(row.get(self._memberships))

    def _is_member(self, value: Any) -> bool:
        """Return whether memberships name the workspace, or no workspace at all."""
        memberships: list[_Membership] = []
        with suppress(msgspec.DecodeError, msgspec.ValidationError, TypeError, ValueError):
            memberships = (
                _MEMBERSHIPS.decode(value) if type(value) is msgspec.Raw else msgspec.convert(value, list[_Membership])
            )
        workspaces = [one.of for one in memberships if one.kind == "WORKSPACE" and isinstance(one.of, str)]
        return not workspaces or self._workspace in workspaces


def _members(value: Any) -> Mapping[str, Any]:
    """Return the members of a nested object, which may be undecoded JSON; none of another value."""
    if type(value) is msgspec.Raw:
        raw = bytes(value)
        with suppress(msgspec.DecodeError):
            return _OBJECT.decode(raw) if raw[:1] == b"{" else {}
    return value if isinstance(value, dict) else {}


def _plain(value: Any) -> Any:
    """Return a value that can be looked up in a set; a value that is not text is ignored."""
    if type(value) is msgspec.Raw:
        raw = bytes(value)
        return raw if raw[:1] == b'"' else ""
    return value if isinstance(value, str) else ""
