"""A log of every request, for tests that check what a client did."""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING, Any

from clockify_sandbox.accounts import leading_role
from clockify_sandbox.auth import KEY_HEADER, TOKEN_HEADER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clockify_sandbox.sandbox import Request
    from clockify_sandbox.world import World

_KEPT = 1000
_PARAMETER = re.compile(r"((?:^|&)[^=&]*(?:key|token|secret|password)[^=&]*=)[^&]*", re.IGNORECASE)


class RequestLog:
    """The last requests with the status of their responses, without keys and bodies."""

    def __init__(self) -> None:
        self._rows: deque[tuple[Any, ...]] = deque(maxlen=_KEPT)

    def add(self, request: Request, status: int | None, role: str | None) -> None:
        """Add a request; no status means that the connection was dropped."""
        self._rows.append(
            (request.method, request.host, request.path, _without_keys(request.query_string), status, role)
        )

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The requests in the order of their responses."""
        names = ("method", "host", "path", "query", "status", "role")
        return [dict(zip(names, row, strict=True)) for row in self._rows]


def _without_keys(query: str) -> str:
    """Return a query without the values of parameters that could contain a key by mistake."""
    return _PARAMETER.sub(r"\1***", query)


def caller_role(world: World, headers: Mapping[str, str]) -> str | None:
    """The role of the owner of the request's key; None if the key is unknown."""
    if headers.get(TOKEN_HEADER) in world.addon_tokens:
        return "ADDON"
    user_id = world.keys.get(headers.get(KEY_HEADER, ""))
    return leading_role(world, user_id) if user_id else None
