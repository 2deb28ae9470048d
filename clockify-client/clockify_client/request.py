"""One call to be sent, and what it asks for as a URL."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from clockify_client.endpoint import Host, Ids
from clockify_client.errors import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clockify_client.hosts import Hosts


@dataclass(frozen=True, kw_only=True)
class Request:
    """One call to be sent.

    Attributes:
        method: HTTP method.
        path: Path template below the host's base URL.
        ids: Values of the template's placeholders.
        host: Which service answers.
        params: Query parameters.
        json: Body, anything that encodes to JSON.
        form: Multipart fields instead: `(name, value)`, a file as `(name, (file name, bytes, media type))`.
        reading: The call changes nothing, so that it may be repeated freely.
    """

    method: str
    path: str
    ids: Ids
    host: Host = Host.CORE
    params: Mapping[str, Any] = field(default_factory=dict)
    json: Any = None
    form: Sequence[tuple[str, Any]] | None = None
    reading: bool = False

    @property
    def call(self) -> str:
        """Method and path template: what may be logged."""
        return f"{self.method} {self.path}"

    def url(self, hosts: Hosts) -> str:
        """Return the URL without parameters.

        Raises:
            InvalidRequestError: No host is known, or an id is none: an empty one, or dots, would name another object.
        """
        base: str = getattr(hosts, self.host.value)
        if not base:
            raise InvalidRequestError(
                self.call, reason="no host of the audit log is documented here; set audit_log_url"
            )
        parts = {name: quote(str(value), safe="") for name, value in self.ids.items()}
        for name, part in parts.items():
            if f"{{{name}}}" in self.path and not part.strip("."):
                raise InvalidRequestError(self.call, reason=f"{name} is empty")
        return base + self.path.format_map(parts)
