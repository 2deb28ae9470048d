"""Responses for people and browsers: a start page, and CORS headers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_TEXT = """\
This is clockify-sandbox: a local Clockify with made-up data. It has no web page, it speaks the API.

core        /api/v1        e.g. curl -H 'X-Api-Key: sandbox-key' {origin}/api/v1/workspaces
reports     /report/v1
audit log   /auditlog/v1
control     /__sandbox/    e.g. curl {origin}/__sandbox/stats, which lists the API keys
"""
_SHOWN = b"Last-Page, total-count, Retry-After, Allow"


@dataclass(frozen=True)
class Reception:
    """A response that does not come from the API."""

    status: int
    content: bytes = b""
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)


def respond_to_browser(scheme: str, method: str, path: str, headers: Mapping[str, str]) -> Reception | None:
    """Respond to `GET /` and preflight requests of browsers; return None for everything else.

    Args:
        scheme: http or https.
        method: the method of the request.
        path: its path.
        headers: its headers, with names in lower case.
    """
    if path == "/" and method in ("GET", "HEAD"):
        content = _TEXT.format(origin=f"{scheme}://{headers.get('host', '')}").encode()
        length = str(len(content)).encode()
        kind = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", length)]
        return Reception(200, b"" if method == "HEAD" else content, kind)
    if method == "OPTIONS" and "origin" in headers and "access-control-request-method" in headers:
        granted = [
            *cross_origin(headers),
            (b"access-control-allow-methods", b"GET, HEAD, POST, PUT, PATCH, DELETE"),
            (b"access-control-allow-headers", headers.get("access-control-request-headers", "*").encode("latin-1")),
            (b"access-control-max-age", b"600"),
        ]
        return Reception(204, b"", granted)
    return None


def cross_origin(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """The headers that allow a page of another origin to read a response; none without an origin."""
    if origin := headers.get("origin"):
        return [
            (b"access-control-allow-origin", origin.encode("latin-1")),
            (b"access-control-expose-headers", _SHOWN),
        ]
    return []
