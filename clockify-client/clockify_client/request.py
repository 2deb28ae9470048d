"""One call to send, and its URL."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from clockify_client.endpoint import Host, Ids
from clockify_client.errors import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clockify_client.hosts import Hosts

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
# ids, positions and words such as TIMESHEET: no characters with a special meaning in a URL
_ID = re.compile(r"[0-9A-Za-z_-]+")


@dataclass(frozen=True, kw_only=True)
class Request:
    """One call to send.

    Attributes:
        method: HTTP method.
        path: Path template below the host's base URL.
        ids: Values of the template's placeholders.
        host: Which service answers.
        params: Query parameters.
        json: Body, anything that encodes to JSON.
        form: Multipart fields instead: `(name, value)`, a file as `(name, (file name, bytes, media type))`.
        reading: The call changes nothing, so it may be repeated.
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
        """Method and path template, which may be logged."""
        return f"{self.method} {self.path}"

    def url(self, hosts: Hosts) -> str:
        """Return the URL without parameters.

        Raises:
            InvalidRequestError: No host is known, or a value is not a valid id, so that the URL would mean something
                else.
        """
        base: str = getattr(hosts, self.host.value)
        if not base:
            raise InvalidRequestError(
                self.call, reason="no host of the audit log is documented here; set audit_log_url"
            )
        for name in _PLACEHOLDER.findall(self.path):
            if not _ID.fullmatch(str(self.ids.get(name))):
                raise InvalidRequestError(self.call, reason=f"{name} is no id of Clockify")
        return base + self.path.format_map(self.ids)
