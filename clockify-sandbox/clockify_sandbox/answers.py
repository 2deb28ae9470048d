"""Responses: status, headers, and a body of JSON, bytes or nothing."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from clockify_sandbox.errors import ApiError
    from clockify_sandbox.world_options import Language

_WORTH_COMPRESSING = 1000  # bytes
_JSON = "application/json"
_ALWAYS = (
    (b"x-auth-checksum", b"0"),
    (b"expected-client-version", b"1.0.0"),
    (b"cache-control", b"no-cache, no-store, max-age=0, must-revalidate"),
    (b"pragma", b"no-cache"),
    (b"expires", b"0"),
    (b"strict-transport-security", b"max-age=31536000 ; includeSubDomains"),
    (b"vary", b"Origin, Accept-Encoding"),
)
_AT_ONCE = 100  # rows; no other thread can run during encoding
_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Answer:
    """One response. `content` is the encoded body."""

    status: int
    content: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    media_type: str = _JSON

    @classmethod
    def of(cls, status: int, value: Any, headers: dict[str, str] | None = None) -> Answer:
        """JSON, or an empty body for None."""
        return cls(status, b"" if value is None else _encoded(value), headers or {})

    def wire(self, *, accepts_gzip: bool) -> tuple[list[tuple[bytes, bytes]], bytes]:
        """Headers and body in the form in which they are sent."""
        content = self.content
        headers = [*_ALWAYS, (b"content-type", self.media_type.encode())]
        if accepts_gzip and len(content) > _WORTH_COMPRESSING:
            squeeze = zlib.compressobj(level=1, wbits=31)
            content = squeeze.compress(content) + squeeze.flush()
            headers.append((b"content-encoding", b"gzip"))
        headers.append((b"content-length", str(len(content)).encode()))
        headers += [(name.encode(), value.encode()) for name, value in self.headers.items()]
        return headers, content


def _encoded(value: Any) -> bytes:
    if not isinstance(value, list) or len(value) <= _AT_ONCE:
        return _encode(value)
    parts = (_encode(value[at : at + _AT_ONCE])[1:-1] for at in range(0, len(value), _AT_ONCE))
    return b"[" + b",".join(parts) + b"]"


def refusal(error: ApiError, host: str, path: str, now: str, language: Language) -> Answer:
    """An error in the format of the host that answers."""
    if error.message is None:
        return Answer(error.status, headers=error.headers)
    message = error.message.text(language)
    body: dict[str, Any]
    if host == "report":
        body = {"code": error.code, "message": message}
    elif host == "auditlog" and error.code is None:
        body = {"timestamp": now, "status": error.status, "error": message, "path": path}
    elif host == "auditlog" and error.status != HTTPStatus.UNAUTHORIZED:
        title = HTTPStatus(error.status).phrase
        body = {"detail": message, "instance": path, "status": error.status, "title": title}
    else:
        body = {"message": message, "code": error.code}
    return Answer.of(error.status, body, error.headers)
